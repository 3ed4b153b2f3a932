import type { Random } from '@egolab/foundation';
import type { NlqPrediction, NlqQuery } from '@egolab/ego-data';
import { temporalIou } from '@egolab/metrics';
import type { Parameters } from '@egolab/nn';
import { escape } from '@egolab/pictures';
import { tf } from '@egolab/runtime';
import type { LossResult } from '@egolab/training';
import {
  clipDuration,
  groundingLoss,
  predictWindows,
  resampled,
  vslnet,
  windowSpan,
  type GroundingTarget,
  type VideoFeatures,
  type VslnetConfig,
  type WindowChoice,
} from '@egolab/vslnet';
import type { QueryFeatures } from './nlq-features.ts';
import type { Outcomes } from './outcomes.ts';

/** A query to learn from. */
export interface GroundingExample {
  readonly query: NlqQuery;
  /** at most `maxPositions` long */
  readonly video: VideoFeatures;
  readonly words: QueryFeatures;
  readonly target: GroundingTarget;
}

/** What is looked up for a query. */
export interface NlqFeatures {
  readonly videos: ReadonlyMap<string, VideoFeatures>;
  readonly words: ReadonlyMap<string, QueryFeatures>;
  /** features a second */
  readonly rate: number;
}

/** Seconds that the features of a query's clip cover. */
const durationOf = ({ clipStart, clipEnd }: NlqQuery, rate: number): number => clipDuration(clipEnd - clipStart, rate);

/** The queries that have a text and a window longer than nothing; `windowSpan` of the others is none. */
export function groundingExamples(
  queries: readonly NlqQuery[],
  { videos, words, rate }: NlqFeatures,
  { maxPositions }: VslnetConfig,
): GroundingExample[] {
  return queries.flatMap((query) => {
    if (query.text === '') return [];
    const video = resampled(videos.get(query.clipUid)!, maxPositions);
    const target = windowSpan([query.start, query.end], video.length, durationOf(query, rate));
    return target ? [{ query, video, words: words.get(query.text)!, target }] : [];
  });
}

/** VSLNet's loss of a batch, padded to its longest video and query. */
export function nlqLoss(
  parameters: Parameters,
  config: VslnetConfig,
  batch: readonly GroundingExample[],
  random: Random,
): LossResult {
  const videoLengths = batch.map(({ video }) => video.length);
  const logits = vslnet(
    parameters,
    config,
    {
      video: padded(batch.map(({ video }) => video)),
      videoLengths,
      query: padded(batch.map(({ words }) => words)),
      queryLengths: batch.map(({ words }) => words.length),
    },
    random,
  );
  const targets = batch.map(({ target }) => target);
  return { loss: groundingLoss(logits, targets, videoLengths, config), metrics: {} };
}

/** `[item, longest, dim]`, zeros behind the end. */
function padded(items: readonly VideoFeatures[]) {
  const [{ dim }] = items;
  const longest = Math.max(...items.map(({ length }) => length));
  const data = new Float32Array(items.length * longest * dim);
  items.forEach((item, i) => data.set(item.data, i * longest * dim));
  return tf.tensor3d(data, [items.length, longest, dim]);
}

/**
 * Five windows for each query that has a text.
 *
 * @param choice which windows answer
 */
export function predictQueries(
  parameters: Parameters,
  config: VslnetConfig,
  queries: readonly NlqQuery[],
  { videos, words, rate }: NlqFeatures,
  choice: WindowChoice,
  onQuery: () => void,
): NlqPrediction[] {
  return queries
    .filter(({ text }) => text !== '')
    .map((query) => {
      const { data, length, dim } = words.get(query.text)!;
      const asked = tf.tensor2d(data, [length, dim]);
      const duration = durationOf(query, rate);
      const video = videos.get(query.clipUid)!;
      const windows = predictWindows(parameters, config, video, asked, duration, choice);
      asked.dispose();
      onQuery();
      return { ...idOf(query), windows };
    });
}

const idOf = ({ clipUid, annotationUid, queryIndex }: NlqQuery) => ({ clipUid, annotationUid, queryIndex });

