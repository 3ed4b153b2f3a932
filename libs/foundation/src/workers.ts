import { Worker, type WorkerOptions } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';

const tsconfig = fileURLToPath(new URL('../../../tsconfig.base.json', import.meta.url));
const start = fileURLToPath(new URL('./worker-start.mjs', import.meta.url));

/** A worker thread that runs a TypeScript file from source, under tsx and under vitest alike. */
export function startWorker(file: URL, options: Omit<WorkerOptions, 'argv' | 'execArgv'> = {}): Worker {
  return new Worker(start, {
    ...options,
    argv: [file.href],
    execArgv: [],
    env: { ...process.env, ...(options.env as NodeJS.ProcessEnv | undefined), TSX_TSCONFIG_PATH: tsconfig },
  });
}
