/** A point or direction `[x, y, z]`, metres. The world is right-handed with z up. */
export type Vector = readonly [number, number, number];

/** A rotation as a row-major 3x3 matrix; its columns are the rotated axes. */
export type Rotation = readonly [number, number, number, number, number, number, number, number, number];

export const add = (a: Vector, b: Vector): Vector => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const subtract = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const scale = (a: Vector, factor: number): Vector => [a[0] * factor, a[1] * factor, a[2] * factor];
export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const norm = (a: Vector): number => Math.hypot(a[0], a[1], a[2]);
export const distance = (a: Vector, b: Vector): number => norm(subtract(a, b));
export const normalize = (a: Vector): Vector => scale(a, 1 / (norm(a) || 1));
export const mix = (a: Vector, b: Vector, weight: number): Vector => add(scale(a, 1 - weight), scale(b, weight));

export function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export const identity: Rotation = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** The rotation whose columns are the three axes. */
export function fromAxes(x: Vector, y: Vector, z: Vector): Rotation {
  return [x[0], y[0], z[0], x[1], y[1], z[1], x[2], y[2], z[2]];
}

export function rotate(r: Rotation, v: Vector): Vector {
  return [
    r[0] * v[0] + r[1] * v[1] + r[2] * v[2],
    r[3] * v[0] + r[4] * v[1] + r[5] * v[2],
    r[6] * v[0] + r[7] * v[1] + r[8] * v[2],
  ];
}

/** The inverse rotation applied to `v`. */
export function unrotate(r: Rotation, v: Vector): Vector {
  return [
    r[0] * v[0] + r[3] * v[1] + r[6] * v[2],
    r[1] * v[0] + r[4] * v[1] + r[7] * v[2],
    r[2] * v[0] + r[5] * v[1] + r[8] * v[2],
  ];
}

/** First `b`, then `a`. */
export function compose(a: Rotation, b: Rotation): Rotation {
  const column = (j: 0 | 1 | 2) => rotate(a, [b[j], b[j + 3], b[j + 6]]);
  return fromAxes(column(0), column(1), column(2));
}

/** The inverse rotation. */
export const transpose = (r: Rotation): Rotation => [r[0], r[3], r[6], r[1], r[4], r[7], r[2], r[5], r[8]];

/** Right-handed rotation about a coordinate axis, radians. */
export function about(axis: 'x' | 'y' | 'z', angle: number): Rotation {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  if (axis === 'x') return [1, 0, 0, 0, c, -s, 0, s, c];
  if (axis === 'y') return [c, 0, s, 0, 1, 0, -s, 0, c];
  return [c, -s, 0, s, c, 0, 0, 0, 1];
}

/** A rotation that takes the z axis to `direction`; the turn about it is arbitrary but fixed. */
export function alongZ(direction: Vector): Rotation {
  const z = normalize(direction);
  const x = normalize(cross(Math.abs(z[2]) < 0.9 ? [0, 0, 1] : [1, 0, 0], z));
  return fromAxes(x, cross(z, x), z);
}

/** Unit quaternion `[x, y, z, w]` of a rotation, w >= 0. */
export function toQuaternion(r: Rotation): [number, number, number, number] {
  const [xx, xy, xz, yx, yy, yz, zx, zy, zz] = r;
  const candidates: [number, number, number, number][] = [
    [zy - yz, xz - zx, yx - xy, 1 + xx + yy + zz],
    [1 + xx - yy - zz, xy + yx, xz + zx, zy - yz],
    [xy + yx, 1 - xx + yy - zz, yz + zy, xz - zx],
    [xz + zx, yz + zy, 1 - xx - yy + zz, yx - xy],
  ];
  const best = candidates.reduce((a, b) => (Math.hypot(...a) >= Math.hypot(...b) ? a : b)); // the best conditioned of the four
  const length = Math.hypot(...best) * (best[3] < 0 ? -1 : 1);
  return [best[0] / length, best[1] / length, best[2] / length, best[3] / length];
}

/** 0 below `from`, 1 above `to`, smooth between. */
export function smoothstep(value: number, from = 0, to = 1): number {
  const x = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return x * x * (3 - 2 * x);
}
