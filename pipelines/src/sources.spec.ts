import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { sourceDigest, sourcesOf } from './sources.ts';

function tree(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'egolab-sources-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const files = {
  'pipelines/src/stages/a.ts': `import { z } from 'zod';\nimport {\n  nn,\n} from '@egolab/nn';\nimport type { T } from '@egolab/video';\nexport * from '../helper.ts';\nconst late = await import('../late.ts');\n`,
  'pipelines/src/helper.ts': `import '@egolab/training';\nimport { self } from './stages/a.ts';\n`,
  'pipelines/src/late.ts': '',
  'libs/nn/src/index.ts': `export { x } from './x.ts';\n`,
  'libs/nn/src/x.ts': `import { tf } from '@egolab/runtime';\n`,
  'libs/nn/src/x.spec.ts': `import '@egolab/video';\n`,
  'libs/training/src/index.ts': `export type { Y } from '@egolab/video';\n`,
  'libs/runtime/src/index.ts': '',
  'libs/runtime/src/native/kernels.cc': '',
  'libs/video/src/index.ts': '',
};

it('follows what runs: not types, not tests', () => {
  expect(sourcesOf(tree(files), 'pipelines/src/stages/a.ts')).toEqual({
    libraries: ['libs/nn/src', 'libs/runtime/src', 'libs/training/src'],
    files: ['pipelines/src/helper.ts', 'pipelines/src/late.ts', 'pipelines/src/stages/a.ts'],
  });
});

it('changes its hash with the code alone', () => {
  const hash = (changed: Record<string, string>) => {
    const root = tree({ ...files, ...changed });
    return sourceDigest(root, sourcesOf(root, 'pipelines/src/stages/a.ts'));
  };
  expect(hash({})).toBe(hash({ 'libs/nn/src/x.spec.ts': 'other', 'libs/video/src/index.ts': 'other' }));
  expect(hash({})).not.toBe(hash({ 'libs/runtime/src/index.ts': 'other' }));
  expect(hash({})).not.toBe(hash({ 'libs/runtime/src/native/kernels.cc': 'other' }));
});
