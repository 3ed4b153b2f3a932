import {
  type Rotation,
  type Vector,
  add,
  cross,
  fromAxes,
  normalize,
  rotate,
  scale,
  subtract,
  unrotate,
} from '../world/vector.ts';

/** Pinhole intrinsics in pixels; pixel `(column, row)` has its centre at `(column + 0.5, row + 0.5)`. */
export interface Intrinsics {
  readonly width: number;
  readonly height: number;
  /** focal length, pixels, the same on both axes */
  readonly focal: number;
}

/** Camera-to-world pose in OpenCV convention: x right, y down, z forward. */
export interface CameraPose {
  readonly position: Vector;
  readonly rotation: Rotation;
}

export interface Camera extends CameraPose {
  readonly intrinsics: Intrinsics;
}

/** Intrinsics of a horizontal field of view, degrees. */
export function intrinsicsOf(width: number, height: number, fieldOfView: number): Intrinsics {
  return { width, height, focal: width / 2 / Math.tan((fieldOfView * Math.PI) / 360) };
}

/** A camera at `position` that looks at `target`, rolled by `roll` radians. */
export function lookAt(position: Vector, target: Vector, roll = 0): CameraPose {
  const forward = normalize(subtract(target, position));
  const level = normalize(cross(forward, [0, 0, 1]));
  const down = cross(forward, level);
  const [c, s] = [Math.cos(roll), Math.sin(roll)];
  const right = add(scale(level, c), scale(down, s));
  return { position, rotation: fromAxes(right, cross(forward, right), forward) };
}

/** World point -> `[column, row, depth]`; depth is along the optical axis, metres. */
export function project(camera: Camera, point: Vector): Vector {
  const { width, height, focal } = camera.intrinsics;
  const [x, y, z] = unrotate(camera.rotation, subtract(point, camera.position));
  return [(x / z) * focal + width / 2, (y / z) * focal + height / 2, z];
}

/** Image point and depth -> world point. */
export function unproject(camera: Camera, column: number, row: number, depth: number): Vector {
  const { width, height, focal } = camera.intrinsics;
  const ray: Vector = [(column - width / 2) / focal, (row - height / 2) / focal, 1];
  return add(camera.position, rotate(camera.rotation, scale(ray, depth)));
}
