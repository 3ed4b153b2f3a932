import type { Answerer, EgoBenchTask, TaskContext } from '@egolab/benchmarks';
import type { Progress } from '../../progress.ts';
import type { Metrics } from '../../stage.ts';
import type { EgoBenchSettings, QuestionLimits } from './settings.ts';

export interface EgoBenchRun {
  readonly settings: EgoBenchSettings;
  readonly limits: QuestionLimits;
  /** what a narration answers in EgoMCQ's text-to-video form; undefined: nothing, it is a caption as in pretraining */
  readonly narrationPrompt: string | undefined;
  readonly answerer: Answerer;
  /** what the answers depend on: the digest of the model, frames, … */
  readonly model: Readonly<Record<string, unknown>>;
  /** folders that hold the data sets, the first that has one is taken */
  readonly data: readonly string[];
  /** where candidates are, and SentenceBERT where they have to be made */
  readonly context: TaskContext;
  /** where results grow; kept after an interruption */
  readonly state: string;
  /** where they go when all is done */
  readonly out: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

/** Per metric the questions' own values, whose mean (times 100 where it is in percent) is the metric. */
export type Outcomes = Readonly<Record<string, Readonly<Record<string, number>>>>;
/** Per task the question's predicted index, or a score an option. */
export type Predictions = Readonly<Record<string, Readonly<Record<string, number | readonly number[]>>>>;

export interface EgoBenchResult {
  /** per task its values with intervals and n, and `mean` over the tasks */
  readonly metrics: Record<string, Metrics>;
  readonly outcomes: Outcomes;
  readonly predictions: Predictions;
  /** what was asked */
  readonly tasks: readonly AskedTask[];
}

export interface AskedTask extends Pick<EgoBenchTask, 'name' | 'title' | 'benchmark' | 'paper' | 'note'> {
  /** folder of the annotations */
  readonly data: string;
  /** questions asked, of how many */
  readonly asked: number;
  readonly questions: number;
}
