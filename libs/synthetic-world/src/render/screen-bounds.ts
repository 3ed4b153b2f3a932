import type { Intrinsics } from './camera.ts';
import { Shape } from './scene.ts';

/** Nearest depth that is seen, metres. */
export const NEAR = 0.02;

/** Camera-frame corners of the bounding box at hand. */
const corners = new Float64Array(24);
/** Least and greatest x / z and y / z so far. */
const extent = new Float64Array(4);

/**
 * Columns and rows that a primitive's bounding box may cover, `[left, right, top, bottom]`, both ends included: those
 * of its corners before the camera and of the places where its edges come through the near plane.
 *
 * @param frame camera axes and position in the primitive's frame, as the ray caster lays them out
 * @returns false when it is out of sight
 */
export function setBounds(
  bounds: Int32Array,
  shape: Shape,
  a: number,
  b: number,
  c: number,
  frame: Float64Array,
  { width, height, focal }: Intrinsics,
): boolean {
  const halfY = shape === Shape.Cylinder || shape === Shape.Capsule ? a : b;
  const halfZ = shape === Shape.Capsule ? a + c : c;
  extent.set([Infinity, -Infinity, Infinity, -Infinity]);
  for (let corner = 0; corner < 8; corner++) {
    const x = (corner & 1 ? a : -a) - frame[9];
    const y = (corner & 2 ? halfY : -halfY) - frame[10];
    const z = (corner & 4 ? halfZ : -halfZ) - frame[11];
    for (let axis = 0; axis < 3; axis++) {
      corners[corner * 3 + axis] = frame[axis * 3] * x + frame[axis * 3 + 1] * y + frame[axis * 3 + 2] * z;
    }
    const depth = corners[corner * 3 + 2];
    if (depth >= NEAR) include(corners[corner * 3] / depth, corners[corner * 3 + 1] / depth);
  }
  for (let corner = 0; corner < 8; corner++) {
    for (let bit = 1; bit < 8; bit <<= 1) if (!(corner & bit)) includeCrossing(corner * 3, (corner | bit) * 3);
  }
  if (extent[0] > extent[1]) return false;
  bounds[0] = Math.max(0, Math.floor(extent[0] * focal + width / 2 - 0.5));
  bounds[1] = Math.min(width - 1, Math.ceil(extent[1] * focal + width / 2 - 0.5));
  bounds[2] = Math.max(0, Math.floor(extent[2] * focal + height / 2 - 0.5));
  bounds[3] = Math.min(height - 1, Math.ceil(extent[3] * focal + height / 2 - 0.5));
  return bounds[0] <= bounds[1] && bounds[2] <= bounds[3];
}

function include(x: number, y: number): void {
  if (x < extent[0]) extent[0] = x;
  if (x > extent[1]) extent[1] = x;
  if (y < extent[2]) extent[2] = y;
  if (y > extent[3]) extent[3] = y;
}

/** Where the edge between two corners comes through the near plane, if it does. */
function includeCrossing(from: number, to: number): void {
  const [z1, z2] = [corners[from + 2], corners[to + 2]];
  if (z1 < NEAR === z2 < NEAR) return;
  const weight = (NEAR - z1) / (z2 - z1);
  include(
    (corners[from] + (corners[to] - corners[from]) * weight) / NEAR,
    (corners[from + 1] + (corners[to + 1] - corners[from + 1]) * weight) / NEAR,
  );
}
