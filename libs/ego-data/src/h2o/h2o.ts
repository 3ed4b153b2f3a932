import { join } from 'node:path';
import { readTextFile, resolveInside, UserError } from '@egolab/foundation';
import { readAnnotationLines, requireUnique } from '../annotation-text.ts';

/** One frame of H2O's head-mounted camera (`cam4`); paths are absolute. */
export interface H2oFrame {
  /** `subject1/h1/0`: subject, place, sequence */
  readonly sequence: string;
  readonly frame: number;
  /** 1280x720 */
  readonly rgb: string;
  /** 16-bit PNG of the same size */
  readonly depth: string;
}

/** Pinhole camera, pixels. */
export interface H2oIntrinsics {
  readonly fx: number;
  readonly fy: number;
  readonly cx: number;
  readonly cy: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Read `label_split/pose_<split>.txt`, lines such as `subject1/h1/0/cam4/rgb/000000.png`.
 * @throws UserError for a line of another form, a path that leaves the root, or a frame that is there twice
 */
export function readH2oFrames(root: string, split: 'train' | 'val' | 'test'): H2oFrame[] {
  const file = join(root, 'label_split', `pose_${split}.txt`);
  const lines = readAnnotationLines(file);
  if (lines.length === 0) throw new UserError({ what: 'no frames', where: file, mend: 'the file may be cut' });
  requireUnique(lines.map(({ line, text }) => ({ id: text, where: `${file}, line ${line}` })));
  return lines.map(({ line, text }) => {
    const where = `${file}, line ${line}`;
    const parts = /^([^/]+\/[^/]+\/[^/]+)\/cam4\/rgb(?:256)?\/(\d{6})\.(?:png|jpg)$/.exec(text);
    if (!parts)
      throw new UserError({ what: `expected a path such as subject1/h1/0/cam4/rgb/000000.png, got "${text}"`, where });
    const [, sequence, frame] = parts;
    const path = (folder: string) => resolveInside(root, `${sequence}/cam4/${folder}/${frame}.png`, where);
    return { sequence, frame: Number(frame), rgb: path('rgb'), depth: path('depth') };
  });
}

/**
 * Read a sequence's `cam4/cam_intrinsics.txt`: fx fy cx cy width height.
 * @throws UserError unless they are six numbers above 0
 */
export function readH2oIntrinsics(root: string, sequence: string): H2oIntrinsics {
  const file = resolveInside(root, `${sequence}/cam4/cam_intrinsics.txt`, 'H2O sequence');
  const values = readTextFile(file).trim().split(/\s+/).map(Number);
  if (values.length !== 6 || !values.every((value) => value > 0 && Number.isFinite(value)))
    throw new UserError({ what: `expected fx fy cx cy width height, got ${values.join(' ')}`, where: file });
  const [fx, fy, cx, cy, width, height] = values;
  return { fx, fy, cx, cy, width, height };
}
