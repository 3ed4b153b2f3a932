import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { scoreChoices, scoreEgtea, scoreEk100Retrieval, type ChoicePredictions } from '@egolab/benchmarks';
import { captionEmbeds, textIds, videoEmbeds } from '@egolab/dual-encoder';
import { readEgteaActions, readEgteaSplit, readEk100Retrieval, withoutMarker, type EgteaSplit } from '@egolab/ego-data';
import { UserError, writeFileAtomic, writeNpy, type Random } from '@egolab/foundation';
import { tf } from '@egolab/runtime';
import type { ClipReader, ClipRequest } from '@egolab/video';
import { readEgoMcqClips } from '../exo2ego/datasets.ts';
import type { Progress } from '../progress.ts';
import type { Metrics, OutputFolder } from '../stage.ts';
import { WHOLE } from './crop.ts';
import type { DualEncoder } from './model.ts';
import { cropPixels } from './pretraining.ts';
import { warm } from './warm.ts';

/** Unit-length embeddings `[item, width]`, row-major. */
interface Rows {
  readonly data: Float32Array;
  readonly count: number;
}

/** A pretrained dual encoder that looks at benchmarks. */
export interface ZeroShot {
  readonly model: DualEncoder;
  readonly reader: ClipReader;
  readonly progress: Progress;
  readonly out: OutputFolder;
}

const VIDEOS = 8;
const TEXTS = 64;

/** Similarities of EPIC-KITCHENS-100's clips and captions (section 4.1); `egolab score ek100-mir` reads what is written. */
export async function ek100Retrieval(zeroShot: ZeroShot, folder: string, random: Random): Promise<Metrics> {
  const dataset = readEk100Retrieval(join(folder, 'retrieval_annotations'));
  const requests = dataset.clips.map(({ participantId, videoId, start, end, narrationId }) => ({
    media: existing(join(folder, participantId, 'videos', `${videoId}.MP4`), `clip ${narrationId}`),
    start,
    end,
  }));
  const videos = await embedVideos(zeroShot, requests, 'EK-100');
  const texts = embedTexts(
    zeroShot,
    dataset.captions.map(({ text }) => text),
  );
  const similarities = cosines(videos, texts);
  writeNpy(zeroShot.out.path('ek100-mir.npy'), [videos.count, texts.count], similarities);
  const guess = similarities.map(() => random.uniform());
  return { ...scoreEk100Retrieval(similarities, dataset), chance: scoreEk100Retrieval(guess, dataset) };
}

/** Which of five clips does the narration describe? The one of the largest cosine (EgoVLP; LaViLa doesn't normalise). */
export async function egoMcq(zeroShot: ZeroShot, folder: string): Promise<Metrics> {
  const questions = readEgoMcqClips(folder);
  const videos = await embedVideos(
    zeroShot,
    questions.flatMap(({ clips }) => clips),
    'EgoMCQ',
  );
  const texts = embedTexts(
    zeroShot,
    questions.map(({ query }) => withoutMarker(query.text)),
  );
  const width = texts.data.length / texts.count;
  const predictions: ChoicePredictions = {};
  let clip = 0;
  questions.forEach(({ id, clips }, i) => {
    predictions[id] = clips.map(() => dot(videos.data, clip++ * width, texts.data, i * width, width));
  });
  writeFileAtomic(zeroShot.out.path('egomcq.json'), `${JSON.stringify(predictions)}\n`);
  const items = questions.map(({ id, type, clips, answer }) => ({ id, group: type, numOptions: clips.length, answer }));
  return scoreChoices(items, predictions) as unknown as Metrics;
}

const SPLITS: readonly EgteaSplit[] = [1, 2, 3];

/**
 * Zero-shot action recognition on EGTEA, the mean over its three test splits (HelpingHands; the paper says "across test splits").
 * A clip is seen whole, once.
 *
 * @param templates sentences around a class name `{}`; the mean of their unit-length embeddings stands for the class
 */
