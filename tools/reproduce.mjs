#!/usr/bin/env node
/** `npm run reproduce [-- options]`: everything at a preset, tracked. Options are those of pipelines/src/main.ts. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Run with this terminal; a Ctrl-C reaches the command by itself, a SIGTERM is passed on. */
function run(...args) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  const ignore = () => {};
  const forward = () => child.kill('SIGTERM');
  process.on('SIGINT', ignore).on('SIGTERM', forward);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      process.off('SIGINT', ignore).off('SIGTERM', forward);
      resolve(code ?? 1);
    });
  });
}

const options = process.argv.slice(2);
// without a server, records wait in the journal until there is one
if (!options.includes('--help')) await run('tools/cli/egolab.mjs', 'mlflow', 'start');
// a step of one stage leaves room on two cores
process.exitCode = await run('--import', 'tsx', 'pipelines/src/main.ts', '--jobs', '2', ...options);
