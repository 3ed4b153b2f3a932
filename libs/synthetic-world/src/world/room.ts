import type { Random } from '@egolab/foundation';
import type { CameraPose } from '../render/camera.ts';
import { lookAt } from '../render/camera.ts';
import { type Colour, type Light, type Primitive, type RoomFaces, Shape, Texture } from '../render/scene.ts';
import { about, add, normalize, type Rotation, rotate, type Vector } from './vector.ts';

export type StationName = 'table' | 'counter';

/** A place to work at: the wearer stands at `stand`, turned by `yaw` (0 looks along +y), before a surface. */
export interface Station {
  readonly name: StationName;
  readonly stand: Vector;
  readonly yaw: number;
  readonly surfaceHeight: number;
}

export interface Room {
  readonly id: string;
  readonly split: 'train' | 'heldOut' | 'web';
  /** the first is where most of the work is done and what the exocentric cameras watch */
  readonly stations: readonly [Station, Station];
  readonly primitives: readonly Primitive[];
  readonly faces: RoomFaces;
  readonly light: Light;
}

export const SURFACE = { halfWidth: 0.72, near: 0.2, far: 0.88 };

/** From which hues and textures a room is drawn. Rooms of all splits are `usual`; those of data that a model has to adapt to are `other`. */
export type Looks = 'usual' | 'other';

/** A point of the station's frame (x right, y forward from where the wearer stands, z up from the floor) in the world. */
export function fromStation(station: Station, point: Vector): Vector {
  return add(station.stand, rotate(about('z', station.yaw), point));
}

/**
 * A room with two work stations, a shelf, a window, pictures and a rug. Colours stay muted, so that objects stand out.
 */
export function buildRoom(id: string, split: Room['split'], random: Random, looks: Looks = 'usual'): Room {
  const palette = random.split('palette');
  const layout = random.split('layout');
  const hue = () => (looks === 'other' ? palette.uniform(0.5, 1) : palette.uniform(0, 0.55));
  const muted = (low: number, high: number) => hsv(hue(), palette.uniform(0.06, 0.32), palette.uniform(low, high));
  const [halfX, halfY] = [layout.uniform(2.5, 3.2), layout.uniform(2.5, 3.2)];
  const names: StationName[] = layout.uniform() < 0.5 ? ['table', 'counter'] : ['counter', 'table'];
  const yaw = layout.uniform(-Math.PI, Math.PI);
  const toSide = layout.choice([-1, 1]);
  const main: Station = {
    name: names[0],
    stand: [layout.uniform(-0.3, 0.3), layout.uniform(-0.3, 0.3), 0],
    yaw,
    surfaceHeight: heightOf(names[0]),
  };
  const second: Station = {
    name: names[1],
    stand: fromStation(main, [toSide * 0.75, -0.55, 0]),
    yaw: yaw - toSide * Math.PI * 0.55,
    surfaceHeight: heightOf(names[1]),
  };
  const wall = muted(0.55, 0.92);
  const textures =
    looks === 'other' ? [Texture.Grain, Texture.Speckle] : [Texture.Checker, Texture.Stripes, Texture.Plain];
  const faces: RoomFaces = {
    colours: [wall, wall, shaded(wall, 0.88), shaded(wall, 0.94), muted(0.3, 0.65), [0.93, 0.93, 0.92]],
    floorTexture: palette.choice(textures),
    floorAccent: muted(0.3, 0.65),
    wallTexture: palette.choice([Texture.Plain, ...textures]),
    wallAccent: shaded(wall, 0.9),
  };
  const shell: Primitive = { shape: Shape.Room, size: [halfX, halfY, 1.35], position: [0, 0, 1.35], colour: wall };
  const primitives = [
    shell,
    ...[main, second].flatMap((station) => furniture(station, muted(0.4, 0.85), muted(0.35, 0.8), palette)),
    ...decoration(halfX, halfY, layout, palette, muted),
  ];
  const around = layout.uniform(0, 2 * Math.PI);
  const tint = palette.uniform(-0.06, 0.06);
  const light: Light = {
    direction: normalize([0.6 * Math.cos(around), 0.6 * Math.sin(around), 1]),
    colour: [1.22 + tint, 1.22, 1.22 - tint],
    ambient: palette.uniform(0.5, 0.7),
  };
  return { id, split, stations: [main, second], primitives, faces, light };
}

const heightOf = (name: StationName): number => (name === 'table' ? 0.92 : 0.99);
const shaded = ([r, g, b]: Colour, factor: number): Colour => [r * factor, g * factor, b * factor];

