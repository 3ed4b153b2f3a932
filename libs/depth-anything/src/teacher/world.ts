import { type GroundTruth, readGroundTruth } from '@egolab/ego-data';
import type { DepthTeacher } from './teacher.ts';

/** How far an annotated frame may be from the wanted one. */
const MAX_SECONDS = 0.25;

/**
 * Exact depth, as the synthetic world writes it beside its videos.
 *
 * @param folderOf where a video's `frames.json` and `depth/` are
 */
export function worldTeacher(folderOf: (videoUid: string) => string): DepthTeacher {
  let open: { videoUid: string; truth: GroundTruth | undefined } | undefined;
  return {
    name: 'exact depth of the synthetic world',
    quantity: 'depth',
    async depth({ videoUid, frames }) {
      if (open?.videoUid !== videoUid) open = { videoUid, truth: readGroundTruth(folderOf(videoUid)) };
      const { truth } = open;
      if (!truth) return { skipped: 'no ground truth' };
      const found = frames.map((frame) => truth.nearest(frame));
      if (found.some(({ frame }, i) => Math.abs(frame - frames[i]) > MAX_SECONDS * truth.fps))
        return { skipped: 'no ground truth near a frame' };
      const maps = found.map((frame) => frame.depth());
      const { height, width } = maps[0];
      const data = new Float32Array(maps.length * height * width);
      maps.forEach((map, i) => data.set(map.data, i * height * width));
      return { data, numFrames: maps.length, height, width };
    },
  };
}
