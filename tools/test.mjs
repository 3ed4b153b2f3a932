#!/usr/bin/env node
/**
 * Lint, type-check, check the format and run all tests; the last line is `N passed, N failed[, N skipped]`, where lint, types and
 * format count as one test each.
 * Arguments go to vitest: `npm test -- libs/nn` runs the tests of one folder.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'egolab-test-'));
const report = join(folder, 'vitest.json');

/** Whether the program ended well; what it says is shown as it comes. */
function run(program, ...args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'node_modules', program), ...args], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' },
    });
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0));
  });
}

/** ESLint's layer rule reads Nx's project graph, which has to be there and fresh. */
async function lint() {
  return (
    (await run('nx/dist/bin/nx.js', 'graph', `--file=${join(folder, 'graph.json')}`)) &&
    (await run('eslint/bin/eslint.js', '.'))
  );
}

/** @returns {{ passed: number, failed: number, skipped: number }} */
function count(testsEndedWell) {
  let found;
  try {
    found = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }; // vitest itself broke
  }
  const unloadable = found.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  const failed = found.numFailedTests + unloadable;
  return {
    passed: found.numPassedTests,
    failed: testsEndedWell ? failed : Math.max(1, failed), // an unhandled rejection belongs to no test
    skipped: found.numPendingTests + found.numTodoTests,
  };
}

const started = Date.now();
const [linted, typed] = await Promise.all([lint(), run('typescript/bin/tsc', '-p', 'tsconfig.json', '--noEmit')]);
const formatted = await run(
  'prettier/bin/prettier.cjs',
  '--check',
  '--cache',
  '--cache-strategy=content',
  '--log-level=warn',
  '.',
);
const checks = { lint: linted, types: typed, 'format (`npm run format` mends it)': formatted };
for (const [name, passed] of Object.entries(checks)) process.stdout.write(`${name}: ${passed ? 'passed' : 'failed'}\n`);
const tests = await run(
  'vitest/vitest.mjs',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
);

const total = count(tests);
for (const passed of Object.values(checks)) total[passed ? 'passed' : 'failed'] += 1;
rmSync(folder, { recursive: true });
process.stdout.write(`\nchecks and tests took ${Math.round((Date.now() - started) / 1000)} s\n`);
process.stdout.write(
  `${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}\n`,
);
process.exitCode = total.failed > 0 ? 1 : 0;
