import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { npyBytes, UserError } from '@egolab/foundation';
import { scoreBenchmark } from './score-benchmark.ts';

const made: string[] = [];
afterAll(() => made.forEach((folder) => rmSync(folder, { recursive: true })));

export type Files = Record<string, string | Uint8Array>;

/** A benchmark's files, small and right. */
interface Example {
  /** `predictions…` is the prediction; the rest are annotations */
  readonly files: Files;
  /** what `--annotations` names; the folder when empty */
  readonly annotations: string;
  readonly scores: Record<string, number>;
}

/** For tests: the scores of an example with some of its files changed. */
export async function score(benchmark: string, { files, annotations }: Example, changed: Files = {}, options = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'egolab-score-'));
  made.push(folder);
  for (const [name, content] of Object.entries({ ...files, ...changed })) writeFileSync(join(folder, name), content);
  const predictions = join(
    folder,
    Object.keys(files).find((name) => name.startsWith('predictions'))!,
  );
  return scoreBenchmark(benchmark, { predictions, annotations: join(folder, annotations) }, options);
}

/** For tests: a float32 matrix. */
export const npy = (rows: number[][]) => npyBytes([rows.length, rows[0].length], Float32Array.from(rows.flat()));

// -- right files ------------------------------------------------------------------------------------------------------

const ek100Header =
  'narration_id,participant_id,video_id,start_timestamp,stop_timestamp,narration,verb_class,all_noun_classes';
const ek100Row = (id: string, narration: string, verb: number, nouns: string) =>
  `${id},P01,P01_11,00:00:00.00,00:00:01.89,${narration},${verb},${nouns}`;

export const egteaClip = (start: number) => `P04-R06-GreekSalad-${start}-${start + 1000}-F016368-F016419`;

const nlqQuery = (query: string | null, start: number, end: number) => ({
  query,
  template: 'Objects: Where is object X?',
  clip_start_sec: start,
  clip_end_sec: end,
});
export const nlqTruth = {
  version: '1',
  videos: [
    {
      video_uid: 'v',
      clips: [
        {
          clip_uid: 'c',
          video_start_sec: 0,
          video_end_sec: 480,
          annotations: [
            {
              annotation_uid: 'a',
              language_queries: [nlqQuery('where is it?', 0, 10), nlqQuery(null, 0, 1), nlqQuery('and that?', 20, 40)],
            },
          ],
        },
      ],
    },
  ],
};
export const nlqResult = (query_idx: number, predicted_times: unknown) => ({
  clip_uid: 'c',
  annotation_uid: 'a',
  query_idx,
  predicted_times,
});
export const nlqResults = (results: unknown[]) =>
  JSON.stringify({ version: '1.0', challenge: 'ego4d_nlq_challenge', results });
export const rightNlq = [nlqResult(0, [[0, 9]]), nlqResult(2, [[0, 5], [26, 40]])]; // prettier-ignore

const square = [1, 1, 3, 1, 3, 3, 1, 3];
const cocoTruth = {
  images: [{ id: 5, height: 4, width: 4, file_name: 'café.jpg' }],
  annotations: [
    { id: 1, image_id: 5, category_id: 1, iscrowd: 0, segmentation: [square], area: 4, bbox: [1, 1, 2, 2] },
    { id: 2, image_id: 5, category_id: 2, iscrowd: 0, segmentation: { size: [4, 4], counts: [0, 4, 12] }, area: 4 },
  ],
  categories: [
    { id: 1, name: 'hand' },
    { id: 2, name: 'object' },
  ],
};
export const mask = (category_id: number, counts: number[], score: unknown = 0.5) => ({
  image_id: 5,
  category_id,
  segmentation: { size: [4, 4], counts },
  score,
});
export const rightMasks = [mask(1, [5, 2, 2, 2, 5]), mask(2, [0, 3, 13])];

