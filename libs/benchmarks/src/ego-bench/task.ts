import type { SentenceEncoder } from '@egolab/sentence-encoder';
import type { Comparison } from './answerer.ts';
import type { ChoiceQuestion, ClassQuestions, ClipQuestion, OpenQuestion } from './question.ts';

/** What a task needs besides its data set. */
export interface TaskContext {
  /** SentenceBERT and its name; loaded only where candidates have to be made */
  readonly sentenceEncoder: { readonly name: string; readonly load: () => SentenceEncoder };
  /** folder of the stored candidates */
  readonly candidates: string;
}

/** EgoBench's eight tasks (Table 2). */
export type BenchmarkName =
  'EgoSchema' | 'QAEgo4D' | 'EgoTaskQA' | 'Charades-Ego' | 'EPIC-KITCHENS-100' | 'EgoPlan' | 'VLN-QA' | 'EgoMCQ';

interface Task {
  /** as in `egolab score` */
  readonly name: string;
  /** the task of Table 2 of which this is a setting */
  readonly benchmark: BenchmarkName;
  readonly title: string;
  /** folder below the data root, and of the videos below that */
  readonly folder: string;
  readonly videos: string;
  /** file whose presence says that the data set is there */
  readonly annotations: string;
  /** where in the paper, and what keeps a number from being compared with others' */
  readonly paper: string;
  readonly note?: string;
}

/** A multiple-choice task of EgoBench. */
export interface ChoiceTask extends Task {
  readonly kind: 'choice';
  /**
   * How the likelihoods of options compare: per token (an option's length doesn't count; EgoPlan's official scoring, since its loss is
   * a mean), or as a whole.
   */
  readonly likelihood: Comparison;
  /** @throws UserError naming file, record and field of what is wrong */
  read(root: string, context: TaskContext): ChoiceQuestion[];
}

/** A task that asks which clip a text describes. */
export interface ClipTask extends Task {
  readonly kind: 'clips';
  read(root: string): ClipQuestion[];
}

/** A task that scores every clip against all of a list of texts, with values of its own. */
export interface ClassTask extends Task {
  readonly kind: 'classes';
  readonly likelihood: Comparison;
  read(root: string): ClassQuestions;
}

/** A task that is answered in one's own words, and marked by a judge. */
export interface OpenTask extends Task {
  readonly kind: 'open';
  read(root: string): OpenQuestion[];
}

export type EgoBenchTask = ChoiceTask | ClipTask | ClassTask | OpenTask;
