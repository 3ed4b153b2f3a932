import { charadesClasses, type CharadesVideo } from '@egolab/ego-data';
import { meanAveragePrecision } from '@egolab/metrics';

/**
 * Action recognition on Charades-Ego: mean average precision over the 157 classes, percent.
 *
 * @param scores [videos, 157] row-major, in the order of the file; no NaN
 */
export function scoreCharadesEgo(scores: Float32Array, videos: readonly CharadesVideo[]): { mAP: number } {
  const labels = videos.map(({ actions }) => [...new Set(actions.map(({ label }) => label))]);
  return { mAP: 100 * meanAveragePrecision(scores, labels, charadesClasses) };
}
