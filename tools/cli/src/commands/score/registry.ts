/** Values to report, under the keys of `egolab score`'s table; NaN (null in JSON) where the truth holds nothing to measure. */
export type Scores = Record<string, number>;

/** What the user named on the command line. */
export interface ScoreFiles {
  readonly predictions: string;
  readonly annotations: string;
}

/** The benchmark's own options, defaults filled in, values checked. */
export type ScoreOptions = Readonly<Record<string, string>>;

/** What a benchmark's file exports as `score`; every mistake in the files is a UserError. */
export type Score = (files: ScoreFiles, options: ScoreOptions) => Scores | Promise<Scores>;

/** `--<name> <value>`; several benchmarks may have options of one name. */
export interface BenchmarkOption {
  readonly description: string;
  /** the accepted values; anything, such as a file, when not given */
  readonly values?: readonly string[];
  readonly default?: string;
}

export interface Benchmark {
  /** for the help: what `--predictions` and `--annotations` name */
  readonly predictions: string;
  readonly annotations: string;
  readonly options?: Readonly<Record<string, BenchmarkOption>>;
  /** the benchmark's file, loaded when it is asked for */
  readonly load: () => Promise<{ readonly score: Score }>;
}

const choices = 'JSON {question id: index} or {question id: [score per option]}';

/** The benchmarks of `egolab score`; each is one file beside this one. */
export const benchmarks: Readonly<Record<string, Benchmark>> = {
  egomcq: {
    predictions: 'JSON {question id: [score per choice]}',
    annotations: 'egomcq.json',
    load: () => import('./egomcq.ts'),
  },
  egoschema: {
    predictions: choices,
    annotations: 'subset_answers.json',
    load: () => import('./egoschema.ts'),
  },
};
