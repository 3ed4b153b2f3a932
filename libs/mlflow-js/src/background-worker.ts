/** The delivery thread: follows the journals of this process's runs, samples the machine, and delivers what earlier runs left. */
import { setTimeout as wait } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { Command, Drained } from './background.ts';
import { MlflowClient, Unavailable } from './client.ts';
import { RunDelivery } from './delivery.ts';
import { Journal } from './journal.ts';
import { claim, unclaim } from './lock.ts';
import { runFolders } from './sync.ts';
import { systemMetrics } from './system-metrics.ts';

const { journal, uri } = workerData as { journal: string; uri: string };
const client = new MlflowClient(uri);

const pause = 1000; // between two looks at the journals
const longestPause = 60_000;

interface Followed {
  delivery: RunDelivery;
  /** whether this process holds the run's delivery; a `sync` elsewhere may have it for a moment */
  claimed: boolean;
  stopSampling: () => void;
}

const followed = new Map<string, Followed>();
const draining: string[] = [];
let leftovers: string[] | undefined;
let wake = new AbortController();

parentPort!.on('message', (command: Command) => {
  if (command.kind === 'follow') follow(command.folder, command.systemMetricsSeconds);
  else draining.push(command.folder);
  wake.abort();
});

function follow(folder: string, seconds: number): void {
  const stopSampling = seconds > 0 ? sampleEvery(folder, seconds) : () => {};
  followed.set(folder, { delivery: new RunDelivery(folder, client), claimed: claim(folder), stopSampling });
}

async function deliver(folder: string, run: Followed): Promise<void> {
  run.claimed ||= claim(folder);
  if (!run.claimed) throw new Unavailable('another process delivers this run just now');
  await run.delivery.deliver();
}

function sampleEvery(folder: string, seconds: number): () => void {
  const sample = systemMetrics();
  const run = new Journal(folder);
  let step = 0;
  let stopped = false;
  const timer = setInterval(() => {
    void sample().then((values) => {
      if (stopped) return;
      const time = Date.now();
      run.append({ kind: 'metrics', metrics: Object.entries(values).map(([key, value]) => [key, value, step, time]) });
      step += 1;
    });
  }, seconds * 1000);
  return () => {
    clearInterval(timer);
    stopped = true;
    run.close();
  };
}

/** Deliver the rest of a run, then tell the thread that waits for it. */
async function drain(folder: string): Promise<void> {
  const run = followed.get(folder)!;
  const result: Drained = { folder };
  run.stopSampling();
  try {
    await deliver(folder, run);
  } catch (error) {
    result.problem = (error as Error).message;
  }
  if (run.claimed) unclaim(folder);
  followed.delete(folder);
  parentPort!.postMessage(result);
}

/** What runs of before left behind; not after this process's last run, which must not wait for it. */
async function deliverLeftover(): Promise<void> {
  if (followed.size === 0) return;
  leftovers ??= runFolders(journal);
  const folder = leftovers.at(-1);
  if (!folder) return;
  const delivery = new RunDelivery(folder, client);
  if (!followed.has(folder) && delivery.pending() > 0 && claim(folder)) {
    try {
      await delivery.deliver();
    } finally {
      unclaim(folder);
    }
  }
  leftovers.pop();
}

async function deliverAll(): Promise<void> {
  while (draining.length > 0) await drain(draining.shift()!);
  for (const [folder, run] of followed) {
    await deliver(folder, run);
    if (draining.length > 0) return;
  }
  await deliverLeftover();
}

async function loop(): Promise<void> {
  for (let failures = 0; ;) {
    try {
      await deliverAll();
      failures = 0;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      failures += 1;
    }
    if (draining.length === 0)
      await wait(Math.min(pause * 2 ** failures, longestPause), undefined, { signal: wake.signal }).catch(() => {});
    wake = new AbortController();
  }
}

void loop();
