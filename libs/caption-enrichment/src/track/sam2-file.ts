import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CocoRle, decodeRle, encodeRle } from '@egolab/ego-data';
import { readJsonFile, resolveInside, UserError } from '@egolab/foundation';
import { z } from 'zod';
import { countIssue, type Issues } from '../clip.ts';
import { boxIou, type Mask, maskArea, maskBox, resizeMask } from '../geometry.ts';
import type { MaskTracker, TrackPrompt } from './tracker.ts';

const side = z.number().int().positive().max(16_384);
/** frame index -> object id -> mask; a mask is base64 text of COCO's compressed counts */
const masksSchema = z.record(
  z.string().regex(/^\d+$/),
  z.record(
    z.string().regex(/^\d+$/),
    z.object({ type: z.enum(['hand', 'object']), mask: z.string(), H: side, W: side }),
  ),
);
export type Sam2Masks = z.infer<typeof masksSchema>;

/** A mask that covers more of the frame is what SAM 2 gives for an object that it has lost. */
const LOST_SHARE = 0.9;

/**
 * Masks that SAM 2 made elsewhere, in the layout of the authors' generator: `<video_uid>/<narration_time>.json`. A prompt takes the
 * track of its kind whose mask in the prompted frame fits its box (or point) best.
 */
export function sam2FileTracker(folder: string): MaskTracker {
  if (!existsSync(folder))
    throw new UserError({
      what: 'there is no such folder',
      where: folder,
      mend: 'name the folder that holds <video_uid>/<narration_time>.json',
    });
  return {
    name: `masks of SAM 2 in ${folder}`,
    async track({ clip, frame, prompts }, issues) {
      const path = resolveInside(folder, clip.videoUid, `video ${clip.videoUid}`);
      const names = existsSync(path) ? readdirSync(path) : [];
      const name = names.find((each) => Number(/^(.*)\.json$/.exec(each)?.[1] ?? NaN) === clip.narrationTime);
      if (!name) return { skipped: 'no masks file' };
      return readSam2Masks(join(path, name), prompts, frame, clip, issues);
    },
  };
}

type Entry = Sam2Masks[string][string];

/**
 * Masks of one file, a list a prompt with an entry for every frame of the clip. Frames are numbered in the video or, where the
 * file doesn't hold the clip's, in the clip.
 */
export function readSam2Masks(
  file: string,
  prompts: readonly TrackPrompt[],
  promptFrame: number,
  clip: { indices: readonly number[]; height: number; width: number },
  issues: Issues,
): (Mask | null)[][] {
  const parsed = masksSchema.safeParse(readJsonFile(file));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError({
      what: `at ${issue.path.map(String).join('.') || 'the top'}: ${issue.message}`,
      where: file,
      mend: 'expected {frame: {object id: {type, mask, H, W}}}, the mask being base64 of COCO run lengths',
    });
  }
  const byNumber = clip.indices.every((index) => String(index) in parsed.data);
  const frames = clip.indices.map((index, position) => parsed.data[String(byNumber ? index : position)] ?? {});
  const decode = (entry: Entry | undefined, frame: number) =>
    entry ? maskOfEntry(entry, `${file} (frame ${frame})`, clip, issues) : null;
  const free = new Map(
    Object.entries(frames[promptFrame]).map(([id, entry]) => [id, { ...entry, mask: decode(entry, promptFrame) }]),
  );
  return prompts.map((prompt) => {
    const fits = [...free].map(([id, { type, mask }]) => ({
      id,
      fit: type === prompt.kind && mask ? fitOf(mask, prompt) : 0,
    }));
    const best = fits.sort((a, b) => b.fit - a.fit)[0];
    if (!best || best.fit === 0) return frames.map(() => null);
    free.delete(best.id);
    return frames.map((frame, i) => decode(frame[best.id], i));
  });
}

/** How well a mask answers a prompt: overlap of the boxes, or whether it holds the positive points. */
function fitOf(mask: Mask, { box, points }: TrackPrompt): number {
  if (box) return boxIou(maskBox(mask)!, box);
  const positive = points.filter((point) => point.positive);
  const held = positive.filter(({ x, y }) => mask.data[Math.floor(y) * mask.width + Math.floor(x)] === 1);
  return held.length / positive.length;
}

function maskOfEntry(
  { mask: text, H: height, W: width }: { mask: string; H: number; W: number },
  where: string,
  clip: { height: number; width: number },
  issues: Issues,
): Mask | null {
  const rle: CocoRle = { size: [height, width], counts: Buffer.from(text, 'base64').toString('latin1') };
  const mask = { data: decodeRle(rle, where), height, width };
  const area = maskArea(mask);
  if (area === 0) return null;
  if (area > LOST_SHARE * height * width) {
    countIssue(issues, 'a mask of the whole frame');
    return null;
  }
  return resizeMask(mask, clip.height, clip.width);
}

/** The authors' JSON of some tracks; the inverse of {@link readSam2Masks}. Frames in which nothing is seen stay empty. */
export function sam2Masks(tracks: readonly { kind: 'hand' | 'object'; masks: readonly (Mask | null)[] }[]): Sam2Masks {
  const numFrames = tracks[0]?.masks.length ?? 0;
  return Object.fromEntries(
    Array.from({ length: numFrames }, (_, frame) => [
      String(frame),
      Object.fromEntries(
        tracks.flatMap(({ kind, masks }, id) => {
          const mask = masks[frame];
          if (!mask) return [];
          const { counts } = encodeRle(mask.data, mask.height, mask.width);
          return [
            [
              String(id),
              { type: kind, mask: Buffer.from(counts, 'latin1').toString('base64'), H: mask.height, W: mask.width },
            ],
          ];
        }),
      ),
    ]),
  );
}
