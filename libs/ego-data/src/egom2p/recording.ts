import type { Pose } from '../geometry/pose.ts';

/** Times in seconds from the recording's first frame. */
type Times = readonly number[];

/** Pictures of a recording. */
export interface FrameSource {
  /** seconds */
  readonly duration: number;
  /** The frames nearest to the times: centre square, resized, uint8 `[times, size, size, 3]`. */
  read(times: Times, size: number): Promise<Uint8Array>;
}

/** Metric depth of a recording. */
export interface DepthSource {
  readonly duration: number;
  /** z-depth of the frames nearest to the times in metres, centre square, float32 `[times, size, size]`; 0 where unknown */
  read(times: Times, size: number): Promise<Float32Array>;
}

/** One egocentric recording as an adapter finds it, before it is cut into clips. */
export interface Recording {
  /** folder or name in the data set */
  readonly sequence: string;
  /** seconds that can be cut into clips */
  readonly duration: number;
  readonly rgb?: FrameSource;
  /** undefined for sources that take pseudo-depth */
  readonly depth?: DepthSource;
  /** camera-to-world with OpenCV axes of the upright picture; undefined where tracking is lost */
  readonly poses?: (times: Times) => readonly (Pose | undefined)[];
  /** fractions of the square picture; undefined where gaze is lost or outside */
  readonly gaze?: (times: Times) => readonly (readonly [number, number] | undefined)[];
}
