import { Worker, type WorkerOptions } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';

const tsconfig = fileURLToPath(new URL('../../../tsconfig.base.json', import.meta.url));

/** A worker thread that runs a TypeScript file from source, under tsx and under vitest alike. */
export function startWorker(file: URL, options: WorkerOptions = {}): Worker {
  return new Worker(file, {
    ...options,
    execArgv: ['--import', 'tsx', ...(options.execArgv ?? [])],
    env: { ...process.env, TSX_TSCONFIG_PATH: tsconfig },
  });
}
