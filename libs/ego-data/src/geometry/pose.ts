import {
  add,
  cross,
  dot,
  identityRotation,
  multiply,
  norm,
  rotate,
  type Rotation,
  scale,
  subtract,
  transpose,
  type Vector3,
} from './rotation.ts';

/**
 * A rigid transform x -> R x + t. As a camera pose it is camera-to-world with OpenCV axes: x right, y down, z forward, the
 * translation is the camera's place in metres.
 */
export interface Pose {
  readonly rotation: Rotation;
  readonly translation: Vector3;
}

/** Poses of one camera in time. */
export interface Trajectory {
  /** seconds, strictly ascending */
  readonly timestamps: readonly number[];
  readonly poses: readonly Pose[];
}

export const identityPose: Pose = { rotation: identityRotation, translation: [0, 0, 0] };

/** First b, then a: `compose(T_world_device, T_device_camera)` is T_world_camera. */
export function compose(a: Pose, b: Pose): Pose {
  return { rotation: multiply(a.rotation, b.rotation), translation: transform(a, b.translation) };
}

export function inverse({ rotation, translation }: Pose): Pose {
  const back = transpose(rotation);
  return { rotation: back, translation: scale(rotate(back, translation), -1) };
}

/** R p + t. */
export function transform({ rotation, translation }: Pose, point: Vector3): Vector3 {
  return add(rotate(rotation, point), translation);
}

/** Poses relative to the first: inv(M_0) M_t, so that the first is the identity (section 3.1). */
export function canonicalize(poses: readonly Pose[]): Pose[] {
  if (poses.length === 0) return [];
  const origin = inverse(poses[0]);
  return poses.map((pose, t) => (t === 0 ? identityPose : compose(origin, pose)));
}

/** A row-major 4x4 (or 3x4) matrix as a pose; that it is rigid is the reader's to check. */
export function fromMatrix(m: ArrayLike<number>): Pose {
  return {
    rotation: [m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]],
    translation: [m[3], m[7], m[11]],
  };
}

/**
 * Poses as nine numbers each: the 6D rotation of Zhou et al. 2019 (first column, then second column) and the translation.
 * @returns float32 `[poses, 9]`
 */
export function toNineNumbers(poses: readonly Pose[]): Float32Array {
  const out = new Float32Array(poses.length * 9);
  poses.forEach(({ rotation: r, translation }, i) => {
    out.set([r[0], r[3], r[6], r[1], r[4], r[7], ...translation], i * 9);
  });
  return out;
}

/**
 * Inverse of {@link toNineNumbers} for any nine numbers, such as a decoder's: Gram-Schmidt, b1 = a1 / |a1|,
 * b2 = (a2 - (b1 . a2) b1) / |...|, b3 = b1 x b2. Frame 0 isn't forced to be the identity.
 * @param values `[poses, 9]`
 */
export function fromNineNumbers(values: ArrayLike<number>): Pose[] {
  if (values.length % 9 !== 0) throw new Error(`expected nine numbers a pose, got ${values.length} numbers`);
  return Array.from({ length: values.length / 9 }, (_, i): Pose => {
    const at = (k: number) => values[i * 9 + k];
    const first = unit([at(0), at(1), at(2)], [1, 0, 0]);
    const second: Vector3 = [at(3), at(4), at(5)];
    // twice: where the columns are nearly parallel, rounding leaves much of the first in what remains
    const b2 = unit(across(first, unit(across(first, second), perpendicular(first))), perpendicular(first));
    const b3 = cross(first, b2);
    return {
      rotation: [first[0], b2[0], b3[0], first[1], b2[1], b3[1], first[2], b2[2], b3[2]],
      translation: [at(6), at(7), at(8)],
    };
  });
}

/** What v has perpendicular to a unit vector. */
const across = (axis: Vector3, v: Vector3): Vector3 => subtract(v, scale(axis, dot(axis, v)));

/** v / |v|; `otherwise` where v has no direction (zero, or parallel columns). */
function unit(v: Vector3, otherwise: Vector3): Vector3 {
  const length = norm(v);
  return length > 1e-12 ? scale(v, 1 / length) : otherwise;
}

function perpendicular(v: Vector3): Vector3 {
  const axis: Vector3 = Math.abs(v[1]) < 0.9 ? [0, 1, 0] : [0, 0, 1];
  const rest = across(v, axis);
  return scale(rest, 1 / norm(rest));
}
