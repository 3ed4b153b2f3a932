import type { Camera } from './camera.ts';
import { NEAR, setBounds } from './screen-bounds.ts';
import { type PrimitiveTable, Shape, STRIDE } from './scene.ts';

/** What a camera sees, at pixel centres: metric z-depth (Infinity where nothing is) and the index of the visible primitive (-1: none). */
export interface Visibility {
  readonly depth: Float64Array;
  readonly primitive: Int16Array;
}

export function emptyVisibility(numPixels: number): Visibility {
  return { depth: new Float64Array(numPixels).fill(Infinity), primitive: new Int16Array(numPixels).fill(-1) };
}

const TINY = 1e-12;

/** Of the primitive at hand: in its frame, the ray of pixel (x, y) starts at o and goes along `a x + b y + c`; layout ax ay az bx by bz cx cy cz ox oy oz. */
const frame = new Float64Array(12);
/** First and last column, first and last row that it may cover. */
const bounds = new Int32Array(4);

/**
 * Cast the rays of every pixel against primitives `from` to `to` (excluded), each within its screen bounds only, and
 * keep the nearest hit. Rays have z = 1 in the camera's frame, so the ray parameter is the z-depth.
 */
export function castPrimitives(table: PrimitiveTable, from: number, to: number, camera: Camera, out: Visibility): void {
  for (let index = from; index < to; index++) {
    setFrame(table, index, camera);
    const o = index * STRIDE;
    const shape = table.shapes[index] as Shape;
    const [a, b, c] = [table.values[o + 12], table.values[o + 13], table.values[o + 14]];
    if (!setBounds(bounds, shape, a, b, c, frame, camera.intrinsics)) continue;
    setSolid(shape, a, b, c);
    castRays(shape, index, camera, out);
  }
}

function setFrame(table: PrimitiveTable, index: number, camera: Camera): void {
  const v = table.values;
  const o = index * STRIDE;
  const P = o + 3;
  const R = camera.rotation;
  for (let j = 0; j < 3; j++) {
    for (let i = 0; i < 3; i++) frame[j * 3 + i] = v[P + i] * R[j] + v[P + 3 + i] * R[3 + j] + v[P + 6 + i] * R[6 + j];
  }
  const dx = camera.position[0] - v[o],
    dy = camera.position[1] - v[o + 1],
    dz = camera.position[2] - v[o + 2];
  for (let i = 0; i < 3; i++) frame[9 + i] = v[P + i] * dx + v[P + 3 + i] * dy + v[P + 6 + i] * dz;
}

/** Of the primitive at hand: its sizes, and what its intersection needs for every ray alike. */
const solid = { a: 0, b: 0, c: 0, ox: 0, oy: 0, oz: 0, ia: 0, ib: 0, ic: 0, k: 0 };

function setSolid(shape: Shape, a: number, b: number, c: number): void {
  const ox = frame[9],
    oy = frame[10],
    oz = frame[11];
  solid.a = a;
  solid.b = b;
  solid.c = c;
  solid.ox = ox;
  solid.oy = oy;
  solid.oz = oz;
  if (shape === Shape.Ellipsoid) {
    solid.ia = 1 / (a * a);
    solid.ib = 1 / (b * b);
    solid.ic = 1 / (c * c);
    solid.k = ox * ox * solid.ia + oy * oy * solid.ib + oz * oz * solid.ic - 1;
  } else solid.k = ox * ox + oy * oy - a * a;
}

/** One loop for all shapes: the calls in it are few and fixed, so the engine inlines them and nothing is allocated per ray. */
function castRays(shape: Shape, index: number, { intrinsics }: Camera, { depth, primitive }: Visibility): void {
  const { width, height, focal } = intrinsics;
  const fx = frame[0],
    fy = frame[1],
    fz = frame[2];
  for (let row = bounds[2], last = bounds[1]; row <= bounds[3]; row++) {
    const y = (row + 0.5 - height / 2) / focal;
    const rowX = frame[3] * y + frame[6],
      rowY = frame[4] * y + frame[7],
      rowZ = frame[5] * y + frame[8];
    for (let column = bounds[0]; column <= last; column++) {
      const x = (column + 0.5 - width / 2) / focal;
      const ux = fx * x + rowX,
        uy = fy * x + rowY,
        uz = fz * x + rowZ;
      let t = NaN;
      if (shape === Shape.Box) t = meetBox(ux, uy, uz);
      else if (shape === Shape.Cylinder) t = meetCylinder(ux, uy, uz);
      else if (shape === Shape.Capsule) t = meetCapsule(ux, uy, uz);
      else if (shape === Shape.Ellipsoid) t = meetEllipsoid(ux, uy, uz);
      else t = meetRoom(ux, uy, uz);
      const pixel = row * width + column;
      if (t > NEAR && t < depth[pixel]) {
        depth[pixel] = t;
        primitive[pixel] = index;
      }
    }
  }
}

