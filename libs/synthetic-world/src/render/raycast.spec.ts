import { Random } from '@egolab/foundation';
import { describe, expect, it } from 'vitest';
import { drawTake, instants, Stage } from '../take/take.ts';
import { alongZ, type Rotation, subtract, unrotate, type Vector } from '../world/vector.ts';
import { type Camera, intrinsicsOf, lookAt, project, unproject } from './camera.ts';
import { castPrimitives, emptyVisibility } from './raycast.ts';
import { PrimitiveTable, Shape, STRIDE } from './scene.ts';
import { renderGeometry, View } from './view.ts';

const take = drawTake({ name: 'spec', split: 'train', room: 0, seed: 7, duration: [20, 20], numExo: 1 });

interface Solid {
  shape: Shape;
  position: Vector;
  rotation: Rotation;
  size: Vector;
  /** squared radius of a ball around it */
  reach: number;
}

function solids(table: PrimitiveTable): Solid[] {
  return Array.from({ length: table.length }, (_, index) => {
    const row = [...table.values.subarray(index * STRIDE, (index + 1) * STRIDE)];
    const shape = table.shapes[index] as Shape;
    const size: Vector = [row[12], row[13], row[14]];
    const reach = shape === Shape.Room ? Infinity : (size[0] + size[1] + size[2]) ** 2;
    return {
      shape,
      size,
      reach,
      position: [row[0], row[1], row[2]],
      rotation: row.slice(3, 12) as unknown as Rotation,
    };
  });
}

/** Is the point inside the solid? Written from the shapes' definitions, without any ray. */
function inside({ shape, position, rotation, size: [a, b, c] }: Solid, point: Vector): boolean {
  const [x, y, z] = unrotate(rotation, subtract(point, position));
  switch (shape) {
    case Shape.Ellipsoid:
      return (x / a) ** 2 + (y / b) ** 2 + (z / c) ** 2 < 1;
    case Shape.Box:
      return Math.abs(x) < a && Math.abs(y) < b && Math.abs(z) < c;
    case Shape.Cylinder:
      return Math.hypot(x, y) < a && Math.abs(z) < c;
    case Shape.Capsule:
      return Math.hypot(x, y, Math.max(0, Math.abs(z) - c)) < a;
    case Shape.Room:
      return Math.abs(x) > a || Math.abs(y) > b || Math.abs(z) > c;
  }
}

/** March along the ray of a pixel in small steps until something is entered. */
function march(
  all: readonly Solid[],
  camera: Camera,
  column: number,
  row: number,
  step: number,
): { depth: number; index: number } {
  const [ox, oy, oz] = camera.position;
  const [dx, dy, dz] = subtract(unproject(camera, column + 0.5, row + 0.5, 1), camera.position);
  for (let depth = 0.02; depth < 9; depth += step) {
    const [x, y, z] = [ox + dx * depth, oy + dy * depth, oz + dz * depth];
    for (let index = 0; index < all.length; index++) {
      const { position: p, reach } = all[index];
      if ((x - p[0]) ** 2 + (y - p[1]) ** 2 + (z - p[2]) ** 2 < reach && inside(all[index], [x, y, z]))
        return { depth, index };
    }
  }
  return { depth: Infinity, index: -1 };
}

describe('ray casting', () => {
  it('agrees with marching through random solids', () => {
    const random = new Random(3);
    const table = new PrimitiveTable();
    const vector = (low: number, high: number): Vector => [
      random.uniform(low, high),
      random.uniform(low, high),
      random.uniform(low, high),
    ];
    for (let i = 0; i < 16; i++) {
      const shape = [Shape.Ellipsoid, Shape.Box, Shape.Cylinder, Shape.Capsule][i % 4];
      table.add({
        shape,
        size: vector(0.08, 0.3),
        position: vector(-1, 1),
        rotation: alongZ(vector(-1, 1)),
        colour: [1, 1, 1],
      });
    }
    table.add({ shape: Shape.Room, size: [4, 4, 4], position: [0, 0, 0], colour: [1, 1, 1] });
    const camera = { ...lookAt([0.2, -2.2, 0.4], [0, 0, 0], 0.3), intrinsics: intrinsicsOf(18, 12, 60) };
    const seen = emptyVisibility(18 * 12);
    castPrimitives(table, 0, table.length, camera, seen);
    const all = solids(table);
    for (let row = 0; row < 12; row++) {
      for (let column = 0; column < 18; column++) {
        const found = march(all, camera, column, row, 0.005);
        const pixel = row * 18 + column;
        // a ray that grazes a rim for less than a step is marched past
        if (found.index !== seen.primitive[pixel]) expect(seen.depth[pixel]).toBeLessThan(found.depth);
        else expect(Math.abs(found.depth - seen.depth[pixel])).toBeLessThan(0.006);
      }
    }
  });

  it('gives the masks of a take that a brute-force render gives', () => {
    const stage = new Stage(take);
    const middle = take.plan.actions.find(({ verb }) => verb === 'pick up')!;
    const instant = [...instants(take, 8)].find(({ time }) => time >= (middle.start + middle.end) / 2)!;
    const camera = { ...instant.head, intrinsics: intrinsicsOf(16, 16, 62) };
    const scene = stage.at(instant, false);
    const { instances } = renderGeometry(scene, camera);
    const all = solids(scene.table).slice(0, scene.numPrimitives);
    let same = 0;
    for (let pixel = 0; pixel < 256; pixel++) {
      const { index } = march(all, camera, pixel % 16, Math.floor(pixel / 16), 0.003);
      same += Number(scene.table.instances[index] === instances[pixel]);
    }
    expect(new Set(instances).size).toBeGreaterThan(4);
    expect(same / 256).toBeGreaterThan(0.985);
  });
});

describe('cameras', () => {
  it('project and unproject are inverse', () => {
    const camera = { ...lookAt([1, 2, 1.5], [0, 0.3, 0.9], 0.1), intrinsics: intrinsicsOf(64, 48, 62) };
    const [column, row, depth] = project(camera, [0.2, 0.1, 1]);
    const back = unproject(camera, column, row, depth);
    for (const [axis, value] of [0.2, 0.1, 1].entries()) expect(back[axis]).toBeCloseTo(value, 10);
  });

  it('render the same picture with and without a kept background', () => {
    const stage = new Stage(take);
    const [instant] = instants(take, 8);
    const intrinsics = intrinsicsOf(32, 32, 44);
    const [kept, fresh] = [new View(intrinsics), new View(intrinsics)];
    kept.fix(take.exo[0], stage.empty());
    const [a, b] = [new Uint8Array(32 * 32 * 3), new Uint8Array(32 * 32 * 3)];
    const scene = stage.at(instant, true);
    kept.render(scene, take.exo[0], a);
    fresh.render(scene, take.exo[0], b);
    expect(a).toEqual(b);
  });
});
