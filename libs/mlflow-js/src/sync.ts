import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { trackingUri } from './address.ts';
import { MlflowClient, Unavailable } from './client.ts';
import { RunDelivery } from './delivery.ts';
import { journalFile } from './journal.ts';
import { claim, unclaim } from './lock.ts';

export interface SyncResult {
  /** records sent now */
  delivered: number;
  /** records that still wait */
  pending: number;
  /** records that the server refused for good; see `rejected.jsonl` in the runs' folders */
  rejected: number;
  /** runs that another process delivers at this moment */
  busy: string[];
  /** why records wait */
  problem?: string;
}

/** The folders of all runs in a journal folder. */
export function runFolders(journal: string): string[] {
  if (!existsSync(journal)) return [];
  const names = readdirSync(journal).filter((name) => existsSync(journalFile(join(journal, name))));
  return names.sort().map((name) => join(journal, name));
}

/**
 * Deliver what waits in a journal folder, e.g. after the server was away.
 * @param options.trackingUri the server, unless MLFLOW_TRACKING_URI names one
 * @param options.attempts how often an unavailable server is asked, one second apart, then two, …
 */
export async function sync(
  journal: string,
  options: { trackingUri?: string; attempts?: number } = {},
): Promise<SyncResult> {
  const client = new MlflowClient(trackingUri(options.trackingUri));
  const result: SyncResult = { delivered: 0, pending: 0, rejected: 0, busy: [] };
  for (const folder of runFolders(journal)) {
    const run = new RunDelivery(folder, client);
    const waiting = run.pending();
    if (waiting === 0) continue;
    if (!claim(folder)) {
      result.busy.push(folder);
      result.pending += waiting;
      continue;
    }
    try {
      if (!result.problem) await deliverPatiently(run, options.attempts ?? 3, result);
    } finally {
      unclaim(folder);
    }
    const left = run.pending();
    result.pending += left;
    result.delivered += waiting - left;
  }
  return result;
}

async function deliverPatiently(run: RunDelivery, attempts: number, result: SyncResult): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      result.rejected += (await run.deliver()).rejected;
      return;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      if (attempt >= attempts) {
        result.problem = error.message;
        return;
      }
      await wait(attempt * 1000);
    }
  }
}
