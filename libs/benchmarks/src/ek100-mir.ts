import type { Ek100Clip, Ek100Retrieval } from '@egolab/ego-data';
import { multiInstanceRetrieval, type Relevancy } from '@egolab/metrics';

/** Percent, under the names of the public tables. */
export interface Ek100Scores extends Record<string, number> {
  readonly mAP_v2t: number;
  readonly mAP_t2v: number;
  readonly mAP_avg: number;
  readonly nDCG_v2t: number;
  readonly nDCG_t2v: number;
  readonly nDCG_avg: number;
}

/**
 * Multi-instance retrieval of EPIC-KITCHENS-100.
 *
 * @param similarities [clips, captions] row-major, in the order of the two files; no NaN
 */
export function scoreEk100Retrieval(similarities: Float32Array, dataset: Ek100Retrieval): Ek100Scores {
  const { videoToText, textToVideo } = multiInstanceRetrieval(similarities, ek100Relevancy(dataset));
  return {
    mAP_v2t: 100 * videoToText.mAP,
    mAP_t2v: 100 * textToVideo.mAP,
    mAP_avg: 50 * (videoToText.mAP + textToVideo.mAP),
    nDCG_v2t: 100 * videoToText.nDCG,
    nDCG_t2v: 100 * textToVideo.nDCG,
    nDCG_avg: 50 * (videoToText.nDCG + textToVideo.nDCG),
  };
}

/**
 * Relevancy of a caption for a clip (Damen et al. 2022, section 4.6; Wray et al. 2019): half for the same verb class, half
 * the intersection over union of the *sets* of noun classes. A caption's classes are those of the clip of its
 * `narration_id`, so nothing is drawn at random, as it is for the relevancy file that circulates.
 */
export function ek100Relevancy({ clips, captions }: Ek100Retrieval): Relevancy {
  const { classOf, actions } = actionClasses(clips);
  const classes = actions.length;
  const table = new Float64Array(classes * classes);
  actions.forEach((a, i) => actions.forEach((b, j) => (table[i * classes + j] = relevancyOf(a, b))));
  return { videos: classOf, texts: Int32Array.from(captions, ({ clip }) => classOf[clip]), table, classes };
}

interface ActionClass {
  readonly verb: number;
  readonly nouns: ReadonlySet<number>;
}

/** The distinct pairs of a verb and a set of nouns, far fewer than clips. */
function actionClasses(clips: readonly Ek100Clip[]): { classOf: Int32Array; actions: ActionClass[] } {
  const indices = new Map<string, number>();
  const actions: ActionClass[] = [];
  const classOf = Int32Array.from(clips, ({ verbClass: verb, nounClasses }) => {
    const nouns = [...new Set(nounClasses)].sort((a, b) => a - b);
    const key = `${verb}:${nouns.join(',')}`;
    const index = indices.get(key) ?? actions.push({ verb, nouns: new Set(nouns) }) - 1;
    indices.set(key, index);
    return index;
  });
  return { classOf, actions };
}

/** Exactly 1 where verb and nouns are the same. */
function relevancyOf(a: ActionClass, b: ActionClass): number {
  let common = 0;
  for (const noun of a.nouns) if (b.nouns.has(noun)) common++;
  return (a.verb === b.verb ? 0.5 : 0) + 0.5 * (common / (a.nouns.size + b.nouns.size - common));
}
