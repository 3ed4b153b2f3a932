import type { CameraPose } from '../render/camera.ts';

/** Camera-to-world as a 4x4 matrix, row by row. */
export function matrixOf({ rotation: r, position: p }: CameraPose): number[] {
  return [r[0], r[1], r[2], p[0], r[3], r[4], r[5], p[1], r[6], r[7], r[8], p[2], 0, 0, 0, 1];
}
