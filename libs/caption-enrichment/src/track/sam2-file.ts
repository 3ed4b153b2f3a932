import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CocoRle, decodeRle, encodeRle } from '@egolab/ego-data';
import { readJsonFile, resolveInside, UserError } from '@egolab/foundation';
import { z } from 'zod';
import { countIssue, type Issues } from '../clip.ts';
import { type Mask, maskArea, resizeMask } from '../geometry.ts';
import type { MaskTracker, TrackPrompt } from './tracker.ts';

const side = z.number().int().positive().max(65_536);
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
 * Masks that SAM 2 made elsewhere, in the layout of the authors' generator: `<video_uid>/<narration_time>.json`, ids counted from the
 * objects on, then the hands. Prompts only say which ids are wanted; their kinds have to agree.
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
    async track({ clip, prompts }, issues) {
      const path = resolveInside(folder, clip.videoUid, `video ${clip.videoUid}`);
      const names = existsSync(path) ? readdirSync(path) : [];
      const name = names.find((each) => Number(/^(.*)\.json$/.exec(each)?.[1] ?? NaN) === clip.narrationTime);
      if (!name) return { skipped: 'no masks file' };
      return readSam2Masks(join(path, name), prompts, clip, issues);
    },
  };
}

/** Masks of one file, a list a prompt with an entry for every frame of the clip. */
export function readSam2Masks(
  file: string,
  prompts: readonly TrackPrompt[],
  clip: { numFrames: number; height: number; width: number },
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
  return prompts.map(({ kind }, id) =>
    Array.from({ length: clip.numFrames }, (_, frame) => {
      const entry = parsed.data[String(frame)]?.[String(id)];
      if (!entry) return null;
      if (entry.type !== kind)
        throw new UserError({
          what: `expected id ${id} to be a ${kind}, found a ${entry.type} in frame ${frame}`,
          where: file,
          mend: 'ids count the objects first, then the hands, as the detections that prompted SAM 2 did',
        });
      return maskOfEntry(entry, `${file} (frame ${frame}, id ${id})`, clip, issues);
    }),
  );
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
