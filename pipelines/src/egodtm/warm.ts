import type { ClipReader, ClipRequest } from '@egolab/video';
import type { Progress } from '../progress.ts';

/** Decode once, with a progress bar, what is read many times. */
export async function warm(reader: ClipReader, clips: readonly ClipRequest[], progress: Progress): Promise<void> {
  const phase = progress.phase('decoding clips', clips.length);
  let before = 0;
  await reader.warm(clips, ({ done }) => {
    phase.advance(done - before);
    before = done;
  });
  phase.end();
}
