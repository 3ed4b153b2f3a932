import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { UserError } from '@egolab/foundation';
import { trackingUri } from './address.ts';
import { Background } from './background.ts';
import { MlflowClient } from './client.ts';
import { RunDelivery } from './delivery.ts';
import { Journal, journalFile, readJournal } from './journal.ts';
import { cleanName, cut, encodeValue, flatten, limits } from './names.ts';
import type { Dataset, MetricRecord, RunStatus } from './records.ts';

export type { RunStatus } from './records.ts';

export interface RunOptions {
  experiment: string;
  runName: string;
  /** the folder of all runs' journals; it must survive until everything is delivered */
  journal: string;
  /** the server, unless MLFLOW_TRACKING_URI names one; the embedded server's address by default */
  trackingUri?: string;
  tags?: Record<string, string>;
  /** logged as by {@link Run.logParams} */
  params?: Record<string, unknown>;
  /** a run of this journal folder, or one that the server knows */
  parentRunId?: string;
  datasets?: Dataset[];
  /** milliseconds since 1970; now by default */
  startTime?: number;
  /** seconds between two samples of the machine's load, 10 by default; 0 takes none */
  systemMetricsSeconds?: number;
}

export interface FinishResult {
  /** records that wait in the journal */
  pending: number;
  /** why they wait */
  problem?: string;
}

/** Begin a run. Nothing here waits for the server: records go to the journal, a thread delivers them. */
export async function startRun(options: RunOptions): Promise<Run> {
  const uri = trackingUri(options.trackingUri);
  const runId = randomUUID().replace(/-/g, '');
  const journal = new Journal(join(resolve(options.journal), runId));
  journal.append({
    kind: 'start',
    experiment: options.experiment,
    runName: options.runName,
    startTime: Math.round(options.startTime ?? Date.now()),
    tags: cleanTags({ ...sourceTags(), ...options.tags }),
    parentRunId: options.parentRunId,
  });
  const run = new Run(runId, journal, uri, options);
  run.logParams(options.params ?? {});
  for (const dataset of options.datasets ?? []) run.logDataset(dataset);
  return run;
}

/**
 * Go on with a run of an interrupted process. Metrics that it logged already, by name and step, are not logged again,
 * so the training may repeat the steps since its last save.
 */
export async function resumeRun(options: {
  runId: string;
  journal: string;
  trackingUri?: string;
  systemMetricsSeconds?: number;
}): Promise<Run> {
  const folder = join(resolve(options.journal), options.runId);
  if (!existsSync(journalFile(folder)))
    throw new UserError({
      what: `there is no journalled run "${options.runId}"`,
      where: options.journal,
      mend: 'start the run anew',
    });
  const journal = new Journal(folder);
  const records = readJournal(folder);
  const [start] = records;
  if (start?.kind !== 'start')
    throw new UserError({
      what: 'the journal has no beginning',
      where: journalFile(folder),
      mend: 'delete its folder and start the run anew',
    });
  journal.append({ kind: 'resume', time: Date.now() });
  const run = new Run(options.runId, journal, trackingUri(options.trackingUri), {
    ...options,
    experiment: start.experiment,
    runName: start.runName,
  });
  for (const record of records) {
    if (record.kind === 'metrics') run.remember(record.metrics);
    else if (record.kind === 'params') run.rememberParams(record.params);
  }
  return run;
}

/** A run that is being recorded. All methods but `finish` return at once. */
export class Run {
  /** this run's id in the journal; the server has its own, and holds this one in the tag `mlflow-js.localRunId` */
  readonly runId: string;
  readonly #journal: Journal;
  readonly #options: RunOptions;
  readonly #background: Background;
  readonly #uri: string;
  readonly #params = new Map<string, string>();
  /** names and steps that an interrupted process logged */
  readonly #logged = new Set<string>();
  #finished: Promise<FinishResult> | undefined;

  /** Use {@link startRun} or {@link resumeRun}. */
  constructor(runId: string, journal: Journal, uri: string, options: RunOptions) {
    this.runId = runId;
    this.#journal = journal;
    this.#uri = uri;
    this.#options = options;
    this.#background = Background.of(resolve(options.journal), uri);
    this.#background.follow(journal.folder, options.systemMetricsSeconds ?? 10);
  }

  /** The run's id on the server, once it was delivered. */
  get serverRunId(): string | undefined {
    return this.#delivery().serverRunId;
  }

  #delivery(): RunDelivery {
    return new RunDelivery(this.#journal.folder, new MlflowClient(this.#uri));
  }

