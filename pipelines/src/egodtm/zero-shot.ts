import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  ek100Relevancy,
  scoreChoices,
  scoreEgtea,
  scoreEk100Retrieval,
  type ChoicePredictions,
} from '@egolab/benchmarks';
import { captionEmbeds, textIds, videoEmbeds } from '@egolab/dual-encoder';
import {
  readEgteaActions,
  readEgteaSplit,
  readEk100Retrieval,
  withoutMarker,
  type EgteaClip,
  type EgteaSplit,
} from '@egolab/ego-data';
import { resolveInside, UserError, writeFileAtomic, writeNpy, type Random } from '@egolab/foundation';
import { argmax, retrievalPerQuery } from '@egolab/metrics';
import { tf, valuesOf } from '@egolab/runtime';
import { readEgoMcqClips } from '../exo2ego/datasets.ts';
import type { Metrics, OutputFolder } from '../stage.ts';
import { joined, rowOf, videoRows, type FrozenEncoder, type Rows } from './frozen.ts';
import type { Outcomes, Predictions } from './outcomes.ts';
import { retrievedClips } from './retrieval-examples.ts';

/** A pretrained dual encoder that looks at benchmarks. */
export interface ZeroShot extends FrozenEncoder {
  readonly out: OutputFolder;
}

/** What a benchmark says of the model. */
export interface BenchmarkResult {
  readonly metrics: Metrics;
  /** by paths below the benchmark's */
  readonly outcomes: Outcomes;
  /** of multiple choice */
  readonly answers?: Predictions[string];
}

const TEXTS = 64;

const embedded =
  ({ model }: ZeroShot) =>
  (pixels: Parameters<typeof videoEmbeds>[2]) =>
    videoEmbeds(model.encoder, model.config, pixels);

/**
 * Similarities of EPIC-KITCHENS-100's clips and captions (section 4.1); `egolab score ek100-mir` reads what is written.
 *
 * @returns also the `top` clips of some captions, for a picture, and the clips
 */
export async function ek100Retrieval(
  zeroShot: ZeroShot,
  folder: string,
  random: Random,
  shown: { captions: number; top: number },
) {
  const dataset = readEk100Retrieval(join(folder, 'retrieval_annotations'));
  const requests = dataset.clips.map(({ participantId, videoId, start, end, narrationId }) => ({
    media: existing(folder, join(participantId, 'videos', `${videoId}.MP4`), `clip ${narrationId}`),
    start,
    end,
  }));
  const videos = await videoRows(zeroShot, requests, 'EK-100: video embeddings', embedded(zeroShot));
  const texts = embedTexts(
    zeroShot,
    dataset.captions.map(({ text }) => text),
  );
  const similarities = cosines(videos, texts);
  writeNpy(zeroShot.out.path('ek100-mir.npy'), [videos.count, texts.count], similarities);
  const guess = similarities.map(() => random.uniform());
  const relevancy = ek100Relevancy(dataset);
  const { videoToText, textToVideo } = retrievalPerQuery(similarities, relevancy);
  const outcomes = Object.fromEntries(
    (['AP', 'nDCG'] as const).flatMap((key) =>
      directionOutcomes(
        key === 'AP' ? 'mAP' : key,
        dataset.clips.map(({ narrationId }, i) => [`video ${narrationId}`, videoToText[key][i]]),
        dataset.captions.map(({ narrationId }, i) => [`text ${narrationId}`, textToVideo[key][i]]),
      ),
    ),
  );
  const metrics = { ...scoreEk100Retrieval(similarities, dataset), chance: scoreEk100Retrieval(guess, dataset) };
  const examples = retrievedClips(similarities, dataset, relevancy, random.split('shown'), shown);
  return { metrics, outcomes, examples, requests };
}

type Valued = readonly (readonly [id: string, value: number])[];

/**
 * Outcomes of both directions and of their average: a query's value in the latter is weighted so that the mean over all queries is
 * the mean of the directions' means. Queries without anything relevant are left out.
 */
function directionOutcomes(metric: string, videos: Valued, texts: Valued): [string, Record<string, number>][] {
  const [v2t, t2v] = [videos, texts].map((queries) => queries.filter(([, value]) => !Number.isNaN(value)));
  const all = v2t.length + t2v.length;
  const weighted = (queries: Valued) =>
    queries.map(([id, value]): [string, number] => [id, (value * all) / (2 * queries.length)]);
  return [
    [`${metric}_v2t`, Object.fromEntries(v2t)],
    [`${metric}_t2v`, Object.fromEntries(t2v)],
    [`${metric}_avg`, Object.fromEntries([...weighted(v2t), ...weighted(t2v)])],
  ];
}

