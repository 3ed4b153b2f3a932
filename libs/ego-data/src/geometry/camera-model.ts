import type { Vector3 } from './rotation.ts';

/** Pixels; the first pixel's centre is at (0, 0). */
export type Pixel = readonly [number, number];

/** A point of the camera frame (OpenCV axes, metres) to pixels; undefined behind the camera or outside the image. */
export interface CameraModel {
  readonly width: number;
  readonly height: number;
  project(point: Vector3): Pixel | undefined;
  /** The unit direction that is seen at a pixel. */
  unproject(pixel: Pixel): Vector3;
}

export interface PinholeParameters {
  readonly fx: number;
  readonly fy: number;
  readonly cx: number;
  readonly cy: number;
}

/** Pinhole without distortion: u = fx x / z + cx. Points outside the image are projected too: gaze may leave it. */
export function pinhole({ fx, fy, cx, cy }: PinholeParameters, width: number, height: number): CameraModel {
  return {
    width,
    height,
    project: ([x, y, z]) => (z > 0 ? [(fx * x) / z + cx, (fy * y) / z + cy] : undefined),
    unproject: ([u, v]) => unit([(u - cx) / fx, (v - cy) / fy, 1]),
  };
}

/** Numbers of an iteration; both distortions converge in well under ten. */
const maxIterations = 20;

/**
 * Project Aria's FISHEYE624: angle theta of the ray, theta_d = theta (1 + k0 theta^2 + ... + k5 theta^12), then tangential
 * (p0, p1) and thin-prism (s0 to s3) terms; one focal length.
 *
 * @param params f, cu, cv, k0 to k5, p0, p1, s0 to s3, as Aria's calibrations list them
 * @throws Error unless there are 15 parameters
 */
export function fisheye624(params: readonly number[], width: number, height: number): CameraModel {
  if (params.length !== 15) throw new Error(`expected 15 FISHEYE624 parameters, got ${params.length}`);
  const [focal, cu, cv] = params;
  return {
    width,
    height,
    project: (point) => {
      if (point[2] <= 0) return undefined;
      const [x, y] = distort(radial(point, params), params);
      const pixel: Pixel = [focal * x + cu, focal * y + cv];
      const inside = pixel[0] >= 0 && pixel[1] >= 0 && pixel[0] <= width - 1 && pixel[1] <= height - 1;
      return inside ? pixel : undefined;
    },
    unproject: ([u, v]) => {
      const [x, y] = undistort([(u - cu) / focal, (v - cv) / focal], params);
      const distorted = Math.hypot(x, y);
      if (distorted < 1e-12) return [0, 0, 1];
      const theta = inverseRadial(distorted, params);
      const sine = Math.sin(theta) / distorted;
      return [x * sine, y * sine, Math.cos(theta)];
    },
  };
}

/** The point at distance theta_d from the centre, in the ray's direction. */
function radial([x, y, z]: Vector3, params: readonly number[]): Pixel {
  const distance = Math.hypot(x, y);
  if (distance === 0) return [0, 0];
  const factor = radialAngle(Math.atan2(distance, z), params) / distance;
  return [x * factor, y * factor];
}

function radialAngle(theta: number, params: readonly number[]): number {
  const square = theta * theta;
  let sum = 0;
  for (let i = 5; i >= 0; i--) sum = (sum + params[3 + i]) * square;
  return theta * (1 + sum);
}

/** Newton's iteration for theta_d(theta) = distorted. */
function inverseRadial(distorted: number, params: readonly number[]): number {
  let theta = distorted;
  for (let i = 0; i < maxIterations; i++) {
    const square = theta * theta;
    let slope = 0;
    for (let k = 5; k >= 0; k--) slope = (slope + (2 * k + 3) * params[3 + k]) * square;
    const step = (radialAngle(theta, params) - distorted) / (1 + slope);
    theta -= step;
    if (Math.abs(step) < 1e-14) break;
  }
  return theta;
}

/** Tangential and thin-prism distortion. */
function distort([x, y]: Pixel, params: readonly number[]): Pixel {
  const [p0, p1, s0, s1, s2, s3] = params.slice(9);
  const square = x * x + y * y;
  const inner = 2 * (x * p0 + y * p1);
  return [
    x + inner * x + square * p0 + s0 * square + s1 * square * square,
    y + inner * y + square * p1 + s2 * square + s3 * square * square,
  ];
}

/** Newton's iteration for distort(x, y) = target. */
function undistort(target: Pixel, params: readonly number[]): Pixel {
  const [p0, p1, s0, s1, s2, s3] = params.slice(9);
  let [x, y] = target;
  for (let i = 0; i < maxIterations; i++) {
    const [u, v] = distort([x, y], params);
    const [du, dv] = [u - target[0], v - target[1]];
    const square = x * x + y * y;
    const inner = 2 * (x * p0 + y * p1);
    const along = 2 * (s0 + 2 * s1 * square);
    const across = 2 * (s2 + 2 * s3 * square);
    const [xx, xy] = [1 + inner + 4 * x * p0 + along * x, 2 * x * p1 + 2 * y * p0 + along * y];
    const [yx, yy] = [2 * y * p0 + 2 * x * p1 + across * x, 1 + inner + 4 * y * p1 + across * y];
    const determinant = xx * yy - xy * yx;
    const [dx, dy] = [(yy * du - xy * dv) / determinant, (xx * dv - yx * du) / determinant];
    x -= dx;
    y -= dy;
    if (Math.hypot(dx, dy) < 1e-14) break;
  }
  return [x, y];
}

function unit([x, y, z]: Vector3): Vector3 {
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}
