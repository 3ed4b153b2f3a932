import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '@egolab/foundation';
import { ApiError, Unavailable, type MlflowClient, type RunInfo } from './client.ts';
import { countRecords, flushJournal, journalFile, readRecords, type PlacedRecord } from './journal.ts';
import { limits } from './names.ts';
import type { JournalRecord, MetricRecord } from './records.ts';

/** Marks a run with the id that it had before the server knew it. */
export const localIdTag = 'mlflow-js.localRunId';

/** How far a journal is delivered, and where to; replaced as a whole after every batch. */
interface Cursor {
  server: string;
  runId: string;
  artifactUri: string;
  /** every record before this byte is on the server */
  offset: number;
  delivered: number;
  rejected: number;
  /** a batch was sent whose fate isn't known: look before sending it again */
  unsure: boolean;
}

export interface DeliveryResult {
  /** records delivered by this call */
  delivered: number;
  /** records that wait */
  pending: number;
  /** records that the server refused for good; they are in the run's `rejected.jsonl` with its reason */
  rejected: number;
}

/**
 * Sends one run's journal to the server, in order, each record once: the place reached is saved after every batch, and after a
 * failure the batch's metrics are compared with what the server has before they are sent again.
 */
export class RunDelivery {
  readonly #folder: string;
  readonly #localId: string;
  readonly #client: MlflowClient;

  /** @param folder the run's journal folder, named by its local id */
  constructor(folder: string, client: MlflowClient) {
    this.#folder = folder;
    this.#localId = folder.split(/[/\\]/).pop()!;
    this.#client = client;
  }

