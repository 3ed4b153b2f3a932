import type { Camera } from './camera.ts';
import type { Visibility } from './raycast.ts';
import {
  type ContactShadow,
  type Light,
  type PrimitiveTable,
  type RoomFaces,
  Shape,
  STRIDE,
  Texture,
} from './scene.ts';

/** Everything that is drawn at one instant. Primitives below `numStatic` never move during a take. */
export interface Scene {
  readonly table: PrimitiveTable;
  readonly numStatic: number;
  /** how many of the table's primitives are drawn */
  readonly numPrimitives: number;
  readonly light: Light;
  readonly faces: RoomFaces;
  readonly shadows: readonly ContactShadow[];
}

const point = new Float64Array(3);
const normal = new Float64Array(3);
const paint = new Float64Array(3);

/**
 * Lambert-shade every pixel whose visible primitive is at least `from`: rgb uint8 `[height, width, 3]`. Within blocks of
 * `samples` x `samples` a primitive is shaded once (multisampling).
 */
export function shade(
  scene: Scene,
  camera: Camera,
  seen: Visibility,
  from: number,
  samples: number,
  rgb: Uint8Array,
): void {
  const { table, light } = scene;
  const { width, height, focal } = camera.intrinsics;
  const R = camera.rotation;
  for (let row = 0, pixel = 0; row < height; row++) {
    const y = (row + 0.5 - height / 2) / focal;
    for (let column = 0; column < width; column++, pixel++) {
      const index = seen.primitive[pixel];
      if (index < from) continue;
      const shaded =
        column % samples > 0 && seen.primitive[pixel - 1] === index
          ? pixel - 1
          : row % samples > 0 && seen.primitive[pixel - width] === index
            ? pixel - width
            : -1;
      if (shaded >= 0) {
        rgb[pixel * 3] = rgb[shaded * 3];
        rgb[pixel * 3 + 1] = rgb[shaded * 3 + 1];
        rgb[pixel * 3 + 2] = rgb[shaded * 3 + 2];
        continue;
      }
      const x = (column + 0.5 - width / 2) / focal;
      const t = seen.depth[pixel];
      const o = index * STRIDE;
      const v = table.values;
      const px = camera.position[0] + t * (R[0] * x + R[1] * y + R[2]) - v[o];
      const py = camera.position[1] + t * (R[3] * x + R[4] * y + R[5]) - v[o + 1];
      const pz = camera.position[2] + t * (R[6] * x + R[7] * y + R[8]) - v[o + 2];
      for (let axis = 0; axis < 3; axis++)
        point[axis] = v[o + 3 + axis] * px + v[o + 6 + axis] * py + v[o + 9 + axis] * pz;
      surface(scene, index, o);
      const nx = v[o + 3] * normal[0] + v[o + 4] * normal[1] + v[o + 5] * normal[2];
      const ny = v[o + 6] * normal[0] + v[o + 7] * normal[1] + v[o + 8] * normal[2];
      const nz = v[o + 9] * normal[0] + v[o + 10] * normal[1] + v[o + 11] * normal[2];
      const lambert = Math.max(0, nx * light.direction[0] + ny * light.direction[1] + nz * light.direction[2]);
      // a little light from above and from the viewer's side keeps shaded faces readable
      const brightness = light.ambient * (0.85 + 0.15 * nz) + (1 - light.ambient) * lambert;
      for (let channel = 0; channel < 3; channel++) {
        rgb[pixel * 3 + channel] = Math.min(255, 255 * paint[channel] * light.colour[channel] * brightness + 0.5);
      }
    }
  }
}

/** Fill {@link normal} (own frame) and {@link paint} of the primitive at {@link point}. */
function surface(scene: Scene, index: number, o: number): void {
  const v = scene.table.values;
  const shape = scene.table.shapes[index] as Shape;
  const a = v[o + 12],
    b = v[o + 13],
    c = v[o + 14];
  normal.fill(0);
  if (shape === Shape.Room) return roomSurface(scene.faces, a, b, c);
  if (shape === Shape.Ellipsoid) unit(point[0] / (a * a), point[1] / (b * b), point[2] / (c * c));
  else if (shape === Shape.Capsule) unit(point[0], point[1], point[2] - Math.max(-c, Math.min(c, point[2])));
  else if (shape === Shape.Cylinder) {
    if (Math.abs(point[2]) > c - 1e-6) normal[2] = Math.sign(point[2]);
    else unit(point[0], point[1], 0);
  } else {
    const [x, y, z] = [Math.abs(point[0]) - a, Math.abs(point[1]) - b, Math.abs(point[2]) - c];
    const axis = x > y && x > z ? 0 : y > z ? 1 : 2;
    normal[axis] = Math.sign(point[axis]);
  }
  const first = textured(scene.table.textures[index] as Texture, v[o + 21]);
  for (let channel = 0; channel < 3; channel++)
    paint[channel] = v[o + 15 + channel] * first + v[o + 18 + channel] * (1 - first);
}