const mcqClip = { video_uid: 'v', clip_start: '0', clip_end: '1', clip_text: '#C C opens the café' };
const mcqQuestion = (answer: number, types: number) => ({
  answer,
  query: mcqClip,
  choices: { 0: mcqClip, 1: mcqClip },
  types,
});

const actions = Array.from({ length: 157 }, (_, label) => (label === 106 || label === 7 ? 1 : 0));

/** For tests: small right files of each benchmark, with their scores by hand. */
export const examples: Record<string, Example> = {
  'ek100-mir': {
    files: {
      'predictions.npy': npy([
        [1, 0],
        [0.75, 0.25],
        [0, 1],
      ]),
      'EPIC_100_retrieval_test.csv': [
        ek100Header,
        ek100Row('P01_1', 'take plate', 0, '[2]'),
        ek100Row('P01_10', 'take plate on plate', 0, '"[2, 3, 2]"'),
        ek100Row('P01_2', 'put café', 1, '[9]'),
      ].join('\n'),
      'EPIC_100_retrieval_test_sentence.csv': 'narration_id,narration\nP01_1,take plate\nP01_2,café',
    },
    annotations: '',
    // the second clip has no exact caption: left out of mAP; everything is ranked as its relevancy
    scores: { mAP_v2t: 100, mAP_t2v: 100, mAP_avg: 100, nDCG_v2t: 100, nDCG_t2v: 100, nDCG_avg: 100 },
  },
  egtea: {
    files: {
      'predictions.npy': npy([
        [0.9, 0.1, 0],
        [0.2, 0.1, 0.7],
        [0, 1, 0],
      ]),
      'action_idx.txt': 'Inspect/Read recipe 1\nTake eating_utensil 2 \nDivide/Pull Apart crème 3\n',
      'test_split1.txt': `${egteaClip(1)} 1 1 1 \n${egteaClip(2)} 1 1 2\n${egteaClip(3)} 2 1 3\n`,
    },
    annotations: '',
    scores: { mean_acc: 50, top1_acc: 200 / 3, top5_acc: 100 },
  },
  'charades-ego': {
    files: {
      'predictions.npy': npy([actions, actions.map((value) => 9 * value), actions.map((value) => 0.5 * value)]),
      'CharadesEgo_v1_test_only1st.csv':
        'id,subject,script,actions,length\n' +
        'A,x,"A café, twice",c106 0.00 12.30;c007 1.00 2.00;c106 13.00 14.00,30.1\nB,x,none,,30\nC,x,y,c007 0.00 1.00,9\n',
    },
    annotations: 'CharadesEgo_v1_test_only1st.csv',
    scores: { mAP: 100 },
  },
  egonlq: {
    files: { 'predictions.json': nlqResults(rightNlq), 'nlq_val.json': JSON.stringify(nlqTruth) },
    annotations: 'nlq_val.json',
    scores: { 'R1@0.3': 50, 'R1@0.5': 50, 'R5@0.3': 100, 'R5@0.5': 100 },
  },
  'hoi-masks': {
    files: { 'predictions.json': JSON.stringify(rightMasks), 'truth.json': JSON.stringify(cocoTruth) },
    annotations: 'truth.json',
    scores: { AP: 80, AP50: 100, AP_hand: 100, AP_object: 60 }, // overlap 3/4: 6 of 10 thresholds
  },
  egomcq: {
    files: {
      'predictions.json': JSON.stringify({ q1: [0.9, 0.1], q2: [0.9, 0.1], q3: [0, 3] }),
      'egomcq.json': JSON.stringify({ q1: mcqQuestion(0, 1), q2: mcqQuestion(1, 1), q3: mcqQuestion(1, 2) }),
    },
    annotations: 'egomcq.json',
    scores: { inter: 50, intra: 100 },
  },
};

// -- what can be wrong with any of them --------------------------------------------------------------------------------

/** For tests: the message with which an example is refused when some of its files are changed. */
export async function failure(benchmark: string, changed: Files, options = {}): Promise<string> {
  try {
    await score(benchmark, examples[benchmark], changed, options);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  throw new Error('expected a UserError');
}
