import { type GazeTable, readGazeCsv } from '@egolab/ego-data';
import { UserError } from '@egolab/foundation';
import { gazeError } from '@egolab/metrics';
import type { Score } from './registry.ts';

/** Rows of both files are one instant if their times differ by no more than this, seconds. */
const timeLimit = 0.01;

/** Gaze estimation (EgoM2P table of section 4.2): mean squared error over both coordinates of the valid rows. */
export const score: Score = ({ predictions, annotations }) => {
  const [predicted, truth] = [readGazeCsv(predictions), readGazeCsv(annotations)];
  requireEqualTimes(predicted, truth, predictions, annotations);
  if (!truth.valid.includes(1))
    throw new UserError({
      what: `none of the ${truth.times.length} rows is valid: there is nothing to compare with`,
      where: `${annotations} (valid)`,
    });
  const untracked = truth.valid.findIndex((valid, i) => valid === 1 && predicted.valid[i] === 0);
  if (untracked >= 0)
    throw new UserError({
      what: 'the row is marked invalid, but the truth is valid there',
      where: `${predictions}:${predicted.lines[untracked]} (valid)`,
      mend: 'predict a point for every row',
    });
  const { mse, n } = gazeError(predicted, truth);
  return { mse, n };
};

function requireEqualTimes(predicted: GazeTable, truth: GazeTable, predictions: string, annotations: string): void {
  if (predicted.times.length !== truth.times.length)
    throw new UserError({
      what: `expected ${truth.times.length} rows, as ${annotations} has, got ${predicted.times.length}`,
      where: predictions,
      mend: 'predict one point for each row of the annotations',
    });
  truth.times.forEach((time, i) => {
    if (Math.abs(predicted.times[i] - time) <= timeLimit + 1e-9) return;
    throw new UserError({
      what: `expected the time ${time}, as in line ${truth.lines[i]} of ${annotations}, got ${predicted.times[i]}`,
      where: `${predictions}:${predicted.lines[i]} (t)`,
    });
  });
}