/** Which of five clips does the narration describe? The one of the largest cosine (EgoVLP; LaViLa doesn't normalise). */
export async function egoMcq(zeroShot: ZeroShot, folder: string): Promise<BenchmarkResult> {
  const questions = readEgoMcqClips(folder);
  const videos = await videoRows(
    zeroShot,
    questions.flatMap(({ clips }) => clips),
    'EgoMCQ: video embeddings',
    embedded(zeroShot),
  );
  const texts = embedTexts(
    zeroShot,
    questions.map(({ query }) => withoutMarker(query.text)),
  );
  const predictions: ChoicePredictions = {};
  const correct: Record<string, Record<string, number>> = {};
  let clip = 0;
  questions.forEach(({ id, type, clips, answer }, i) => {
    const scores = clips.map(() => dot(rowOf(videos, clip++), rowOf(texts, i)));
    predictions[id] = scores;
    (correct[`${type}.accuracy`] ??= {})[id] = Number(argmax(scores) === answer);
  });
  writeFileAtomic(zeroShot.out.path('egomcq.json'), `${JSON.stringify(predictions)}\n`);
  const items = questions.map(({ id, type, clips, answer }) => ({ id, group: type, numOptions: clips.length, answer }));
  const metrics = scoreChoices(items, predictions) as unknown as Metrics;
  return { metrics, outcomes: correct, answers: predictions };
}

export const EGTEA_SPLITS: readonly EgteaSplit[] = [1, 2, 3];

/**
 * Zero-shot action recognition on EGTEA, the mean over its three test splits (HelpingHands; the paper says "across test splits").
 * A clip is seen whole, once.
 *
 * @param templates sentences around a class name `{}`; the mean of their unit-length embeddings stands for the class
 */
export async function egtea(
  zeroShot: ZeroShot,
  folder: string,
  templates: readonly string[],
): Promise<BenchmarkResult> {
  const actions = readEgteaActions(folder);
  const splits = EGTEA_SPLITS.map((split) => readEgteaSplit(folder, split, actions.length));
  const clips = splits.flat();
  const requests = egteaRequests(folder, clips);
  const videos = await videoRows(zeroShot, requests, 'EGTEA: video embeddings', embedded(zeroShot));
  const sentences = templates.map((template) =>
    embedTexts(
      zeroShot,
      actions.map((action) => template.replace('{}', action)),
    ),
  );
  const classes = meanDirection(sentences);
  const scores = cosines(videos, classes);
  writeNpy(zeroShot.out.path('egtea.npy'), [videos.count, actions.length], scores);
  const metrics = { ...scoreEgtea(scores, splits, actions.length), chance_top1: 100 / actions.length, n: clips.length };
  return { metrics, outcomes: { top1_acc: egteaHits(scores, splits, actions.length) } };
}

/** The trimmed clips' videos. */
export const egteaRequests = (folder: string, clips: readonly EgteaClip[]) =>
  clips.map(({ id, session }) => ({
    media: existing(folder, join('cropped_clips', session, `${id}.mp4`), `clip ${id}`),
  }));

/**
 * Whether each clip's class has the largest score, weighted so that the mean over the clips of all splits is the mean of the splits'
 * shares.
 *
 * @param scores `[clip, class]`, the clips of the splits one after another
 */
export function egteaHits(
  scores: Float32Array,
  splits: readonly (readonly EgteaClip[])[],
  classes: number,
): Record<string, number> {
  const all = splits.flat().length;
  let row = 0;
  return Object.fromEntries(
    splits.flatMap((clips, split) =>
      clips.map(({ id, action }) => {
        const best = argmax(scores.subarray(row * classes, ++row * classes));
        const weight = all / (splits.length * clips.length);
        return [`split ${split + 1}: ${id}`, best === action ? weight : 0];
      }),
    ),
  );
}

function embedTexts({ model: { config, encoder, tokenizer } }: ZeroShot, texts: readonly string[]): Rows {
  const { causal, max_position_embeddings: length } = config.text_config;
  const parts: Float32Array[] = [];
  for (let begin = 0; begin < texts.length; begin += TEXTS) {
    const padding = causal ? 'longest' : 'length';
    const ids = textIds(tokenizer, texts.slice(begin, begin + TEXTS), { length, padding });
    parts.push(valuesOf(() => captionEmbeds(encoder, config, ids)));
  }
  return joined(parts, texts.length);
}

/** `[a, b]`, row-major. */
function cosines(a: Rows, b: Rows): Float32Array {
  return valuesOf(() =>
    tf.matMul(tf.tensor2d(a.data, [a.count, a.width]), tf.tensor2d(b.data, [b.count, b.width]), false, true),
  );
}

/** Means of the rows of equal number, brought back to unit length. */
function meanDirection(sentences: readonly Rows[]): Rows {
  const [first] = sentences;
  const data = first.data.map((_, i) => sentences.reduce((total, rows) => total + rows.data[i], 0));
  const means = { ...first, data };
  for (let row = 0; row < means.count; row++) {
    const vector = rowOf(means, row);
    const length = Math.hypot(...vector);
    vector.forEach((value, i) => (vector[i] = value / length));
  }
  return means;
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i], 0);

/** A file of a data set, whose annotations name a part of its path. */
function existing(folder: string, name: string, item: string): string {
  const path = resolveInside(folder, name, item);
  if (existsSync(path)) return path;
  throw new UserError({
    what: `the video of ${item} is missing`,
    where: path,
    mend: 'download it: a benchmark is scored whole; or take it out of evaluate-depth-pretrain.benchmarks',
  });
}