function roomSurface(faces: RoomFaces, a: number, b: number, c: number): void {
  const [x, y, z] = [a - Math.abs(point[0]), b - Math.abs(point[1]), c - Math.abs(point[2])];
  const axis = x < y && x < z ? 0 : y < z ? 1 : 2;
  normal[axis] = -Math.sign(point[axis]);
  const colour = faces.colours[axis * 2 + (point[axis] > 0 ? 1 : 0)];
  const isFloor = axis === 2 && point[2] < 0;
  const accent = isFloor ? faces.floorAccent : axis === 2 ? colour : faces.wallAccent;
  const first = textured(isFloor ? faces.floorTexture : faces.wallTexture, isFloor ? 2 : 1.4);
  for (let channel = 0; channel < 3; channel++)
    paint[channel] = colour[channel] * first + accent[channel] * (1 - first);
}

function unit(x: number, y: number, z: number): void {
  const length = Math.sqrt(x * x + y * y + z * z) || 1;
  normal[0] = x / length;
  normal[1] = y / length;
  normal[2] = z / length;
}

/** Weight of the first colour at {@link point}. */
function textured(texture: Texture, frequency: number): number {
  const x = point[0] * frequency,
    y = point[1] * frequency,
    z = point[2] * frequency;
  switch (texture) {
    case Texture.Plain:
      return 1;
    case Texture.Checker:
      return (Math.floor(x + 0.01) + Math.floor(y + 0.01) + Math.floor(z + 0.01)) & 1;
    case Texture.Stripes:
      return Math.floor(x) & 1;
    case Texture.Rings:
      return Math.floor(z) & 1;
    case Texture.Grain:
      return 0.5 + 0.5 * Math.sin(6 * y + 2 * Math.sin(1.7 * x) + 2 * z);
    case Texture.Speckle:
      return speckle(Math.floor(4 * x), Math.floor(4 * y), Math.floor(4 * z));
  }
}

/** 0.4 to 1, fixed per cell of the lattice. */
function speckle(x: number, y: number, z: number): number {
  let h = Math.imul(x, 374761393) ^ Math.imul(y, 668265263) ^ Math.imul(z, 2147483647);
  h = Math.imul(h ^ (h >>> 13), 1274126177);
  return 0.4 + 0.6 * (((h ^ (h >>> 16)) >>> 0) / 4294967296);
}

/** Darken what lies under the contact shadows: pixels within a shadow's disc and 2 cm of its height. */
export function castShadows(scene: Scene, camera: Camera, seen: Visibility, rgb: Uint8Array): void {
  const { width, height, focal } = camera.intrinsics;
  const R = camera.rotation;
  for (const { position, radius, strength } of scene.shadows) {
    const dx = position[0] - camera.position[0],
      dy = position[1] - camera.position[1],
      dz = position[2] - camera.position[2];
    const z = R[2] * dx + R[5] * dy + R[8] * dz;
    if (z < radius + 0.05) continue;
    const reach = ((radius * focal) / (z - radius)) * 1.2 + 1;
    const u = ((R[0] * dx + R[3] * dy + R[6] * dz) / z) * focal + width / 2;
    const w = ((R[1] * dx + R[4] * dy + R[7] * dz) / z) * focal + height / 2;
    for (let row = Math.max(0, Math.floor(w - reach)); row <= Math.min(height - 1, w + reach); row++) {
      for (let column = Math.max(0, Math.floor(u - reach)); column <= Math.min(width - 1, u + reach); column++) {
        const pixel = row * width + column;
        const t = seen.depth[pixel];
        if (seen.primitive[pixel] >= scene.numStatic) continue;
        const x = (column + 0.5 - width / 2) / focal,
          y = (row + 0.5 - height / 2) / focal;
        const px = t * (R[0] * x + R[1] * y + R[2]) - dx;
        const py = t * (R[3] * x + R[4] * y + R[5]) - dy;
        const pz = t * (R[6] * x + R[7] * y + R[8]) - dz;
        const inside = 1 - (px * px + py * py) / (radius * radius);
        if (inside <= 0 || Math.abs(pz) > 0.02) continue;
        const keep = 1 - strength * Math.min(1, inside * 1.6);
        for (let channel = 0; channel < 3; channel++) rgb[pixel * 3 + channel] *= keep;
      }
    }
  }
}
