import type { EgteaClip } from '@egolab/ego-data';
import { classificationScores } from '@egolab/metrics';

/** Percent. */
export interface EgteaScores extends Record<string, number> {
  readonly mean_acc: number;
  readonly top1_acc: number;
  readonly top5_acc: number;
}

/**
 * Action classification on EGTEA Gaze+: the mean over the given test splits of each split's values.
 *
 * @param scores [clips, classes] row-major; the clips of the splits one after another; no NaN
 * @param splits clips of each split, in file order
 */
export function scoreEgtea(
  scores: Float32Array,
  splits: readonly (readonly EgteaClip[])[],
  classes: number,
): EgteaScores {
  let begin = 0;
  const results = splits.map((clips) => {
    const end = begin + clips.length * classes;
    const labels = clips.map(({ action }) => action);
    const result = classificationScores(scores.subarray(begin, end), labels, classes);
    begin = end;
    return result;
  });
  const mean = (key: 'meanAccuracy' | 'top1' | 'top5') =>
    results.reduce((sum, result) => sum + result[key], 0) / results.length;
  return { mean_acc: mean('meanAccuracy'), top1_acc: mean('top1'), top5_acc: mean('top5') };
}
