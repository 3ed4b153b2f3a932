import { z } from 'zod';
import { nearest, readJsonFile, UserError } from '@egolab/foundation';
import { accuracy, argmax } from '@egolab/metrics';

/** A question with options; `group` is the subset that is reported on its own (EgoMCQ: inter, intra). */
export interface ChoiceItem {
  id: string;
  group: string;
  numOptions: number;
  /** index of the right option */
  answer: number;
}

/** Question id -> chosen option, or a score per option (the largest is chosen; of equal ones the first). */
export type ChoicePredictions = Record<string, number | number[]>;

export interface ChoiceScore {
  /** percent */
  accuracy: number;
  /** 95 % Wilson interval, percent */
  low: number;
  high: number;
  /** accuracy of a uniform guess, percent */
  chance: number;
  n: number;
}

/**
 * Accuracy per group.
 *
 * @throws UserError when a prediction is missing, unknown, out of range, NaN or has the wrong number of scores
 */
export function scoreChoices(
  items: readonly ChoiceItem[],
  predictions: ChoicePredictions,
  where = 'predictions',
): Record<string, ChoiceScore> {
  checkIds(items, predictions, where);
  const groups = new Map<string, ChoiceItem[]>();
  for (const item of items) {
    const members = groups.get(item.group);
    if (members) members.push(item);
    else groups.set(item.group, [item]);
  }
  const scores: Record<string, ChoiceScore> = {};
  for (const [group, members] of groups) {
    const chosen = members.map((item) => choice(item, predictions[item.id], where));
    const {
      accuracy: percent,
      interval,
      n,
    } = accuracy(
      chosen,
      members.map(({ answer }) => answer),
    );
    const chance = (100 * members.reduce((sum, { numOptions }) => sum + 1 / numOptions, 0)) / n;
    scores[group] = { accuracy: percent, low: interval[0], high: interval[1], chance, n };
  }
  return scores;
}

function choice({ id, numOptions }: ChoiceItem, prediction: number | number[], where: string): number {
  if (typeof prediction === 'number') {
    if (Number.isInteger(prediction) && prediction >= 0 && prediction < numOptions) return prediction;
    throw new UserError({
      what: `expected an option index 0 to ${numOptions - 1}, got ${prediction}`,
      where: `${where}, question "${id}"`,
    });
  }
  if (prediction.length !== numOptions) {
    throw new UserError({
      what: `expected ${numOptions} scores, got ${prediction.length}`,
      where: `${where}, question "${id}"`,
    });
  }
  if (prediction.some((score) => Number.isNaN(score)))
    throw new UserError({ what: 'a score is NaN', where: `${where}, question "${id}"` });
  return argmax(prediction);
}

function checkIds(items: readonly ChoiceItem[], predictions: ChoicePredictions, where: string): void {
  const known = new Set(items.map(({ id }) => id));
  const unknown = Object.keys(predictions).filter((id) => !known.has(id));
  const missing = items.filter(({ id }) => !Object.hasOwn(predictions, id)).map(({ id }) => id);
  if (unknown.length > 0) {
    const near = nearest(unknown[0], missing.slice(0, 1000));
    throw new UserError({
      what: `unknown question id "${unknown[0]}" (${unknown.length} in all)`,
      where,
      mend: near ? `did you mean "${near}"?` : `ids are such as "${items[0].id}"`,
    });
  }
  if (missing.length > 0) {
    throw new UserError({
      what: `${missing.length} of ${items.length} questions have no prediction, first "${missing[0]}"`,
      where,
      mend: 'predict every question',
    });
  }
}

const predictionsSchema = z.record(
  z.string(),
  z.union([z.number(), z.array(z.number())], { error: 'expected an option index or a list of scores' }),
);

/** Read `{question id: index}` or `{question id: [score per option]}`. */
export function readChoicePredictions(path: string): ChoicePredictions {
  const result = predictionsSchema.safeParse(readJsonFile(path, undefined, { uniqueKeys: true }));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new UserError({
    what: `${issue.path.join('.') || 'top level'}: ${issue.message}`,
    where: path,
    mend: 'expected {question id: option index} or {question id: [score per option]}; NaN is not a number in JSON',
  });
}
