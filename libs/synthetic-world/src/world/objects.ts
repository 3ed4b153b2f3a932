import type { Random } from '@egolab/foundation';
import { type Colour, type Primitive, Shape, Texture } from '../render/scene.ts';
import { about, add, alongZ, compose, identity, mix, type Rotation, rotate, type Vector } from './vector.ts';

export const categories = [
  'mug',
  'bowl',
  'plate',
  'pan',
  'bottle',
  'kettle',
  'box',
  'jar',
  'knife',
  'spoon',
  'sponge',
  'bread',
] as const;
export type Category = (typeof categories)[number];
export type Side = 'left' | 'right';

/** What a category is like; lengths in metres, the origin is the middle of the base. */
export interface ObjectModel {
  /** radius of its footprint, for placing */
  readonly footprint: number;
  readonly height: number;
  readonly colour: Colour;
  /** where a hand holds it, for the right hand; the left hand's is mirrored in x */
  readonly grasp: Vector;
  readonly openable?: boolean;
  /** may receive a liquid */
  readonly container?: boolean;
  /** what it pours */
  readonly liquid?: Liquid;
}

export type Liquid = 'water' | 'juice';
export const liquidColours: Record<Liquid, Colour> = { water: [0.45, 0.75, 1], juice: [1, 0.65, 0.1] };

export const models: Record<Category, ObjectModel> = {
  mug: { footprint: 0.07, height: 0.13, colour: [0.86, 0.1, 0.12], grasp: [0.065, 0, 0.075], container: true },
  bowl: { footprint: 0.11, height: 0.08, colour: [0.97, 0.83, 0.08], grasp: [0.11, 0, 0.06], container: true },
  plate: { footprint: 0.12, height: 0.025, colour: [0.97, 0.97, 0.97], grasp: [0.12, 0, 0.03] },
  pan: { footprint: 0.115, height: 0.06, colour: [0.09, 0.09, 0.11], grasp: [0, -0.2, 0.06], container: true },
  bottle: { footprint: 0.06, height: 0.28, colour: [0.05, 0.58, 0.2], grasp: [0.055, 0, 0.13], liquid: 'juice' },
  kettle: { footprint: 0.1, height: 0.2, colour: [0.55, 0.16, 0.75], grasp: [0.1, 0, 0.1], liquid: 'water' },
  box: { footprint: 0.13, height: 0.16, colour: [0.5, 0.28, 0.12], grasp: [0.13, 0, 0.1], openable: true },
  jar: { footprint: 0.07, height: 0.16, colour: [0.15, 0.78, 0.76], grasp: [0.07, 0, 0.07], openable: true },
  knife: { footprint: 0.1, height: 0.03, colour: [0.8, 0.84, 0.88], grasp: [0, -0.14, 0.03] },
  spoon: { footprint: 0.1, height: 0.03, colour: [0.98, 0.42, 0.68], grasp: [0, -0.13, 0.03] },
  sponge: { footprint: 0.08, height: 0.05, colour: [0.66, 0.95, 0.12], grasp: [0, 0, 0.06] },
  bread: { footprint: 0.09, height: 0.1, colour: [0.86, 0.64, 0.34], grasp: [0.02, 0, 0.1] },
};

/** Where a hand of this side holds the object, in the object's frame. */
export function graspPoint(category: Category, side: Side): Vector {
  const [x, y, z] = models[category].grasp;
  return [side === 'right' ? x : -x, y, z];
}

/** Height at which things stand in or on an object. */
export const insideHeight = (container: Category): number => (container === 'box' ? 0.009 : 0.024);

/** The height at which a hand touches a lid, or the top. */
export const topOf = (category: Category): number => models[category].height + (category === 'jar' ? 0.03 : 0.02);

/** Look of one object; the category's hue stays, so that it can be told from the others in every room. */
export interface Appearance {
  readonly brightness: number;
  readonly size: number;
  readonly trim: Colour;
}

export function drawAppearance(random: Random): Appearance {
  return {
    brightness: random.uniform(0.88, 1.08),
    size: random.uniform(0.94, 1.1),
    trim: random.choice<Colour>([
      [0.95, 0.95, 0.9],
      [0.15, 0.15, 0.2],
      [0.8, 0.75, 0.6],
    ]),
  };
}

