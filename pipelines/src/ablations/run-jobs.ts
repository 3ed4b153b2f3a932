import { join } from 'node:path';
import { whenDvcIsFree } from '../dvc-busy.ts';
import { lockWhenFree } from '../lock.ts';
import { duration } from '../progress.ts';
import { dvcRepro } from '../repro.ts';
import type { Workspace } from '../workspace.ts';
import { secondsOf } from './describe.ts';
import type { Job } from './jobs.ts';

export interface Running {
  workspace: Workspace;
  /** jobs that run at a time */
  workers: number;
  say(text: string): void;
  repro?: typeof dvcRepro;
  /** after each job, one call at a time */
  onDone(): Promise<void>;
}

export interface JobsResult {
  /** 0, or exit code of the signal that ended it */
  stopped: number;
  /** jobs that failed, and those that read them */
  lost: Set<string>;
}

/**
 * Bring jobs up to date, each when what it reads is there. A job that fails takes those that read it out; the others go on.
 *
 * DVC first verifies those that should be there, with all behind them. Then it is asked for one stage at a time: were it to look at what
 * stands before a stage, it would refuse while another worker reads that.
 *
 * @param jobs in an order in which they can run
 */
export async function runJobs(jobs: readonly Job[], running: Running): Promise<JobsResult> {
  const { workers, say, onDone } = running;
  const waiting = new Map(jobs.filter(({ done }) => !done).map((job) => [job.id, job]));
  const total = waiting.size;
  const active = new Map<string, Promise<void>>();
  const result: JobsResult = { stopped: 0, lost: new Set() };
  const stop = new AbortController();
  let finished = 0;

  const done = jobs.filter((job) => job.done);
  const verified = done.length === 0 ? 0 : await bringUpToDate(done, running, stop.signal, { alone: false });
  if (isStop(verified)) return { ...result, stopped: verified };
  if (verified !== 0) done.forEach(({ id }) => result.lost.add(id));

  const work = async (job: Job) => {
    const began = performance.now();
    const label = workers > 1 ? job.id : undefined;
    const code = await bringUpToDate([job], running, stop.signal, { alone: true, label });
    if (isStop(code)) {
      result.stopped = code;
      stop.abort();
      return;
    }
    finished += 1;
    if (code !== 0) result.lost.add(job.id);
    const seconds = waiting.size > 0 ? secondsOf([...waiting.values()]) : null;
    const left = seconds === null ? '' : `, about ${duration(seconds / workers)} left`;
    const took = duration((performance.now() - began) / 1000);
    say(`[${finished}/${total}] ${job.id}: ${code === 0 ? 'done in' : 'failed after'} ${took}${left}`);
    await onDone();
  };
  const next = (): Job | undefined => {
    for (const job of waiting.values()) {
      if (job.inputs.some((id) => result.lost.has(id))) {
        waiting.delete(job.id);
        result.lost.add(job.id);
      } else if (!job.inputs.some((id) => waiting.has(id) || active.has(id))) return job;
    }
    return undefined;
  };
  for (;;) {
    while (!result.stopped && active.size < workers) {
      const job = next();
      if (!job) break;
      waiting.delete(job.id);
      active.set(
        job.id,
        work(job).finally(() => active.delete(job.id)),
      );
    }
    if (active.size === 0) return result;
    await Promise.race(active.values());
  }
}

/** `dvc repro`, while no other ablation and no other DVC makes the same. */
async function bringUpToDate(
  jobs: readonly Job[],
  { workspace, say, repro = dvcRepro }: Running,
  signal: AbortSignal,
  options: { alone: boolean; label?: string },
): Promise<number> {
  const releases: (() => void)[] = [];
  const targets = [...new Set(jobs.map(({ target }) => target))];
  try {
    const wait = (holder: string) => say(`waiting: ${holder}`);
    const open = jobs.filter(({ done }) => !done);
    for (const { id } of open)
      releases.push(await lockWhenFree(join(workspace.state, 'ablations/locks', id), wait, signal));
    const stages = jobs.map(({ id }) => join(workspace.artifacts, id));
    const inputs = jobs.flatMap((job) => job.inputs.map((id) => join(workspace.artifacts, id)));
    await whenDvcIsFree(workspace, { stages, inputs }, wait, signal);
    return await repro(targets, workspace, options);
  } catch (error) {
    if (signal.aborted) return STOPPED;
    throw error;
  } finally {
    for (const release of releases) release();
  }
}

/** Exit code of what was waiting when another worker was stopped. */
const STOPPED = 130;

/** Whether Ctrl-C or SIGTERM ended it; DVC's own failures are 255. */
const isStop = (code: number) => code === 130 || code === 143;
