import { parentPort } from 'node:worker_threads';
import type { Job } from './job.ts';
import { runJob } from './render-take.ts';

if (!parentPort) throw new Error('expected to run as a worker thread');
const port = parentPort;
port.on('message', ({ index, job }: { index: number; job: Job }) => {
  runJob(job).then(
    (record) => port.postMessage({ index, record }),
    (error: unknown) =>
      port.postMessage({
        index,
        error:
          error instanceof Error
            ? { message: error.message, name: error.name }
            : { message: String(error), name: 'Error' },
      }),
  );
});