/** What can change about an object. */
export interface ObjectState {
  position: Vector;
  rotation: Rotation;
  heldBy: Side | null;
  /** index of the object it is in, or -1 */
  inside: number;
  /** 0 closed to 1 open */
  open: number;
  /** sideways direction, +1 or -1, in which the lid was put */
  lidSide: number;
  /** 0 empty to 1 full */
  full: number;
  liquid: Liquid | null;
  /** 0 whole to 1 cut in two */
  cut: number;
}

/** The primitives of an object in its state, in world coordinates. */
export function objectPrimitives(
  category: Category,
  look: Appearance,
  state: ObjectState,
  instance: number,
): Primitive[] {
  const colour = shadeOf(models[category].colour, look.brightness);
  const dark = shadeOf(colour, 0.55);
  const parts = shapes[category](colour, dark, look, state);
  return parts.map((part) => ({
    ...part,
    size: part.size.map((side) => side * look.size) as unknown as Vector,
    position: add(state.position, rotate(state.rotation, part.position.map((x) => x * look.size) as unknown as Vector)),
    rotation: compose(state.rotation, part.rotation ?? identity),
    instance,
  }));
}

const shadeOf = ([r, g, b]: Colour, factor: number): Colour => [
  Math.min(1, r * factor),
  Math.min(1, g * factor),
  Math.min(1, b * factor),
];

const cylinder = (
  radius: number,
  halfHeight: number,
  position: Vector,
  colour: Colour,
  more: Partial<Primitive> = {},
): Primitive => ({
  shape: Shape.Cylinder,
  size: [radius, radius, halfHeight],
  position,
  colour,
  ...more,
});
const box = (size: Vector, position: Vector, colour: Colour, more: Partial<Primitive> = {}): Primitive => ({
  shape: Shape.Box,
  size,
  position,
  colour,
  ...more,
});
const ellipsoid = (size: Vector, position: Vector, colour: Colour, more: Partial<Primitive> = {}): Primitive => ({
  shape: Shape.Ellipsoid,
  size,
  position,
  colour,
  ...more,
});
const rod = (from: Vector, to: Vector, radius: number, colour: Colour): Primitive => {
  const axis: Vector = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
  const half = Math.hypot(...axis) / 2;
  return {
    shape: Shape.Capsule,
    size: [radius, radius, half],
    position: mix(from, to, 0.5),
    rotation: alongZ(axis),
    colour,
  };
};

/** The inside of a vessel: dark when empty, the liquid's surface when full. */
function filling(radius: number, top: number, state: ObjectState, dark: Colour): Primitive {
  const liquid = state.liquid && state.full > 0.05 ? liquidColours[state.liquid] : undefined;
  return cylinder(radius, 0.002, [0, 0, top], liquid ?? dark);
}

