/** A dataset that a run reads. */
export interface DatasetInput {
  name: string;
  /** of its content, at most 36 characters */
  digest: string;
  /** folder or URL */
  source: string;
  /** 'training', 'evaluation', … */
  context: string;
}

/** What a stage tells the experiment tracker. Nothing here waits for a server. */
export interface Tracker {
  readonly runId: string;
  logMetrics(record: Readonly<Record<string, number>>, step: number): void;
  logParams(params: Readonly<Record<string, unknown>>): void;
  setTags(tags: Readonly<Record<string, string>>): void;
  logArtifact(file: string, path?: string): void;
  logDataset(dataset: DatasetInput): void;
}

/** The runner's end of it. */
export interface TrackedRun extends Tracker {
  finish(status: 'FINISHED' | 'FAILED' | 'KILLED'): Promise<void>;
}

/** What a run starts with. */
export interface RunStart {
  experiment: string;
  /** tracking server; null: the embedded one */
  server: string | null;
  name: string;
  params: Record<string, unknown>;
  tags: Record<string, string>;
  /** folder for records that aren't delivered yet */
  journal: string;
  /** the run that an interrupted stage began, to go on with */
  runId: string | null;
  /** the run that this one is a part of */
  parentRunId?: string;
  /** one line for the reader */
  say(text: string): void;
}

export type OpenTracker = (start: RunStart) => Promise<TrackedRun>;

/** Tracks nothing. */
export const openNullTracker: OpenTracker = async ({ runId }) => ({
  runId: runId ?? 'untracked',
  logMetrics() {},
  logParams() {},
  setTags() {},
  logArtifact() {},
  logDataset() {},
  async finish() {},
});
