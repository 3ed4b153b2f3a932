import { join } from 'node:path';
import {
  charadesClasses,
  readCharadesClasses,
  readCharadesEgo,
  readEk100Retrieval,
  type Ek100Clip,
} from '@egolab/ego-data';
import { multiInstanceRetrieval } from '@egolab/metrics';
import { scoreCharadesEgo } from '../charades-ego.ts';
import { ek100Relevancy } from '../ek100-mir.ts';
import { bootstrapInterval, meanEstimate } from './estimate.ts';
import type { ClipReference } from './question.ts';
import type { ClassTask } from './task.ts';

/** Charades-Ego as published: every video against the names of all 157 classes. */
export const charadesEgoClasses: ClassTask = {
  kind: 'classes',
  name: 'charades-ego',
  benchmark: 'Charades-Ego',
  title: 'Charades-Ego (157 classes)',
  folder: 'charades-ego',
  videos: 'videos',
  annotations: 'CharadesEgo_v1_test_only1st.csv',
  paper: 'Sigurdsson et al. 2018; Table 4 has a five-way form',
  likelihood: 'per-token',
  read(root) {
    const videos = readCharadesEgo(join(root, this.annotations));
    const byId = new Map(videos.map((video) => [video.id, video]));
    return {
      question: 'What action am I currently performing?',
      classes: readCharadesClasses(join(root, 'Charades_v1_classes.txt')),
      items: videos.map(({ id }) => ({ id, clip: { videos: [`${id}.mp4`] } })),
      score(ids, scores) {
        const meanAp = (drawn: readonly number[]) => {
          const flat = new Float32Array(drawn.length * charadesClasses);
          drawn.forEach((item, row) => flat.set(scores[item], row * charadesClasses));
          return scoreCharadesEgo(
            flat,
            drawn.map((item) => byId.get(ids[item])!),
          ).mAP;
        };
        const value = meanAp([...ids.keys()]);
        return { values: { mAP: value, ...bootstrapInterval(ids.length, meanAp), n: ids.length }, outcomes: {} };
      },
    };
  },
};

/** EPIC-KITCHENS-100 retrieval as published: every clip against every caption; for a generative model that is a likelihood a pair. */
export const ek100Retrieval: ClassTask = {
  kind: 'classes',
  name: 'ek100-mir',
  benchmark: 'EPIC-KITCHENS-100',
  title: 'EPIC-KITCHENS-100 (retrieval)',
  folder: 'ek100',
  videos: 'videos',
  annotations: 'EPIC_100_retrieval_test.csv',
  paper: 'Damen et al. 2022, section 4.6; Table 4 has a five-way form',
  likelihood: 'per-token',
  read(root) {
    const dataset = readEk100Retrieval(root);
    const { clips, captions } = dataset;
    const relevancy = ek100Relevancy(dataset);
    const rowOf = new Map(clips.map(({ narrationId }, row) => [narrationId, row]));
    return {
      question: EK100_QUESTION,
      classes: captions.map(({ text }) => text),
      items: clips.map((clip) => ({ id: clip.narrationId, clip: ek100Clip(clip) })),
      score(ids, scores) {
        const of = (items: readonly number[]) =>
          multiInstanceRetrieval(Float32Array.from(items.flatMap((item) => scores[item])), {
            ...relevancy,
            videos: Int32Array.from(items, (item) => relevancy.videos[rowOf.get(ids[item])!]),
          });
        const single = ids.map((id, item) => [id, of([item]).videoToText] as const);
        const outcomes = (name: 'mAP' | 'nDCG') =>
          Object.fromEntries(
            single.map(([id, value]) => [id, value[name]] as const).filter(([, x]) => !Number.isNaN(x)),
          );
        const all = of([...ids.keys()]).textToVideo;
        const means = { mAP_v2t: outcomes('mAP'), nDCG_v2t: outcomes('nDCG') };
        return {
          values: {
            mAP_v2t: meanEstimate(Object.values(means.mAP_v2t)),
            nDCG_v2t: meanEstimate(Object.values(means.nDCG_v2t)),
            mAP_t2v: 100 * all.mAP,
            nDCG_t2v: 100 * all.nDCG,
            n: ids.length,
          },
          outcomes: means,
        };
      },
    };
  },
};

/** Table 12's question. */
export const EK100_QUESTION =
  'Given a query video segment, how can captions be ranked so that those with a higher rank are more semantically relevant to the action in the query video segment?';

/** Where a clip of EPIC-KITCHENS lies: videos in one folder, or a folder a participant. */
export function ek100Clip({ videoId, participantId, start, end }: Ek100Clip): ClipReference {
  return { videos: [`${videoId}.mp4`, `${participantId}/${videoId}.MP4`], start, end };
}
