import type { Estimate } from './estimate.ts';

/** What a question is about: a stretch of a video below the benchmark's folder of videos. */
export interface ClipReference {
  /** paths below that folder; the first that is there is meant */
  readonly videos: readonly string[];
  /** seconds; undefined: from the beginning, to the end */
  readonly start?: number;
  readonly end?: number;
  /** first and last frame of the video, from 0, where the annotations count frames: the video's own rate makes seconds of them */
  readonly frames?: readonly [first: number, last: number];
  /** Ego4D's uid of the video, which may lie whole or in chunks; `start` and `end` are of the whole */
  readonly ego4d?: string;
}

/** A question about a clip with options, of which one is right. */
export interface ChoiceQuestion {
  readonly id: string;
  /** subset with a value of its own in the tables: EgoMCQ has inter and intra */
  readonly group: string;
  readonly question: string;
  readonly options: readonly string[];
  /** index of the right option */
  readonly answer: number;
  readonly clip: ClipReference;
  /** per option how relevant it is, 0 to 1, where a benchmark grades it: 1 means the same as the right one */
  readonly relevancy?: readonly number[];
}

/** A text and clips, of which one is described by it: EgoMCQ as published. */
export interface ClipQuestion {
  readonly id: string;
  readonly group: string;
  readonly text: string;
  readonly clips: readonly ClipReference[];
  /** index of the right clip */
  readonly answer: number;
}

/** Clips of which each is scored against all of a list of texts. */
export interface ClassQuestions {
  readonly question: string;
  readonly classes: readonly string[];
  readonly items: readonly { readonly id: string; readonly clip: ClipReference }[];
  /**
   * The benchmark's own values, over some of the items.
   *
   * @param scores of the items, in their order, a score a class
   */
  score(ids: readonly string[], scores: readonly (readonly number[])[]): ClassScores;
}

export interface ClassScores {
  /** percent, with 95 % intervals where there are any */
  readonly values: Readonly<Record<string, number | Estimate>>;
  /** per value the items' own, whose mean times 100 is the value, where it is a mean */
  readonly outcomes: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** A question about a clip that is answered in one's own words. */
export interface OpenQuestion {
  readonly id: string;
  readonly question: string;
  /** every right answer */
  readonly answers: readonly string[];
  readonly clip: ClipReference;
}
