import { type Rotation, type Vector, identity } from '../world/vector.ts';

/** What a primitive is; sizes `[a, b, c]` in metres in its own frame, z being the axis of cylinder and capsule. */
export enum Shape {
  /** radii */
  Ellipsoid,
  /** half sides */
  Box,
  /** radius, unused, half height; capped */
  Cylinder,
  /** radius, unused, half height of the straight part */
  Capsule,
  /** half sides of a box that is seen from inside: floor, walls, ceiling */
  Room,
}

/** Procedural texture in the primitive's own frame; `textureScale` is its period, metres. */
export enum Texture {
  Plain,
  Checker,
  Stripes,
  Rings,
  Grain,
  Speckle,
}

export type Colour = readonly [number, number, number];

export interface Primitive {
  readonly shape: Shape;
  readonly size: Vector;
  readonly position: Vector;
  readonly rotation?: Rotation;
  readonly colour: Colour;
  /** the other colour of the texture */
  readonly accent?: Colour;
  readonly texture?: Texture;
  readonly textureScale?: number;
  /** who it belongs to: see `Instance`; 0 is the background */
  readonly instance?: number;
}

/** A soft dark disc on a horizontal surface below a thing: tells how high above it the thing is. */
export interface ContactShadow {
  readonly position: Vector;
  readonly radius: number;
  readonly strength: number;
}

export interface Light {
  /** towards the light, unit length */
  readonly direction: Vector;
  readonly colour: Colour;
  readonly ambient: number;
}

/** Colours of a room's six faces, in the order -x, +x, -y, +y, floor, ceiling. */
export interface RoomFaces {
  readonly colours: readonly Colour[];
  readonly floorTexture: Texture;
  readonly floorAccent: Colour;
  readonly wallTexture: Texture;
  readonly wallAccent: Colour;
}

/** Number of values of one primitive in {@link PrimitiveTable.values}. */
export const STRIDE = 24;

/**
 * Primitives packed for the renderer: one Float64Array, no object per primitive and nothing allocated per ray.
 * Layout of a row: 0-2 position, 3-11 rotation, 12-14 size, 15-17 colour, 18-20 accent, 21 texture frequency, 22 bounding radius.
 */
export class PrimitiveTable {
  readonly values: Float64Array;
  readonly shapes: Uint8Array;
  readonly textures: Uint8Array;
  readonly instances: Uint8Array;
  length = 0;

  constructor(readonly capacity = 512) {
    this.values = new Float64Array(capacity * STRIDE);
    this.shapes = new Uint8Array(capacity);
    this.textures = new Uint8Array(capacity);
    this.instances = new Uint8Array(capacity);
  }

  /** Forget the primitives from index `from` on. */
  truncate(from: number): void {
    this.length = from;
  }

  add(primitive: Primitive): void {
    const index = this.length++;
    if (index >= this.capacity) throw new Error(`expected at most ${this.capacity} primitives`);
    const { shape, size, position, rotation = identity, colour, accent = colour, textureScale = 0.1 } = primitive;
    this.values.set(
      [...position, ...rotation, ...size, ...colour, ...accent, 1 / textureScale, boundingRadius(shape, size)],
      index * STRIDE,
    );
    this.shapes[index] = shape;
    this.textures[index] = primitive.texture ?? Texture.Plain;
    this.instances[index] = primitive.instance ?? 0;
  }
}

function boundingRadius(shape: Shape, [a, b, c]: Vector): number {
  if (shape === Shape.Ellipsoid) return Math.max(a, b, c);
  if (shape === Shape.Cylinder) return Math.hypot(a, c);
  if (shape === Shape.Capsule) return a + c;
  return Math.hypot(a, b, c);
}
