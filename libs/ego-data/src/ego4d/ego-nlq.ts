import { z } from 'zod';
import { UserError } from '@egolab/foundation';
import { readAs } from '../boundary.ts';

/** A natural language query of Ego4D's episodic memory benchmark, and where in the clip its answer can be seen. */
export interface NlqQuery {
  readonly videoUid: string;
  readonly clipUid: string;
  /** the clip in the video, seconds */
  readonly clipStart: number;
  readonly clipEnd: number;
  readonly annotationUid: string;
  /** position in the annotation, in which empty queries keep theirs */
  readonly queryIndex: number;
  /** empty where the release has none */
  readonly text: string;
  /** seconds of the clip; 8.6 % of the windows have length zero */
  readonly start: number;
  readonly end: number;
}

/** Five windows at most, best first, for one query. */
export interface NlqPrediction {
  readonly clipUid: string;
  readonly annotationUid: string;
  readonly queryIndex: number;
  /** seconds of the clip */
  readonly windows: readonly (readonly [start: number, end: number])[];
}

const query = z.object({ query: z.string().nullish(), clip_start_sec: z.number(), clip_end_sec: z.number() });
const clip = z.object({
  clip_uid: z.string().min(1),
  video_start_sec: z.number(),
  video_end_sec: z.number(),
  annotations: z.array(z.object({ annotation_uid: z.string().min(1), language_queries: z.array(query) })),
});
const dataset = z.object({
  videos: z.array(z.object({ video_uid: z.string().min(1), clips: z.array(clip) })),
});

/**
 * Read `nlq_train.json` or `nlq_val.json`, in file order.
 * @throws UserError for a missing or cut file, one of another format, or an annotation that is there twice
 */
export function readEgoNlq(file: string): NlqQuery[] {
  const queries: NlqQuery[] = [];
  const seen = new Set<string>();
  readAs(dataset, file).videos.forEach((video, v) =>
    video.clips.forEach((part, c) =>
      part.annotations.forEach(({ annotation_uid: annotationUid, language_queries: asked }, a) => {
        const id = `${part.clip_uid} ${annotationUid}`;
        if (seen.has(id))
          throw new UserError({
            what: `the annotation ${annotationUid} of clip ${part.clip_uid} is there twice`,
            where: `${file}, videos.${v}.clips.${c}.annotations.${a}`,
            mend: 'keep one of the records',
          });
        seen.add(id);
        asked.forEach(({ query: text, clip_start_sec: start, clip_end_sec: end }, queryIndex) =>
          queries.push({
            videoUid: video.video_uid,
            clipUid: part.clip_uid,
            clipStart: part.video_start_sec,
            clipEnd: part.video_end_sec,
            annotationUid,
            queryIndex,
            text: text?.trim() ?? '',
            start,
            end,
          }),
        );
      }),
    ),
  );
  return queries;
}

const result = z.object({
  clip_uid: z.string(),
  annotation_uid: z.string(),
  query_idx: z.number().int().nonnegative(),
  predicted_times: z.array(z.tuple([z.number(), z.number()])).min(1),
});
const submission = z.object({
  version: z.string(),
  challenge: z.literal('ego4d_nlq_challenge'),
  results: z.array(result),
});

/**
 * Read a result file of the Ego4D NLQ challenge, `{version, challenge, results: [{clip_uid, annotation_uid, query_idx,
 * predicted_times: [[start, end], …]}]}`.
 * @throws UserError for a missing or cut file, or one of another format
 */
export function readNlqPredictions(file: string): NlqPrediction[] {
  const { results } = readAs(submission, file, 'expected the result file of the Ego4D NLQ challenge');
  return results.map((entry) => ({
    clipUid: entry.clip_uid,
    annotationUid: entry.annotation_uid,
    queryIndex: entry.query_idx,
    windows: entry.predicted_times,
  }));
}
