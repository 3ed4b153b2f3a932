/** Percent, except n. */
export interface ClassificationScores {
  readonly meanAccuracy: number;
  readonly top1: number;
  readonly top5: number;
  readonly n: number;
}

/**
 * Classification as EGTEA Gaze+ reports it.
 *
 * @param scores [items, classes] row-major, no NaN; of equal scores the lower class first
 * @param labels [items] class of each item
 */
export function classificationScores(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): ClassificationScores {
  if (scores.length !== labels.length * classes)
    throw new RangeError(`expected ${labels.length} x ${classes} scores, got ${scores.length}`);
  const n = labels.length;
  const predicted = new Int32Array(n);
  let first = 0;
  let firstFive = 0;
  for (let item = 0; item < n; item++) {
    const place = rankOf(scores, item * classes, classes, labels[item]);
    if (place < 1) first++;
    if (place < 5) firstFive++;
    predicted[item] = best(scores, item * classes, classes);
  }
  return {
    meanAccuracy: meanClassAccuracy(predicted, labels),
    top1: (100 * first) / n,
    top5: (100 * firstFive) / n,
    n,
  };
}

/**
 * Mean of the classes' recalls, percent. The classes are those that are true *or predicted* (the label set of scikit-learn's
 * confusion matrix, which LaViLa's evaluation uses): one that is predicted but never true counts 0.
 */
export function meanClassAccuracy(predicted: ArrayLike<number>, labels: ArrayLike<number>): number {
  if (predicted.length !== labels.length)
    throw new RangeError(`expected ${labels.length} predictions, got ${predicted.length}`);
  const correct = new Map<number, number>();
  const total = new Map<number, number>();
  const count = (table: Map<number, number>, label: number, by: number) =>
    table.set(label, (table.get(label) ?? 0) + by);
  for (let item = 0; item < labels.length; item++) {
    count(total, labels[item], 1);
    count(correct, labels[item], predicted[item] === labels[item] ? 1 : 0);
    count(correct, predicted[item], 0);
  }
  let sum = 0;
  for (const [label, right] of correct) sum += right / (total.get(label) ?? 1);
  return (100 * sum) / correct.size;
}

/** How many classes of a row rank before `label`. */
function rankOf(scores: ArrayLike<number>, offset: number, classes: number, label: number): number {
  const score = scores[offset + label];
  let before = 0;
  for (let other = 0; other < classes; other++) {
    const rival = scores[offset + other];
    if (rival > score || (rival === score && other < label)) before++;
  }
  return before;
}

function best(scores: ArrayLike<number>, offset: number, classes: number): number {
  let found = 0;
  for (let other = 1; other < classes; other++) if (scores[offset + other] > scores[offset + found]) found = other;
  return found;
}