const shapes: Record<Category, (colour: Colour, dark: Colour, look: Appearance, state: ObjectState) => Primitive[]> = {
  mug: (colour, dark, look, state) => [
    cylinder(0.055, 0.065, [0, 0, 0.065], colour, { accent: look.trim, texture: Texture.Plain }),
    filling(0.044, 0.1305, state, dark),
    rod([0, 0.06, 0.1], [0, 0.095, 0.08], 0.013, colour),
    rod([0, 0.095, 0.08], [0, 0.06, 0.03], 0.013, colour),
  ],
  bowl: (colour, dark, _look, state) => [
    cylinder(0.06, 0.02, [0, 0, 0.02], dark),
    cylinder(0.11, 0.022, [0, 0, 0.058], colour),
    filling(0.094, 0.0805, state, dark),
  ],
  plate: (colour, _dark, look) => [
    cylinder(0.12, 0.01, [0, 0, 0.012], colour),
    cylinder(0.078, 0.002, [0, 0, 0.0225], shadeOf(colour, 0.82), { accent: look.trim }),
  ],
  pan: (colour, _dark, _look, state) => [
    cylinder(0.115, 0.03, [0, 0, 0.03], colour),
    filling(0.1, 0.0605, state, [0.25, 0.25, 0.28]),
    rod([0, -0.125, 0.045], [0, -0.25, 0.055], 0.016, colour),
  ],
  bottle: (colour, _dark, look) => [
    cylinder(0.052, 0.09, [0, 0, 0.09], colour),
    ellipsoid([0.052, 0.052, 0.05], [0, 0, 0.18], colour),
    cylinder(0.02, 0.035, [0, 0, 0.245], colour),
    cylinder(0.053, 0.03, [0, 0, 0.085], look.trim),
  ],
  kettle: (colour, dark) => [
    ellipsoid([0.1, 0.1, 0.09], [0, 0, 0.085], colour),
    cylinder(0.05, 0.01, [0, 0, 0.17], dark),
    rod([-0.06, 0, 0.16], [-0.03, 0, 0.215], 0.011, dark),
    rod([-0.03, 0, 0.215], [0.05, 0, 0.215], 0.013, dark),
    rod([0.05, 0, 0.215], [0.07, 0, 0.16], 0.011, dark),
    rod([0, 0.08, 0.1], [0, 0.16, 0.165], 0.018, colour),
  ],
  box: (colour, dark, _look, state) => {
    const stripes = { accent: [0.8, 0.72, 0.55] as const, texture: Texture.Stripes, textureScale: 0.05 };
    const angle = 1.9 * state.open;
    const hinge: Vector = [0, 0.11, 0.142];
    const lid = rotate(about('x', angle), [0, -0.11, 0.012]);
    const wall = (size: Vector, position: Vector) => box(size, position, colour, stripes);
    const walls = [-1, 1].flatMap((sign) => [
      wall([0.13, 0.008, 0.07], [0, sign * 0.102, 0.07]),
      wall([0.008, 0.094, 0.07], [sign * 0.122, 0, 0.07]),
    ]);
    const body =
      state.open > 0.01
        ? [...walls, box([0.114, 0.094, 0.004], [0, 0, 0.004], dark)]
        : [wall([0.13, 0.11, 0.07], [0, 0, 0.07])];
    return [
      ...body,
      box([0.135, 0.115, 0.012], add(hinge, lid), shadeOf(colour, 1.1), { ...stripes, rotation: about('x', angle) }),
    ];
  },
  jar: (colour, dark, _look, state) => {
    const rise = 0.12 * Math.min(1, state.open * 2) - 0.255 * Math.max(0, state.open * 2 - 1);
    const side = state.lidSide * 0.15 * Math.max(0, state.open * 2 - 1);
    return [
      cylinder(0.065, 0.07, [0, 0, 0.07], colour),
      cylinder(0.055, 0.002, [0, 0, 0.1405], dark),
      cylinder(0.068, 0.018, [side, 0, 0.16 + rise], [0.1, 0.13, 0.4]),
    ];
  },
  knife: (colour) => [
    box([0.005, 0.11, 0.026], [0, 0.08, 0.028], colour),
    box([0.013, 0.07, 0.016], [0, -0.1, 0.03], [0.12, 0.1, 0.1]),
  ],
  spoon: (colour) => [
    rod([0, -0.17, 0.022], [0, 0.1, 0.018], 0.014, colour),
    ellipsoid([0.036, 0.055, 0.016], [0, 0.14, 0.018], colour),
  ],
  sponge: (colour) => [
    box([0.075, 0.05, 0.018], [0, 0, 0.034], colour, {
      texture: Texture.Speckle,
      accent: shadeOf(colour, 0.7),
      textureScale: 0.06,
    }),
    box([0.075, 0.05, 0.008], [0, 0, 0.008], [0.1, 0.35, 0.12]),
  ],
  bread: (colour, _dark, _look, state) => {
    const gap = 0.025 * state.cut;
    const crumb: Colour = [0.98, 0.93, 0.78];
    const half = (sign: number): Primitive[] => [
      box([0.042, 0.05, 0.035], [sign * (0.042 + gap), 0, 0.036], colour, {
        texture: Texture.Grain,
        accent: shadeOf(colour, 0.8),
        textureScale: 0.1,
      }),
      {
        shape: Shape.Capsule,
        size: [0.05, 0.05, 0.03],
        position: [sign * (0.03 + gap), 0, 0.055],
        rotation: about('y', Math.PI / 2),
        colour: shadeOf(colour, 0.92),
      },
      box([0.001, 0.046, 0.034], [sign * (gap - 0.0005), 0, 0.036], crumb),
    ];
    return state.cut > 0.02 ? [...half(-1), ...half(1)] : [...half(-1).slice(0, 2), ...half(1).slice(0, 2)];
  },
};