/** Five windows of training queries, drawn at random, at the same share of the clip: what one answers without looking. */
export function blindPredictions(
  queries: readonly NlqQuery[],
  training: readonly NlqQuery[],
  random: Random,
): NlqPrediction[] {
  return queries
    .filter(({ text }) => text !== '')
    .map((query) => ({
      ...idOf(query),
      windows: Array.from({ length: 5 }, () => {
        const other = training[random.integer(0, training.length - 1)];
        const scale = (query.clipEnd - query.clipStart) / (other.clipEnd - other.clipStart);
        return [other.start * scale, other.end * scale] as const;
      }),
    }));
}

/** The challenge's result file, which `egolab score egonlq` reads. */
export const resultFile = (predictions: readonly NlqPrediction[]): object => ({
  version: '1.0',
  challenge: 'ego4d_nlq_challenge',
  results: predictions.map(({ clipUid, annotationUid, queryIndex, windows }) => ({
    clip_uid: clipUid,
    annotation_uid: annotationUid,
    query_idx: queryIndex,
    predicted_times: windows,
  })),
});

/** The metrics' names in paths, which split at dots. */
const NAMES = [
  ['R1@0.3', 'R1_iou03', 1, 0.3],
  ['R5@0.3', 'R5_iou03', 5, 0.3],
  ['R1@0.5', 'R1_iou05', 1, 0.5],
  ['R5@0.5', 'R5_iou05', 5, 0.5],
] as const;

/** Scores under names without dots. */
export const namedScores = (scores: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(NAMES.map(([official, name]) => [name, scores[official]]));

export const meanScores = (draws: readonly Record<string, number>[]): Record<string, number> =>
  Object.fromEntries(
    NAMES.map(([, name]) => [name, draws.reduce((sum, scores) => sum + scores[name], 0) / draws.length]),
  );

/** Whether each query's windows find the truth, by metric. */
export function nlqOutcomes(predictions: readonly NlqPrediction[], queries: readonly NlqQuery[]): Outcomes {
  const truths = new Map(queries.map((query) => [JSON.stringify(idOf(query)), query]));
  const found = (count: number, threshold: number) =>
    Object.fromEntries(
      predictions.map(({ windows, ...id }) => {
        const { start, end } = truths.get(JSON.stringify(id))!;
        const hit = windows.slice(0, count).some((window) => temporalIou(window, [start, end]) > threshold);
        return [`${id.clipUid} ${id.annotationUid} ${id.queryIndex}`, Number(hit)];
      }),
    );
  return Object.fromEntries(NAMES.map(([, name, count, threshold]) => [name, found(count, threshold)]));
}

const ROW = 46;
const WIDTH = 640;
const MARGIN = 12;

/** Some queries as time lines: the true window in green, predicted ones in blue, the best one filled. */
export function nlqPicture(
  shown: readonly { readonly query: NlqQuery; readonly windows: NlqPrediction['windows'] }[],
): string {
  const height = 2 * MARGIN + shown.length * ROW;
  const rows = shown.map(({ query, windows }, row) => {
    const duration = query.clipEnd - query.clipStart;
    const x = (seconds: number) =>
      MARGIN + (Math.min(duration, Math.max(0, seconds)) / duration) * (WIDTH - 2 * MARGIN);
    const y = MARGIN + row * ROW;
    const bar = ([start, end]: readonly [number, number], top: number, style: string) =>
      `<rect x="${x(start).toFixed(1)}" y="${top}" width="${Math.max(2, x(end) - x(start)).toFixed(1)}" height="7" ${style}/>`;
    return [
      `<text x="${MARGIN}" y="${y + 11}">${escape(query.text)}</text>`,
      `<rect x="${MARGIN}" y="${y + 17}" width="${WIDTH - 2 * MARGIN}" height="19" fill="#f3f4f6"/>`,
      bar([query.start, query.end], y + 18, 'fill="#15803d"'),
      ...windows.map((window, i) =>
        bar(window, y + 28, i === 0 ? 'fill="#2563eb" fill-opacity="0.7"' : 'fill="none" stroke="#2563eb"'),
      ),
    ].join('');
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" ` +
    `font-size="12" fill="#1f2937"><rect width="100%" height="100%" fill="#ffffff"/>${rows.join('')}</svg>`
  );
}
