import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));

export default defineConfig({
  root,
  resolve: {
    // the same aliases as tsconfig.base.json: tests run from source, in whatever copy of the tree they stand
    alias: [
      { find: /^@egolab\/(.+)$/, replacement: `${root}libs/$1/src/index.ts` },
      { find: /^mlflow-js$/, replacement: `${root}libs/mlflow-js/src/index.ts` },
    ],
  },
  test: {
    include: ['libs/**/*.spec.ts', 'pipelines/**/*.spec.ts', 'tools/**/*.spec.ts'],
    environment: 'node',
    globalSetup: 'tools/vitest-setup.ts',
    setupFiles: 'tools/vitest-seed.ts',
    pool: 'forks', // the native TensorFlow binding is not safe in worker threads
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    env: { TF_CPP_MIN_LOG_LEVEL: '2', TSX_TSCONFIG_PATH: `${root}tsconfig.base.json` },
  },
});
