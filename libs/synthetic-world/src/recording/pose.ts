import type { CameraPose } from '../render/camera.ts';
import { add, compose, type Rotation, rotate, scale, transpose } from '../world/vector.ts';

/** Camera-to-world as a 4x4 matrix, row by row. */
export function matrixOf({ rotation: r, position: p }: CameraPose): number[] {
  return [r[0], r[1], r[2], p[0], r[3], r[4], r[5], p[1], r[6], r[7], r[8], p[2], 0, 0, 0, 1];
}

/** First `b`, then `a`. */
export function composePoses(a: CameraPose, b: CameraPose): CameraPose {
  return { rotation: compose(a.rotation, b.rotation), position: add(a.position, rotate(a.rotation, b.position)) };
}

/** World-to-camera of a camera-to-world pose, and the other way round. */
export function inversePose({ rotation, position }: CameraPose): CameraPose {
  const back = transpose(rotation);
  return { rotation: back, position: scale(rotate(back, position), -1) };
}

/** The same camera with its axes renamed: `axes` has the new axes in the old ones as columns. */
export const turnAxes = ({ rotation, position }: CameraPose, axes: Rotation): CameraPose => ({
  rotation: compose(rotation, axes),
  position,
});
