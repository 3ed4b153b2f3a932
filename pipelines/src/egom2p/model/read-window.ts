import { clipTiming } from '@egolab/ego-data';
import { UserError } from '@egolab/foundation';
import { probe, streamClips, type Clip } from '@egolab/video';

/**
 * Two seconds of a video as the tokenizer sees them: 16 frames at 8 fps, centre square.
 *
 * @param start seconds
 * @param size side of the frames
 * @returns uint8 `[16, size, size, 3]`
 * @throws UserError for a video that is missing, cut or shorter
 */
export async function readWindow(file: string, start: number, size: number): Promise<Uint8Array> {
  const { seconds, videoFps, videoFrames } = clipTiming;
  const info = await probe(file);
  const half = 0.5 + 1e-9; // as clips are cut: the nearest frame, the later one between two
  const indices = Array.from({ length: videoFrames }, (_, i) => Math.floor((start + i / videoFps) * info.fps + half));
  if (indices.at(-1)! >= info.numFrames)
    throw new UserError({
      what: `expected ${seconds} s from ${start} s on, got a video of ${info.duration.toFixed(2)} s`,
      where: file,
      mend: 'name a longer video or an earlier --start',
    });
  let clip: Clip | undefined;
  await streamClips(file, info, [indices], { size, aspect: 'crop' }, (_, decoded) => {
    clip = decoded;
  });
  return clip!.data;
}
