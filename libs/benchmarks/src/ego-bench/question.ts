/** What a question is about: a stretch of a video below the benchmark's folder of videos. */
export interface ClipReference {
  /** paths below that folder; the first that is there is meant */
  readonly videos: readonly string[];
  /** seconds; undefined: from the beginning, to the end */
  readonly start?: number;
  readonly end?: number;
  /** first and last frame of the video, from 0, where the annotations count frames: the video's own rate makes seconds of them */
  readonly frames?: readonly [first: number, last: number];
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
}

/** A question about a clip that is answered in one's own words. */
export interface OpenQuestion {
  readonly id: string;
  readonly question: string;
  /** every right answer */
  readonly answers: readonly string[];
  readonly clip: ClipReference;
}