// Each of these gives the ray parameter of the nearest crossing beyond NEAR, or NaN or something not beyond NEAR when
// the ray along (ux, uy, uz) misses.

function meetEllipsoid(ux: number, uy: number, uz: number): number {
  const { ox, oy, oz, ia, ib, ic, k } = solid;
  const q = ux * ux * ia + uy * uy * ib + uz * uz * ic;
  const h = ox * ux * ia + oy * uy * ib + oz * uz * ic;
  const discriminant = h * h - q * k;
  if (discriminant < 0) return NaN;
  const root = Math.sqrt(discriminant);
  return (-h - root) / q > NEAR ? (-h - root) / q : (root - h) / q;
}

function meetBox(ux: number, uy: number, uz: number): number {
  const { a, b, c, ox, oy, oz } = solid;
  const ix = 1 / (ux || TINY),
    iy = 1 / (uy || TINY),
    iz = 1 / (uz || TINY);
  // slab by slab; comparisons instead of Math.min and Math.max, which must mind NaN and -0
  let half = a * ix;
  if (half < 0) half = -half;
  let near = -ox * ix - half;
  let far = half - ox * ix;
  half = b * iy;
  if (half < 0) half = -half;
  const enterY = -oy * iy - half;
  const leaveY = half - oy * iy;
  if (enterY > near) near = enterY;
  if (leaveY < far) far = leaveY;
  if (near > far) return NaN;
  half = c * iz;
  if (half < 0) half = -half;
  const enterZ = -oz * iz - half;
  const leaveZ = half - oz * iz;
  if (enterZ > near) near = enterZ;
  if (leaveZ < far) far = leaveZ;
  if (near > far) return NaN;
  return near > NEAR ? near : far;
}

/** From inside: where the ray leaves. */
function meetRoom(ux: number, uy: number, uz: number): number {
  const { a, b, c, ox, oy, oz } = solid;
  const ix = 1 / (ux || TINY),
    iy = 1 / (uy || TINY),
    iz = 1 / (uz || TINY);
  return Math.min(Math.abs(a * ix) - ox * ix, Math.abs(b * iy) - oy * iy, Math.abs(c * iz) - oz * iz);
}

function meetCylinder(ux: number, uy: number, uz: number): number {
  const { c, ox, oy, oz, k } = solid;
  const q = ux * ux + uy * uy + TINY;
  const h = ox * ux + oy * uy;
  const discriminant = h * h - q * k;
  if (discriminant < 0) return NaN; // misses the endless cylinder, so the caps too
  const root = Math.sqrt(discriminant);
  const enter = (-h - root) / q,
    leave = (root - h) / q;
  const iz = 1 / (uz || TINY);
  const half = Math.abs(c * iz);
  const near = Math.max(enter, -oz * iz - half),
    far = Math.min(leave, half - oz * iz);
  if (near > far) return NaN;
  return near > NEAR ? near : far;
}

function meetCapsule(ux: number, uy: number, uz: number): number {
  const { c, ox, oy, oz, k } = solid;
  const q = ux * ux + uy * uy + TINY;
  const h = ox * ux + oy * uy;
  const discriminant = h * h - q * k;
  if (discriminant < 0) return NaN; // misses the endless cylinder, so the ends too
  const t = (-h - Math.sqrt(discriminant)) / q;
  const z = oz + t * uz;
  if (z <= c && z >= -c) return t;
  // the end that the ray comes to first is the one on the side where it enters the endless cylinder
  const ez = z > c ? oz - c : oz + c;
  const Q = q + uz * uz,
    H = h + ez * uz;
  const end = H * H - Q * (k + ez * ez);
  return end < 0 ? NaN : (-H - Math.sqrt(end)) / Q;
}
