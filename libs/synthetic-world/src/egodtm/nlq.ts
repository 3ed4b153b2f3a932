import { type Random, writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import { momentQueries } from '../language/queries.ts';
import { uidOf } from '../take/take.ts';
import type { TakeRecord } from '../write/job.ts';

/** A clip of a longer video; seconds of the video. */
export interface NlqClip {
  readonly uid: string;
  readonly start: number;
  readonly end: number;
}

/** Cut a video of `numFrames` frames into equal clips, on frame borders. */
export function nlqClips(numFrames: number, fps: number, clipsPerVideo: number, random: Random): NlqClip[] {
  const border = (index: number) => Math.round((numFrames * index) / clipsPerVideo) / fps;
  return Array.from({ length: clipsPerVideo }, (_, index) => ({
    uid: uidOf(random.split('clip', index)),
    start: border(index),
    end: border(index + 1),
  }));
}

export const nlqClipFile = ({ uid }: NlqClip): string => join('clips', `${uid}.mp4`);

/** `nlq_{split}.json` of Ego4D's natural language queries, version 1. */
export function writeNlq(
  root: string,
  split: 'train' | 'val',
  videos: readonly { readonly take: TakeRecord; readonly clips: readonly NlqClip[] }[],
  fps: number,
  random: Random,
): number {
  let numQueries = 0;
  const entries = videos.map(({ take, clips }) => ({
    video_uid: take.uid,
    clips: clips.map(({ uid, start, end }) => {
      const queries = momentQueries(take.actions, start, end).map(({ query, action }) => ({
        ...span('clip', action.start - start, action.end - start, fps),
        ...span('video', action.start, action.end, fps),
        template: query.template,
        query: query.query,
        slot_x: query.slotX,
        verb_x: query.verbX,
        slot_y: '',
        verb_y: '',
        raw_tags: [query.template, query.query, query.slotX, query.verbX],
      }));
      numQueries += queries.length;
      return {
        clip_uid: uid,
        ...span('video', start, end, fps),
        ...span('clip', 0, end - start, fps),
        source_clip_uid: uid,
        annotations: [{ language_queries: queries, annotation_uid: uidOf(random.split('annotation', uid)) }],
      };
    }),
    split,
  }));
  writeFileAtomic(
    join(root, `nlq_${split}.json`),
    JSON.stringify({
      version: '1',
      date: '',
      description: `NLQ Annotations (${split})`,
      manifest: '',
      videos: entries,
    }),
  );
  return numQueries;
}

function span(prefix: 'clip' | 'video', start: number, end: number, fps: number): object {
  return {
    [`${prefix}_start_sec`]: start,
    [`${prefix}_end_sec`]: end,
    [`${prefix}_start_frame`]: Math.round(start * fps),
    [`${prefix}_end_frame`]: Math.round(end * fps),
  };
}
