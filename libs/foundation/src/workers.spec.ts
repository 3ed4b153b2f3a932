import { once } from 'node:events';
import { expect, it } from 'vitest';
import { startWorker } from './workers.ts';

it('a worker thread runs TypeScript from source', async () => {
  const worker = startWorker(new URL('./fixtures/doubling-worker.ts', import.meta.url), { workerData: 21 });
  const [answer] = (await once(worker, 'message')) as [unknown];
  expect(answer).toEqual([42, 'function']);
  await worker.terminate();
});
