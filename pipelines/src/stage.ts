import type { z } from 'zod';
import type { Random } from '@egolab/foundation';
import type { Progress } from './progress.ts';
import type { Tracker } from './tracker.ts';

/** Sections of the configuration that several stages share, by name: `{ data: dataSettings, models: modelsSettings }`. */
export type Sections = Readonly<Record<string, z.ZodType>>;

/** The stages that a stage reads, by the role that they play in it. */
export type Inputs = Readonly<Record<string, string>>;

/** Metric values by name; nesting groups them (`{ egomcq: { inter: 41.2 } }`). Undefined ones are left out. */
export interface Metrics {
  readonly [name: string]: number | Metrics | undefined;
}

/** What a stage hands back; the runner writes it to `metrics.json` and `history.csv`. */
export interface StageResult {
  metrics: Metrics;
  /** one record a training step */
  history?: readonly Readonly<Record<string, number>>[];
}

/** Where a stage writes; everything appears at once in `artifacts/<preset>/<stage>/` when the stage has succeeded. */
export interface OutputFolder {
  folder: string;
  path(name: string): string;
  /** a small text file, whole or not at all */
  write(name: string, content: string): void;
}

/** What a stage is given. */
export interface StageContext<Params, Config, Roles extends string> {
  params: Params;
  /** the shared sections that the stage names */
  config: Config;
  seed: number;
  /** this stage's own stream: `new Random(seed).split(name)` */
  random: Random;
  /** folder of each input's finished run */
  inputs: Readonly<Record<Roles, string>>;
  out: OutputFolder;
  /** where training keeps what it goes on from after an interruption; empty at a fresh start, deleted after success */
  stateFolder: string;
  tracker: Tracker;
  progress: Progress;
  /** aborted by Ctrl-C or SIGTERM: save the state and return (the result is then not used) or throw */
  signal: AbortSignal;
}

/** What a stage with something to look at declares in its `outputs`. */
export const pictureOutputs = ['pictures.json', 'pictures'] as const;

/** A stage of a pipeline: a value, not a script. */
export interface Stage<
  Params extends z.ZodType = z.ZodType,
  Shared extends Sections = Sections,
  Read extends Inputs = Inputs,
> {
  /** also the key of its parameters in a preset, and its file's name */
  name: string;
  title: string;
  /** where the paper describes it; null where no paper does */
  paper: string | null;
  /** the schema of its parameters; their values are in experiments/presets/*.yaml */
  params: Params;
  /** the shared sections of the configuration on which its result depends */
  sections: Shared;
  inputs: Read;
  /** the files and folders that it writes, beside metrics.json, history.csv and run.json */
  outputs: readonly string[];
  /** columns of history.csv that are worth a plot; a stage without training leaves them out */
  history?: readonly string[];
  /** whether it reads its inputs' pictures too (default: it doesn't, and a changed picture leaves it as it is) */
  readsPictures?: boolean;
  /** whether its result depends on the run's seed (default: it does) */
  seeded?: boolean;
  run(
    context: StageContext<
      z.output<Params>,
      { [Name in keyof Shared]: z.output<Shared[Name]> },
      Extract<keyof Read, string>
    >,
  ): Promise<StageResult>;
}

/** Declare a stage; checks nothing at run time, infers the types of what `run` is given. */
export function defineStage<Params extends z.ZodType, Shared extends Sections, Read extends Inputs>(
  stage: Stage<Params, Shared, Read>,
): Stage<Params, Shared, Read> {
  return stage;
}

/** Of what another stage writes, what `reader` depends on. */
export function outputsReadBy(
  { readsPictures = false }: Pick<Stage, 'readsPictures'>,
  outputs: readonly string[],
): string[] {
  return outputs.filter((output) => readsPictures || !(pictureOutputs as readonly string[]).includes(output));
}