  /**
   * @param metrics values by name; NaN and infinities are kept
   * @param time milliseconds since 1970
   */
  logMetrics(metrics: Record<string, number>, step = 0, time = Date.now()): void {
    const entries: MetricRecord[] = [];
    for (const [name, value] of Object.entries(metrics)) {
      const key = cleanName(name);
      if (!this.#logged.has(`${key}\n${step}`)) entries.push([key, encodeValue(value), step, Math.round(time)]);
    }
    for (let at = 0; at < entries.length; at += limits.metricsPerBatch) {
      this.#journal.append({ kind: 'metrics', metrics: entries.slice(at, at + limits.metricsPerBatch) });
    }
  }

  /**
   * Nested objects become dotted names. MLflow never changes a parameter: logging another value for one is an error.
   * A value above 6000 characters is cut.
   */
  logParams(params: Record<string, unknown>): void {
    const fresh: [string, string][] = [];
    for (const [key, value] of Object.entries(flatten(params))) {
      const text = cut(value, limits.paramValueLength);
      const held = this.#params.get(key);
      if (held !== undefined && held !== text)
        throw new Error(`the parameter "${key}" is ${held} and can't become ${text} within a run`);
      if (held === undefined) fresh.push([key, text]);
      this.#params.set(key, text);
    }
    for (let at = 0; at < fresh.length; at += limits.paramsPerBatch) {
      this.#journal.append({ kind: 'params', params: Object.fromEntries(fresh.slice(at, at + limits.paramsPerBatch)) });
    }
  }

  setTags(tags: Record<string, string>): void {
    const entries = Object.entries(cleanTags(tags));
    for (let at = 0; at < entries.length; at += limits.tagsPerBatch) {
      this.#journal.append({ kind: 'tags', tags: Object.fromEntries(entries.slice(at, at + limits.tagsPerBatch)) });
    }
  }

  logDataset(dataset: Dataset): void {
    this.#journal.append({
      kind: 'dataset',
      dataset: { ...dataset, name: cut(dataset.name, 500), digest: dataset.digest.slice(0, 36) },
    });
  }

  /**
   * A file, or a folder with all that is in it, as it is now.
   * @param path its place among the run's artifacts: `<path>/<name>`
   */
  logArtifact(file: string, path = ''): void {
    const place = path ? `${path.replace(/^\/+|\/+$/g, '')}/${basename(file)}` : basename(file);
    if (statSync(file).isDirectory()) {
      for (const name of readdirSync(file).sort()) this.logArtifact(join(file, name), place);
    } else {
      this.#journal.append({ kind: 'artifact', snapshot: this.#journal.snapshot(file), path: place });
    }
  }

  /** Make a version of a registered model of an artifact that was logged before. */
  registerModel(name: string, artifactPath: string): void {
    this.#journal.append({ kind: 'model', name, artifactPath });
  }

  /** A nested run in the same experiment, e.g. an ablation's variant. */
  child(
    runName: string,
    options: Pick<RunOptions, 'tags' | 'params' | 'datasets' | 'systemMetricsSeconds'> = {},
  ): Promise<Run> {
    const { experiment, journal, trackingUri: uri } = this.#options;
    return startRun({
      experiment,
      journal,
      trackingUri: uri,
      systemMetricsSeconds: 0,
      ...options,
      runName,
      parentRunId: this.runId,
    });
  }

  /**
   * End the run and deliver the rest, if the server answers.
   * @returns how many records wait for `sync`, and why
   */
  finish(status: RunStatus = 'FINISHED'): Promise<FinishResult> {
    this.#finished ??= this.#finish(status);
    return this.#finished;
  }

  async #finish(status: RunStatus): Promise<FinishResult> {
    this.#journal.append({ kind: 'finish', status, endTime: Date.now() });
    this.#journal.close();
    const { problem } = await this.#background.drain(this.#journal.folder);
    return { pending: this.#delivery().pending(), problem };
  }

  /** @internal */
  remember(metrics: MetricRecord[]): void {
    for (const [key, , step] of metrics) this.#logged.add(`${key}\n${step}`);
  }

  /** @internal */
  rememberParams(params: Record<string, string>): void {
    for (const [key, value] of Object.entries(params)) this.#params.set(key, value);
  }
}

const cleanTags = (tags: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [cleanName(key), cut(value, limits.tagValueLength)]));

/** What MLflow's interface shows as the run's user and source. */
const sourceTags = (): Record<string, string> => ({
  'mlflow.user': userInfo().username,
  'mlflow.source.type': 'LOCAL',
  'mlflow.source.name': basename(process.argv[1] ?? 'node'),
});
