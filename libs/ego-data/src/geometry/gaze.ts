import type { CameraModel, Pixel } from './camera-model.ts';
import { inverse, type Pose, transform } from './pose.ts';
import type { Vector3 } from './rotation.ts';

/** Aria's default distance of a gaze point without depth, metres. */
export const defaultGazeDepth = 1;
/** Distance between the pupils that Aria's vergence model assumes, metres. */
export const interpupillaryDistance = 0.063;

/**
 * Gaze point in Aria's central pupil frame (x left, y up, z forward): the direction (tan yaw, tan pitch, 1) at `depth` metres.
 */
export function cpfGazePoint(yaw: number, pitch: number, depth: number = defaultGazeDepth): Vector3 {
  const [x, y] = [Math.tan(yaw), Math.tan(pitch)];
  const factor = depth / Math.hypot(x, y, 1);
  return [x * factor, y * factor, factor];
}

/** Where the rays of both eyes meet. */
export interface VergenceGaze {
  readonly point: Vector3;
  /** distance from the origin, metres */
  readonly depth: number;
  /** of the combined ray, radians */
  readonly yaw: number;
}

/**
 * Gaze from the yaw of each eye: the rays meet at z = IPD / (tan right - tan left), x = IPD/2 (tan left + tan right) /
 * (tan right - tan left), y = z tan(pitch).
 * @returns undefined for eyes that don't converge
 */
export function vergenceGaze(leftYaw: number, rightYaw: number, pitch: number): VergenceGaze | undefined {
  const [left, right] = [Math.tan(leftYaw), Math.tan(rightYaw)];
  const difference = right - left;
  if (!(difference > 0)) return undefined;
  const z = interpupillaryDistance / difference;
  const x = ((interpupillaryDistance / 2) * (left + right)) / difference;
  const point: Vector3 = [x, z * Math.tan(pitch), z];
  return { point, depth: Math.hypot(...point), yaw: Math.atan2(x, z) };
}

/** Where the glasses' RGB camera and central pupil frame are, all as `T_device_x`. */
export interface GazeRig {
  readonly camera: Pose;
  readonly cpf: Pose;
}

/** A CPF gaze point in the camera's pixels; undefined when it can't be seen. */
export function projectCpf(point: Vector3, { camera, cpf }: GazeRig, model: CameraModel): Pixel | undefined {
  return model.project(transform(inverse(camera), transform(cpf, point)));
}

/** Pixels of a sensor that is mounted a quarter turn off, once its image of `height` rows is turned upright (clockwise). */
export function uprightPixel([u, v]: Pixel, height: number): Pixel {
  return [height - 1 - v, u];
}

/** What a model sees of a source's frames: the middle `crop` x `crop` pixels. */
export interface SquareCrop {
  readonly width: number;
  readonly height: number;
  readonly crop: number;
}

/**
 * Pixels to fractions of the cropped square: (pixel - (side - crop) / 2) / crop.
 * @returns undefined for a point more than a fifth of the square outside it: the release counts that as lost
 */
export function cropCoordinates(
  pixel: Pixel,
  { width, height, crop }: SquareCrop,
): readonly [number, number] | undefined {
  const x = (pixel[0] - (width - crop) / 2) / crop;
  const y = (pixel[1] - (height - crop) / 2) / crop;
  const inside = (value: number) => value >= -0.2 && value <= 1.2; // false for NaN
  return inside(x) && inside(y) ? [x, y] : undefined;
}
