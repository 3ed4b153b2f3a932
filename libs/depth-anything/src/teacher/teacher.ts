import type { Frames } from '@egolab/video';

/** Depth of several frames, row-major float32 `[time, height, width]`. */
export interface DepthMaps {
  readonly data: Float32Array;
  readonly numFrames: number;
  readonly height: number;
  readonly width: number;
}

/** What a teacher may need to know of a clip. */
export interface TeacherClip {
  readonly videoUid: string;
  /** seconds, `narration_time` of EgoClip */
  readonly narrationTime: number;
  /** indices in the video of the frames that want depth */
  readonly frames: readonly number[];
  /** decode those frames */
  pixels(): Promise<Frames>;
}

/** A clip for which a teacher has nothing, and why: counted and listed, never an error. */
export interface NoDepth {
  readonly skipped: string;
}

/** Where the depth targets of pretraining come from (EgoDTM section 3.2: "pseudo-depth labels"). */
export interface DepthTeacher {
  readonly name: string;
  /** `depth` in metres, or `inverse-depth` of unknown scale and shift (near is large) */
  readonly quantity: 'depth' | 'inverse-depth';
  depth(clip: TeacherClip): Promise<DepthMaps | NoDepth>;
  dispose?(): void;
}
