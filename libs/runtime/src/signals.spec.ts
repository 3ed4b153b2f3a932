import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('fixtures/multiply-under-signals.ts', import.meta.url));

it('signals neither crash nor change a product while oneDNN has the stack pointer elsewhere', () => {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script], {
    encoding: 'utf8',
  });
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  expect(JSON.parse(stdout)).toEqual({ products: 1, blockedInChildren: expect.stringMatching(/^0+$/) });
});
