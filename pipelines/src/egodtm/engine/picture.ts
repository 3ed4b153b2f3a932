import { centreCrop, type Frames } from '@egolab/video';
import type { SheetFrame, SheetRow } from '../sheet.ts';

/** Frames of a clip, at most so many. */
const FRAMES = 5;

/** A clip with text above: the middle squares of frames spread over it. */
export function clipRow({ data, numFrames, height, width }: Frames, lines: readonly string[]): SheetRow {
  const side = Math.min(height, width);
  const bytes = height * width * 3;
  const shown = Math.min(FRAMES, numFrames);
  const frames = Array.from({ length: shown }, (_, i): SheetFrame => {
    const at = Math.floor(((i + 0.5) * numFrames) / shown) * bytes;
    const frame = { data: data.subarray(at, at + bytes), height, width };
    return { data: centreCrop(frame, side, side).data, side };
  });
  return { lines, frames };
}
