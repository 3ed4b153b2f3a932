import { compose, type Pose } from './pose.ts';
import type { Rotation } from './rotation.ts';

/**
 * Turns of the camera frame to OpenCV axes, applied on the right of camera-to-world: R_world_theirs R_theirs_opencv. The
 * columns are OpenCV's x (right), y (down) and z (forward) in the source's axes.
 */
export const axisFixes = {
  opencv: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  /** EgoGen's renderer: x right, y up, z backward */
  opengl: [1, 0, 0, 0, -1, 0, 0, 0, -1],
  /** HoloAssist's exported axes: x forward, y left, z up */
  hololens: [0, 0, 1, -1, 0, 0, 0, -1, 0],
  /** Aria's RGB sensor is mounted a quarter turn off; images turned upright (clockwise) need their poses turned too */
  ariaUpright: [0, 1, 0, -1, 0, 0, 0, 0, 1],
} as const satisfies Record<string, Rotation>;

/** Camera-to-world of a source to camera-to-world with OpenCV axes. */
export function fixAxes(pose: Pose, fix: keyof typeof axisFixes): Pose {
  return compose(pose, { rotation: axisFixes[fix], translation: [0, 0, 0] });
}
