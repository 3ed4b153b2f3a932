import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);
let copy: string;

/** A workspace with our rules and two libraries, one below the other. */
beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), 'egolab-layers-'));
  for (const file of ['eslint.config.js', 'nx.json', 'package.json', 'tsconfig.base.json', 'tsconfig.json'])
    await run('cp', [join(root, file), copy]);
  cpSync(join(root, 'tools/nx'), join(copy, 'tools/nx'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  library('lower', 'core', "import { upper } from '@egolab/upper';\nexport const lower = upper;\n");
  library('upper', 'model', 'export const upper = 1;\n');
  library('top', 'model', "import { upper } from '@egolab/upper';\nexport const top = upper;\n");
});
afterAll(() => rmSync(copy, { recursive: true }));

function library(name: string, layer: string, source: string): void {
  const folder = join(copy, 'libs', name);
  mkdirSync(join(folder, 'src'), { recursive: true });
  writeFileSync(
    join(folder, 'project.json'),
    JSON.stringify({ name, projectType: 'library', sourceRoot: `libs/${name}/src`, tags: [`layer:${layer}`] }),
  );
  writeFileSync(join(folder, 'src/index.ts'), source);
}

it('a library may import its own layer and those below, never one above', async () => {
  const bin = (program: string) => join(root, 'node_modules', program);
  const options = { cwd: copy, env: { ...process.env, NX_DAEMON: 'false', NX_WORKSPACE_ROOT_PATH: copy } };
  await run(process.execPath, [bin('nx/dist/bin/nx.js'), 'graph', '--file=graph.json'], options);
  const { stdout } = await run(process.execPath, [bin('eslint/bin/eslint.js'), 'libs', '--format=json'], options).catch(
    (error: { stdout: string }) => error,
  );
  const results = JSON.parse(stdout) as { filePath: string; messages: { ruleId: string; message: string }[] }[];
  const rules = Object.fromEntries(
    results.map(({ filePath, messages }) => [
      dirname(filePath).split('/').at(-2),
      messages.map(({ ruleId }) => ruleId),
    ]),
  );
  expect(rules).toEqual({ lower: ['@nx/enforce-module-boundaries'], upper: [], top: [] });
  expect(results.flatMap(({ messages }) => messages)[0].message).toContain(
    '"layer:core" can only depend on libs tagged with "layer:core"',
  );
  expect(existsSync(join(copy, 'graph.json'))).toBe(true);
});