function furniture(station: Station, top: Colour, body: Colour, random: Random): Primitive[] {
  const rotation = about('z', station.yaw);
  const depth = (SURFACE.far - SURFACE.near) / 2;
  const middle = (SURFACE.far + SURFACE.near) / 2;
  const at = (x: number, y: number, z: number) => fromStation(station, [x, y, z]);
  const texture = random.choice([Texture.Plain, Texture.Grain, Texture.Speckle]);
  const slab: Primitive = {
    shape: Shape.Box,
    size: [SURFACE.halfWidth, depth, 0.02],
    position: at(0, middle, station.surfaceHeight - 0.02),
    rotation,
    colour: top,
    accent: shaded(top, 0.87),
    texture,
    textureScale: 0.24,
  };
  if (station.name === 'counter') {
    const z = (station.surfaceHeight - 0.04) / 2;
    const doors: Primitive = {
      shape: Shape.Box,
      size: [SURFACE.halfWidth - 0.02, depth - 0.03, z],
      position: at(0, middle + 0.02, z),
      rotation,
      colour: body,
      accent: shaded(body, 0.85),
      texture: Texture.Stripes,
      textureScale: 0.48,
    };
    return [slab, doors];
  }
  const legs = [-1, 1].flatMap((sx) =>
    [-1, 1].map((sy): Primitive => {
      const z = (station.surfaceHeight - 0.04) / 2;
      return {
        shape: Shape.Box,
        size: [0.035, 0.035, z],
        position: at(sx * (SURFACE.halfWidth - 0.05), middle + sy * (depth - 0.05), z),
        rotation,
        colour: body,
      };
    }),
  );
  return [slab, ...legs];
}

/** Things on the walls and the floor: parallax and recognisable corners. */
function decoration(
  halfX: number,
  halfY: number,
  layout: Random,
  palette: Random,
  muted: (low: number, high: number) => Colour,
): Primitive[] {
  const onWall = (
    index: number,
    size: Vector,
    height: number,
    colour: Colour,
    more: Partial<Primitive> = {},
  ): Primitive => {
    const turn: Rotation = about('z', (index * Math.PI) / 2);
    const half = index % 2 ? halfX : halfY;
    const along = layout.uniform(-1, 1) * ((index % 2 ? halfY : halfX) - 0.8);
    return {
      shape: Shape.Box,
      size,
      position: rotate(turn, [along, half - size[1], height]),
      rotation: turn,
      colour,
      ...more,
    };
  };
  const window = onWall(layout.integer(0, 3), [0.55, 0.02, 0.45], 1.6, [0.85, 0.95, 1], {
    accent: [0.6, 0.75, 0.95],
    texture: Texture.Rings,
    textureScale: 0.3,
  });
  const pictures = [0, 1, 2, 3].map((wall) =>
    onWall(
      wall,
      [layout.uniform(0.2, 0.35), 0.02, layout.uniform(0.2, 0.35)],
      layout.uniform(1.4, 1.8),
      muted(0.3, 0.9),
      { accent: muted(0.3, 0.9), texture: palette.choice([Texture.Checker, Texture.Rings]), textureScale: 0.15 },
    ),
  );
  const shelfWall = layout.integer(0, 3);
  const shelf = onWall(shelfWall, [0.5, 0.12, 0.7], 0.75, muted(0.35, 0.7), {
    accent: [0.15, 0.13, 0.12],
    texture: Texture.Rings,
    textureScale: 0.25,
  });
  const rug: Primitive = {
    shape: Shape.Cylinder,
    size: [layout.uniform(0.7, 1.1), 0, 0.006],
    position: [layout.uniform(-0.6, 0.6), layout.uniform(-0.6, 0.6), 0.006],
    colour: muted(0.4, 0.8),
    accent: muted(0.4, 0.8),
    texture: Texture.Stripes,
    textureScale: 0.2,
  };
  return [window, ...pictures, shelf, rug];
}

/** Exocentric cameras around the main station: from the front at both sides, from a side, from behind, then in between. */
export function exoCameras(room: Room, numExo: number, random: Random): CameraPose[] {
  const [main] = room.stations;
  const places: Vector[] = [
    [-0.75, 1.55, 1.65],
    [0.75, 1.5, 1.7],
    [1.45, 0.35, 1.6],
    [-1.35, -0.25, 1.9],
    [0, 1.8, 1.9],
    [1.1, -0.7, 2],
    [-1.5, 0.6, 1.5],
    [0.3, 1.6, 1.4],
  ];
  const jitter = (): Vector => [random.uniform(-0.12, 0.12), random.uniform(-0.12, 0.12), random.uniform(-0.1, 0.1)];
  return places.slice(0, numExo).map((place) => {
    const target = add([0, 0.34, main.surfaceHeight + 0.12], jitter());
    return lookAt(fromStation(main, add(place, jitter())), fromStation(main, target));
  });
}

/** Hue, saturation, value in [0, 1]. */
function hsv(h: number, s: number, v: number): Colour {
  const channel = (n: number) => {
    const k = (n + h * 6) % 6;
    return v * (1 - s * Math.max(0, Math.min(k, 4 - k, 1)));
  };
  return [channel(5), channel(3), channel(1)];
}
