import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { resolveInside, UserError } from '@egolab/foundation';
import { readGreyPng } from '@egolab/video';
import { z } from 'zod';
import { readAs } from './boundary.ts';

const framesSchema = z.object({
  fps: z.number().positive(),
  /** instance id -> name; 1 and 2 are the hands */
  instances: z.record(z.string(), z.string()),
  frames: z
    .array(
      z.object({
        frame: z.number().int().nonnegative(),
        file: z.string().min(1),
        contact: z
          .array(z.object({ hand: z.enum(['left', 'right']), instance: z.number().int().positive() }))
          .default([]),
      }),
    )
    .min(1),
});

/** Instance ids of the hands. */
export const HAND_INSTANCE = { left: 1, right: 2 } as const;

/** A frame of {@link GroundTruth}. */
export interface GroundTruthFrame {
  /** index in the video */
  readonly frame: number;
  readonly contact: readonly { readonly hand: 'left' | 'right'; readonly instance: number }[];
  /** instance ids, `[height, width]`: 0 background, 1 left hand, 2 right hand, others as `instances` says */
  masks(): { data: Uint16Array; height: number; width: number };
  /** z-depth in metres, `[height, width]`; 0 where none is known */
  depth(): { data: Float32Array; height: number; width: number };
}

/** Exact geometry of an egocentric video, as the synthetic world writes it beside the video. */
export interface GroundTruth {
  readonly fps: number;
  readonly instances: ReadonlyMap<number, string>;
  /** ascending by frame */
  readonly frames: readonly GroundTruthFrame[];
  /** the annotated frame nearest to a frame of the video */
  nearest(frame: number): GroundTruthFrame;
}

/**
 * Open a folder `frames.json`, `depth/<file>` (16-bit millimetres), `masks/<file>` (instance ids). Images are read when asked for.
 * @returns undefined when there is no such folder
 * @throws UserError for a malformed file, or an image that is missing, cut or leaves the folder
 */
export function readGroundTruth(folder: string): GroundTruth | undefined {
  const file = join(folder, 'frames.json');
  if (!existsSync(file)) return undefined;
  const { fps, instances, frames } = readAs(framesSchema, file);
  const image = (kind: string, name: string) => readGreyPng(resolveInside(join(folder, kind), name, file));
  const opened = frames
    .map(({ frame, file: name, contact }): GroundTruthFrame => ({
      frame,
      contact,
      masks: () => image('masks', name),
      depth: () => {
        const { data, height, width } = image('depth', name);
        return { data: Float32Array.from(data, (millimetres) => millimetres / 1000), height, width };
      },
    }))
    .sort((a, b) => a.frame - b.frame);
  if (new Set(opened.map(({ frame }) => frame)).size !== opened.length)
    throw new UserError({ what: 'a frame is listed twice', where: file, mend: 'generate the data again' });
  return {
    fps,
    instances: new Map(Object.entries(instances).map(([id, name]) => [Number(id), name])),
    frames: opened,
    nearest: (frame) =>
      opened.reduce((best, each) => (Math.abs(each.frame - frame) < Math.abs(best.frame - frame) ? each : best)),
  };
}
