import { readTum, type Trajectory } from '@egolab/ego-data';
import { UserError } from '@egolab/foundation';
import { associate, associationLimit, trajectoryErrors } from '@egolab/metrics';
import type { Score } from './registry.ts';

/** Camera tracking (EgoM2P table 2): poses paired within 0.01 s, errors under the alignments none, SE(3) and Sim(3). */
export const score: Score = ({ predictions, annotations }) => {
  const [predicted, truth] = [readTum(predictions), readTum(annotations)];
  const pairs = associate(predicted, truth);
  if (pairs.truth.length < 2)
    throw new UserError({
      what: `${pairs.truth.length} of ${predicted.poses.length} poses lie within ${associationLimit} s of a true pose, expected at least 2: the predicted times are ${span(predicted)}, the true ones ${span(truth)}`,
      where: predictions,
      mend: 'both files must be on the same clock, in seconds',
    });
  const { ateNone, ateSe3, ateSim3, rte, rre, pairs: count } = trajectoryErrors(pairs);
  return { ATE_none: ateNone, ATE_se3: ateSe3, ATE_sim3: ateSim3, RTE: rte, RRE: rre, pairs: count };
};

const span = ({ timestamps }: Trajectory) => `${timestamps[0]} to ${timestamps[timestamps.length - 1]} s`;