export async function egtea(zeroShot: ZeroShot, folder: string, templates: readonly string[]): Promise<Metrics> {
  const actions = readEgteaActions(folder);
  const splits = SPLITS.map((split) => readEgteaSplit(folder, split, actions.length));
  const clips = splits.flat();
  const requests = clips.map(({ id, session }) => ({
    media: existing(join(folder, 'cropped_clips', session, `${id}.mp4`), `clip ${id}`),
  }));
  const videos = await embedVideos(zeroShot, requests, 'EGTEA');
  const sentences = templates.map((template) =>
    embedTexts(
      zeroShot,
      actions.map((action) => template.replace('{}', action)),
    ),
  );
  const classes = { count: actions.length, data: meanDirection(sentences) };
  const scores = cosines(videos, classes);
  writeNpy(zeroShot.out.path('egtea.npy'), [videos.count, actions.length], scores);
  return { ...scoreEgtea(scores, splits, actions.length), chance_top1: 100 / actions.length, n: clips.length };
}

async function embedVideos(
  { model, reader, progress }: ZeroShot,
  clips: readonly ClipRequest[],
  name: string,
): Promise<Rows> {
  const { config, encoder } = model;
  await warm(reader, clips, progress);
  const phase = progress.phase(`${name}: video embeddings`, clips.length);
  const parts: Float32Array[] = [];
  for (let begin = 0; begin < clips.length; begin += VIDEOS) {
    const frames = await reader.readMany(clips.slice(begin, begin + VIDEOS));
    parts.push(
      tf.tidy(() => {
        const samples = frames.map((each) => ({ frames: each, crop: WHOLE }));
        const pixels = cropPixels({ config }, samples, config.vision_config.image_size);
        return videoEmbeds(encoder, config, pixels).dataSync<'float32'>().slice();
      }),
    );
    phase.advance(frames.length);
  }
  phase.end();
  return { data: joined(parts), count: clips.length };
}

function embedTexts({ model: { config, encoder, tokenizer } }: ZeroShot, texts: readonly string[]): Rows {
  const { causal, max_position_embeddings: length } = config.text_config;
  const parts: Float32Array[] = [];
  for (let begin = 0; begin < texts.length; begin += TEXTS) {
    const padding = causal ? 'longest' : 'length';
    const ids = textIds(tokenizer, texts.slice(begin, begin + TEXTS), { length, padding });
    parts.push(tf.tidy(() => captionEmbeds(encoder, config, ids).dataSync<'float32'>().slice()));
  }
  return { data: joined(parts), count: texts.length };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** `[a, b]`, row-major. */
function cosines(a: Rows, b: Rows): Float32Array {
  return tf.tidy(() => {
    const product = tf.matMul(
      tf.tensor2d(a.data, [a.count, a.data.length / a.count]),
      tf.tensor2d(b.data, [b.count, b.data.length / b.count]),
      false,
      true,
    );
    return product.dataSync<'float32'>().slice();
  });
}

/** Means of the rows of equal number, brought back to unit length. */
function meanDirection(sentences: readonly Rows[]): Float32Array {
  const [{ data, count }] = sentences;
  const width = data.length / count;
  const sum = data.map((_, i) => sentences.reduce((total, rows) => total + rows.data[i], 0));
  for (let row = 0; row < count; row++) {
    const vector = sum.subarray(row * width, (row + 1) * width);
    const length = Math.hypot(...vector);
    vector.forEach((value, i) => (vector[i] = value / length));
  }
  return sum;
}

function dot(a: Float32Array, fromA: number, b: Float32Array, fromB: number, width: number): number {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += a[fromA + i] * b[fromB + i];
  return sum;
}

function existing(path: string, item: string): string {
  if (existsSync(path)) return path;
  throw new UserError({
    what: `the video of ${item} is missing`,
    where: path,
    mend: 'download it: a benchmark is scored whole; or take it out of evaluate-depth-pretrain.benchmarks',
  });
}