  /** How many records this server lacks. */
  pending(): number {
    return existsSync(journalFile(this.#folder)) ? countRecords(this.#folder, this.#readCursor()?.offset ?? 0) : 0;
  }

  /**
   * Send everything that the journal holds now.
   * @throws Unavailable when the server can't take it now; what was sent until then stays sent
   */
  async deliver(): Promise<DeliveryResult> {
    let delivered = 0;
    flushJournal(this.#folder);
    let cursor = this.#readCursor() ?? (await this.#begin());
    if (!cursor) return { delivered, pending: 0, rejected: 0 };
    const rejectedBefore = cursor.rejected;
    let renewed = false;
    for (let records; (records = readRecords(this.#folder, cursor.offset)).length > 0;) {
      const batch = firstBatch(records);
      try {
        cursor = await this.#sendBatch(cursor, batch);
      } catch (error) {
        if (!isGone(error) || renewed) throw error;
        renewed = true; // the run was deleted there, or the server has a new store: tell it everything
        cursor = (await this.#begin())!;
        continue;
      }
      delivered += batch.length;
    }
    return { delivered, pending: 0, rejected: cursor.rejected - rejectedBefore };
  }

  /** The run's id on the server, once it has one. */
  get serverRunId(): string | undefined {
    return this.#readCursor()?.runId;
  }

  #readCursor(): Cursor | undefined {
    const file = join(this.#folder, 'cursor.json');
    if (!existsSync(file)) return undefined;
    const cursor = JSON.parse(readFileSync(file, 'utf8')) as Cursor;
    return cursor.server === this.#client.address ? cursor : undefined; // another server knows nothing of the run
  }

  #save(cursor: Cursor): Cursor {
    writeFileAtomic(join(this.#folder, 'cursor.json'), JSON.stringify(cursor));
    return cursor;
  }

  /** Make the run on the server, or find it where an earlier attempt made it without hearing so. */
  async #begin(): Promise<Cursor | undefined> {
    const first = readRecords(this.#folder, 0)[0];
    if (first?.record.kind !== 'start') return undefined;
    const { experiment, runName, startTime, parentRunId } = first.record;
    const experimentId = await this.#client.experimentId(experiment);
    const tags: Record<string, string> = { ...first.record.tags, [localIdTag]: this.#localId };
    if (parentRunId) tags['mlflow.parentRunId'] = await this.#parent(parentRunId);
    const [found] = await this.#client.findRuns(experimentId, localIdTag, this.#localId);
    const run: RunInfo = found ?? (await this.#client.createRun(experimentId, runName, startTime, tags));
    return this.#save({
      server: this.#client.address,
      runId: run.run_id,
      artifactUri: run.artifact_uri,
      offset: first.end,
      delivered: 1,
      rejected: 0,
      unsure: found !== undefined,
    });
  }

  /** A parent that is journalled here has to be on the server before its child. */
  async #parent(id: string): Promise<string> {
    const folder = join(dirname(this.#folder), id);
    if (!existsSync(journalFile(folder))) return id; // an id of the server's own
    const parent = new RunDelivery(folder, this.#client);
    const runId = parent.serverRunId ?? (await parent.#begin())?.runId;
    if (!runId) throw new Unavailable(`the parent run ${id} isn't delivered yet`);
    return runId;
  }

  async #sendBatch(cursor: Cursor, batch: PlacedRecord[]): Promise<Cursor> {
    const after = {
      ...cursor,
      offset: batch[batch.length - 1].end,
      delivered: cursor.delivered + batch.length,
      unsure: false,
    };
    try {
      if (!cursor.unsure) this.#save({ ...cursor, unsure: true });
      await this.#send(cursor, batch.map(({ record }) => record)); // prettier-ignore
    } catch (error) {
      if (!(error instanceof ApiError) || isGone(error)) throw error;
      if (batch.length > 1) {
        const half = batch.length >> 1; // find the one that the server refuses
        return this.#sendBatch(await this.#sendBatch(cursor, batch.slice(0, half)), batch.slice(half));
      }
      appendFileSync(
        join(this.#folder, 'rejected.jsonl'),
        `${JSON.stringify({ reason: error.message, record: batch[0].record })}\n`,
      );
      after.rejected += 1;
    }
    this.#save(after);
    for (const { record } of batch)
      if (record.kind === 'artifact') rmSync(join(this.#folder, record.snapshot), { force: true });
    return after;
  }

  async #send({ runId, artifactUri, unsure }: Cursor, records: JournalRecord[]): Promise<void> {
    const [record] = records;
    switch (record.kind) {
      case 'start':
        return; // the run is there
      case 'resume':
        return this.#client.updateRun(runId, 'RUNNING');
      case 'metrics':
      case 'params':
      case 'tags': {
        const { metrics, params, tags } = merge(records);
        await this.#client.logBatch(runId, unsure ? await this.#missing(runId, metrics) : metrics, params, tags);
        return;
      }
      case 'dataset':
        return this.#client.logInputs(runId, record.dataset);
      case 'artifact':
        // already gone: delivered to a server whose store was lost since
        if (existsSync(join(this.#folder, record.snapshot)))
          await this.#client.uploadArtifact(artifactUri, record.path, join(this.#folder, record.snapshot));
        return;
      case 'model':
        return this.#client.registerModel(record.name, runId, `${artifactUri}/${record.artifactPath}`);
      case 'finish':
        return this.#client.updateRun(runId, record.status, record.endTime);
      default:
        record satisfies never;
    }
  }

  /** The metrics that the server doesn't hold yet. */
  async #missing(runId: string, metrics: MetricRecord[]): Promise<MetricRecord[]> {
    const held = new Set<string>();
    for (const name of new Set(metrics.map(([key]) => key))) {
      for (const { key, step, timestamp } of await this.#client.metricHistory(runId, name))
        held.add(identity(key, step, timestamp));
    }
    return metrics.filter(([key, , step, timestamp]) => !held.has(identity(key, step, timestamp)));
  }
}

const identity = (key: string, step: number, timestamp: number) => `${key}\n${step}\n${timestamp}`;

const isGone = (error: unknown) => error instanceof ApiError && error.code === 'RESOURCE_DOES_NOT_EXIST';

/** The records that go into one request: as many metrics, parameters and tags as MLflow takes at once, or one record of another kind. */
function firstBatch(records: PlacedRecord[]): PlacedRecord[] {
  let [metrics, params, tags, bytes] = [0, 0, 0, 0];
  let length = 0;
  for (const { record } of records) {
    if (record.kind === 'metrics') metrics += record.metrics.length;
    else if (record.kind === 'params') params += Object.keys(record.params).length;
    else if (record.kind === 'tags') tags += Object.keys(record.tags).length;
    else break;
    bytes += JSON.stringify(record).length * 2; // names of the fields included
    const fits = metrics <= limits.metricsPerBatch && params <= limits.paramsPerBatch && tags <= limits.tagsPerBatch;
    if (!fits || metrics + params + tags > limits.entitiesPerBatch || bytes > limits.bytesPerBatch) break;
    length += 1;
  }
  return records.slice(0, Math.max(1, length));
}

function merge(records: JournalRecord[]): {
  metrics: MetricRecord[];
  params: Record<string, string>;
  tags: Record<string, string>;
} {
  const merged = {
    metrics: [] as MetricRecord[],
    params: {} as Record<string, string>,
    tags: {} as Record<string, string>,
  };
  for (const record of records) {
    if (record.kind === 'metrics') merged.metrics.push(...record.metrics);
    else if (record.kind === 'params') Object.assign(merged.params, record.params);
    else if (record.kind === 'tags') Object.assign(merged.tags, record.tags);
  }
  return merged;
}
