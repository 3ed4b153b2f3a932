import { wilsonInterval, type Interval } from './interval.ts';

/** Accuracy in percent with its 95 % interval. */
export interface Accuracy {
  /** percent, NaN when n = 0 */
  accuracy: number;
  /** percent, Wilson */
  interval: Interval;
  correct: number;
  n: number;
}

/** Index of the largest score; of equal scores the first, as numpy's argmax. A NaN score is an error. */
export function argmax(scores: ArrayLike<number>): number {
  if (scores.length === 0) throw new RangeError('argmax of no scores');
  let best = 0;
  for (let i = 0; i < scores.length; i++) {
    if (Number.isNaN(scores[i])) throw new RangeError(`score ${i} is NaN`);
    if (scores[i] > scores[best]) best = i;
  }
  return best;
}

/**
 * Share of predictions that equal the answer.
 *
 * @param predicted [n] option indices
 * @param answers [n] option indices
 */
export function accuracy(predicted: ArrayLike<number>, answers: ArrayLike<number>): Accuracy {
  if (predicted.length !== answers.length) {
    throw new RangeError(`expected ${answers.length} predictions, got ${predicted.length}`);
  }
  let correct = 0;
  for (let i = 0; i < answers.length; i++) if (predicted[i] === answers[i]) correct++;
  const n = answers.length;
  const [low, high] = wilsonInterval(correct, n);
  return { accuracy: n === 0 ? NaN : (100 * correct) / n, interval: [100 * low, 100 * high], correct, n };
}
