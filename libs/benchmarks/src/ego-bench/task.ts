import type { SentenceEncoder } from '@egolab/sentence-encoder';
import type { ChoiceQuestion, OpenQuestion } from './question.ts';

/** What a task needs besides its data set. */
export interface TaskContext {
  /** SentenceBERT and its name; loaded only where candidates have to be made */
  readonly sentenceEncoder: { readonly name: string; readonly load: () => SentenceEncoder };
  /** folder of the stored candidates */
  readonly candidates: string;
}

interface Task {
  /** as in `egolab score` */
  readonly name: string;
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
  readonly likelihood: 'per-token' | 'whole';
  /** @throws UserError naming file, record and field of what is wrong */
  read(root: string, context: TaskContext): ChoiceQuestion[];
}

/** A task that is answered in one's own words, and marked by a judge. */
export interface OpenTask extends Task {
  readonly kind: 'open';
  read(root: string): OpenQuestion[];
}
