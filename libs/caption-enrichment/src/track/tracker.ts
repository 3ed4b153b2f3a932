import type { ClipFrames, Issues, Skip } from '../clip.ts';
import type { Box, Mask, Point } from '../geometry.ts';

/** What is to be tracked, pointed out in one frame; pixels of the clip. */
export interface TrackPrompt {
  readonly kind: 'object' | 'hand';
  readonly box: Box | null;
  readonly points: readonly (Point & { readonly positive: boolean })[];
  /** belong to something else */
  readonly negativeBoxes: readonly Box[];
}

export interface TrackRequest {
  readonly clip: ClipFrames;
  /** the frame in which the prompts are given */
  readonly frame: number;
  readonly prompts: readonly TrackPrompt[];
}

/** The second step of detect-track-generate: masks through all frames, forwards and backwards from the prompted one. */
export interface MaskTracker {
  readonly name: string;
  /**
   * @param issues counts tracks that were lost
   * @returns a list a prompt, with a mask of the clip's size or null (hidden, lost) for every frame; or why there is none
   */
  track(request: TrackRequest, issues: Issues): Promise<(Mask | null)[][] | Skip>;
}
