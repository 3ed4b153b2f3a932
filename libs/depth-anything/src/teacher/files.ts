import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readNpz, resolveInside, UserError } from '@egolab/foundation';
import type { DepthMaps, DepthTeacher } from './teacher.ts';

const SUFFIX = '_depth.npz';

/**
 * Depth files in the layout of the authors' generator (STAR-HOI): `<video_uid>/<narration_time>_depth.npz`, key `images`,
 * `[time, height, width]`, normalised inverse depth. When a file holds another number of frames than the clip wants, those
 * nearest to the clip's are taken; both are spread evenly over the clip.
 */
export function fileTeacher(folder: string): DepthTeacher {
  if (!existsSync(folder))
    throw new UserError({
      what: 'there is no such folder',
      where: folder,
      mend: 'name the folder that holds <video_uid>/<narration_time>_depth.npz',
    });
  const listed = new Map<string, Map<number, string>>();
  const filesOf = (videoUid: string) => {
    const known = listed.get(videoUid);
    if (known) return known;
    const path = resolveInside(folder, videoUid, `video ${videoUid}`);
    const names = existsSync(path) ? readdirSync(path).filter((name) => name.endsWith(SUFFIX)) : [];
    // times are compared as numbers: `10.2` and `10.2000` are the same narration
    const files = new Map(names.map((name) => [Number(name.slice(0, -SUFFIX.length)), join(path, name)]));
    listed.set(videoUid, files);
    return files;
  };
  return {
    name: `depth files in ${folder}`,
    quantity: 'inverse-depth',
    async depth({ videoUid, narrationTime, frames }) {
      const file = filesOf(videoUid).get(narrationTime);
      if (!file) return { skipped: 'no depth file' };
      return pickFrames(readDepthFile(file), frames.length);
    },
  };
}

function readDepthFile(file: string): DepthMaps {
  const { shape, data } = readNpz(file, 'images');
  if (shape.length !== 3 || shape.includes(0) || data instanceof BigInt64Array)
    throw new UserError({
      what: `expected the array 'images' to be [time, height, width] of numbers, got [${shape}]`,
      where: file,
      mend: 'write it as the authors do: one map per frame, 8-bit or float',
    });
  return { data: Float32Array.from(data), numFrames: shape[0], height: shape[1], width: shape[2] };
}

/** `count` of the maps, at the middles of equal stretches of time. */
function pickFrames({ data, numFrames, height, width }: DepthMaps, count: number): DepthMaps {
  if (count === numFrames) return { data, numFrames, height, width };
  const picked = new Float32Array(count * height * width);
  for (let i = 0; i < count; i++) {
    const from = Math.floor(((i + 0.5) * numFrames) / count) * height * width;
    picked.set(data.subarray(from, from + height * width), i * height * width);
  }
  return { data: picked, numFrames: count, height, width };
}
