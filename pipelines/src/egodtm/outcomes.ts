import type { OutputFolder } from '../stage.ts';

/** Per question a value, by the path of the metric that is their mean (times 100 where that is in percent). */
export type Outcomes = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Answers by benchmark and question: an option's index, a score an option, or a number. */
export type Predictions = Readonly<Record<string, Readonly<Record<string, number | readonly number[]>>>>;

export const OUTCOMES = 'outcomes.json';
export const PREDICTIONS = 'predictions.json';

/** What comparisons of two runs draw questions from. */
export const writeOutcomes = (out: OutputFolder, outcomes: Outcomes): void =>
  out.write(OUTCOMES, `${JSON.stringify(outcomes)}\n`);

export const writePredictions = (out: OutputFolder, predictions: Predictions): void =>
  out.write(PREDICTIONS, `${JSON.stringify(predictions)}\n`);

/** The same outcomes below a path. */
export const outcomesBelow = (path: string, outcomes: Outcomes): Outcomes =>
  Object.fromEntries(Object.entries(outcomes).map(([metric, values]) => [`${path}.${metric}`, values]));
