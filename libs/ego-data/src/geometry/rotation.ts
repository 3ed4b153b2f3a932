/** x, y, z. */
export type Vector3 = readonly [number, number, number];

/** 3x3 rotation, row-major: it takes column vectors, `rotate(r, v) = R v`. */
export type Rotation = readonly [number, number, number, number, number, number, number, number, number];

/**
 * A unit quaternion by the names of its parts: files order them xyzw (TUM, MPS) or wxyz (HOT3D, EuRoC), and a mistaken order
 * is another rotation, not an error.
 */
export interface Quaternion {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly w: number;
}

export const identityRotation: Rotation = [1, 0, 0, 0, 1, 0, 0, 0, 1];

export function multiply(a: Rotation, b: Rotation): Rotation {
  const row = (i: number) => [0, 1, 2].map((j) => a[i] * b[j] + a[i + 1] * b[3 + j] + a[i + 2] * b[6 + j]);
  return [...row(0), ...row(3), ...row(6)] as unknown as Rotation;
}

export const transpose = (r: Rotation): Rotation => [r[0], r[3], r[6], r[1], r[4], r[7], r[2], r[5], r[8]];

/** R v. */
export function rotate(r: Rotation, [x, y, z]: Vector3): Vector3 {
  return [r[0] * x + r[1] * y + r[2] * z, r[3] * x + r[4] * y + r[5] * z, r[6] * x + r[7] * y + r[8] * z];
}

export const add = (a: Vector3, b: Vector3): Vector3 => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const subtract = (a: Vector3, b: Vector3): Vector3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const scale = (v: Vector3, factor: number): Vector3 => [v[0] * factor, v[1] * factor, v[2] * factor];
export const dot = (a: Vector3, b: Vector3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a: Vector3, b: Vector3): Vector3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
/** Length of a vector, safe from overflow. */
export const norm = (v: Vector3): number => Math.hypot(v[0], v[1], v[2]);

/** Rotation of a quaternion of any length but zero: it is normalised first. */
export function fromQuaternion({ x, y, z, w }: Quaternion): Rotation {
  const s = 2 / (x * x + y * y + z * z + w * w);
  return [
    1 - s * (y * y + z * z),
    s * (x * y - z * w),
    s * (x * z + y * w),
    s * (x * y + z * w),
    1 - s * (x * x + z * z),
    s * (y * z - x * w),
    s * (x * z - y * w),
    s * (y * z + x * w),
    1 - s * (x * x + y * y),
  ];
}

/** Unit quaternion of a rotation, w >= 0. */
export function toQuaternion(r: Rotation): Quaternion {
  // the largest of 4 x^2, 4 y^2, 4 z^2, 4 w^2 is at least 1: divided by, it loses no digits
  const squares = [1 + r[0] - r[4] - r[8], 1 - r[0] + r[4] - r[8], 1 - r[0] - r[4] + r[8], 1 + r[0] + r[4] + r[8]];
  const largest = squares.indexOf(Math.max(...squares));
  const [xy, xz, yz] = [r[1] + r[3], r[2] + r[6], r[5] + r[7]];
  const [xw, yw, zw] = [r[7] - r[5], r[2] - r[6], r[3] - r[1]];
  const rows = [
    [squares[0], xy, xz, xw],
    [xy, squares[1], yz, yw],
    [xz, yz, squares[2], zw],
    [xw, yw, zw, squares[3]],
  ];
  const row = rows[largest];
  const length = Math.hypot(...row) * (row[3] < 0 ? -1 : 1);
  return { x: row[0] / length, y: row[1] / length, z: row[2] / length, w: row[3] / length };
}

export function determinant(r: Rotation): number {
  return dot([r[0], r[1], r[2]], cross([r[3], r[4], r[5]], [r[6], r[7], r[8]]));
}

/** Largest deviation of R R^T from the identity; a reflection counts as 2. */
export function orthonormalityError(r: Rotation): number {
  const product = multiply(r, transpose(r));
  const deviation = Math.max(...product.map((value, i) => Math.abs(value - identityRotation[i])));
  return determinant(r) > 0 ? deviation : Math.max(2, deviation);
}

/** Angle of a rotation in radians, 0 to pi, exact near both ends. */
export function rotationAngle(r: Rotation): number {
  const sine = Math.hypot(r[7] - r[5], r[2] - r[6], r[3] - r[1]) / 2;
  return Math.atan2(sine, (r[0] + r[4] + r[8] - 1) / 2);
}

/** Rotation by `|v|` radians about the direction of v. */
export function fromRotationVector(v: Vector3): Rotation {
  const angle = norm(v);
  const factor = angle < 1e-8 ? 0.5 : Math.sin(angle / 2) / angle;
  return fromQuaternion({ x: v[0] * factor, y: v[1] * factor, z: v[2] * factor, w: Math.cos(angle / 2) });
}

/** Spherical linear interpolation along the shorter arc; `t` in [0, 1]. */
export function slerp(a: Quaternion, b: Quaternion, t: number): Quaternion {
  const cosine = a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w;
  const sign = cosine < 0 ? -1 : 1;
  const angle = Math.acos(Math.min(1, Math.abs(cosine)));
  const near = angle < 1e-6; // sin(angle) loses its digits, and the arc is straight
  const wa = near ? 1 - t : Math.sin((1 - t) * angle) / Math.sin(angle);
  const wb = sign * (near ? t : Math.sin(t * angle) / Math.sin(angle));
  const mixed = [a.x * wa + b.x * wb, a.y * wa + b.y * wb, a.z * wa + b.z * wb, a.w * wa + b.w * wb];
  const length = Math.hypot(...mixed);
  return { x: mixed[0] / length, y: mixed[1] / length, z: mixed[2] / length, w: mixed[3] / length };
}
