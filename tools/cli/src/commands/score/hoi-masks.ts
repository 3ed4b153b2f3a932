import { scoreHoiMasks } from '@egolab/benchmarks';
import { readCocoInstances, readCocoResults } from '@egolab/ego-data';
import type { Score } from './registry.ts';

/** VISOR hand and object masks: COCO average precision. */
export const score: Score = ({ predictions, annotations }) => {
  const truth = readCocoInstances(annotations);
  return scoreHoiMasks(truth, readCocoResults(predictions, truth), annotations);
};
