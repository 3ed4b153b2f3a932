import type { Frames } from '@egolab/video';

/** A clip that is to be enriched: RGB frames uint8 `[time, height, width, 3]`, and where they come from. */
export interface ClipFrames extends Frames {
  readonly videoUid: string;
  /** seconds, `narration_time` of EgoClip */
  readonly narrationTime: number;
  /** index of each frame in its video */
  readonly indices: readonly number[];
}

/** Pixels of one frame, `[height, width, 3]`. */
export function frameOf({ data, height, width }: Frames, index: number): Uint8Array {
  return data.subarray(index * height * width * 3, (index + 1) * height * width * 3);
}

/** Why a clip, or a part of it, is not used: counted and listed by whoever runs the engine. */
export interface Skip {
  readonly skipped: string;
}

/** How often something was left out, by reason. */
export type Issues = Map<string, number>;

export function countIssue(issues: Issues, reason: string, times = 1): void {
  issues.set(reason, (issues.get(reason) ?? 0) + times);
}
