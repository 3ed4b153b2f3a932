/** A dataset that a run reads (`runs/log-inputs`). */
export interface Dataset {
  name: string;
  /** identifies the content, at most 36 characters */
  digest: string;
  sourceType: string;
  /** where the data is, as an object that MLflow shows as JSON */
  source: Record<string, unknown>;
  schema?: string;
  profile?: string;
  /** what it is used for, e.g. `train` */
  context?: string;
}

export type RunStatus = 'FINISHED' | 'FAILED' | 'KILLED';

/** [name, value (non-finite as text), step, milliseconds since 1970] */
export type MetricRecord = [key: string, value: number | string, step: number, timestamp: number];

/** One line of a run's journal: what the server is to be told, in order. */
export type JournalRecord =
  | {
      kind: 'start';
      experiment: string;
      runName: string;
      startTime: number;
      tags: Record<string, string>;
      parentRunId?: string;
    }
  | { kind: 'resume'; time: number }
  | { kind: 'metrics'; metrics: MetricRecord[] }
  | { kind: 'params'; params: Record<string, string> }
  | { kind: 'tags'; tags: Record<string, string> }
  | { kind: 'dataset'; dataset: Dataset }
  /** `snapshot` is a file in the run's journal folder, `path` the file's place among the run's artifacts */
  | { kind: 'artifact'; snapshot: string; path: string }
  | { kind: 'model'; name: string; artifactPath: string }
  | { kind: 'finish'; status: RunStatus; endTime: number };
