import { startWorker, UserError } from '@egolab/foundation';
import type { Job, JobRecord } from './job.ts';

type Answer = { index: number; record?: JobRecord; error?: { message: string; name: string } };

/** Run jobs on worker threads; answers come in the jobs' order, whatever thread did them. */
export async function runJobs(
  jobs: readonly Job[],
  numWorkers: number,
  onProgress: (done: number, total: number) => void,
): Promise<JobRecord[]> {
  const records = new Array<JobRecord>(jobs.length);
  let next = 0;
  let done = 0;
  const workers = Array.from({ length: Math.min(numWorkers, jobs.length) }, () =>
    startWorker(new URL('./worker.ts', import.meta.url)),
  );
  const serve = (worker: (typeof workers)[number]) =>
    new Promise<void>((resolve, reject) => {
      const give = () => {
        if (next === jobs.length) return resolve();
        const index = next++;
        worker.postMessage({ index, job: jobs[index] });
      };
      worker.on('error', reject);
      worker.on('exit', (code) => reject(new Error(`a rendering thread ended with code ${code}`)));
      worker.on('message', ({ index, record, error }: Answer) => {
        if (error)
          return reject(
            error.name === 'UserError'
              ? new UserError({ what: error.message })
              : new Error(`take ${jobs[index].request.name}: ${error.message}`),
          );
        records[index] = record as JobRecord;
        onProgress(++done, jobs.length);
        give();
      });
      give();
    });
  try {
    await Promise.all(workers.map(serve));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return records;
}
