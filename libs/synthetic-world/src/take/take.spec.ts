import { describe, expect, it } from 'vitest';
import { intrinsicsOf, project, unproject } from '../render/camera.ts';
import { renderGeometry } from '../render/view.ts';
import { Instance } from '../world/body.ts';
import { categories } from '../world/objects.ts';
import { goals, verbs } from './action.ts';
import { episodesOf } from './episodes.ts';
import { drawTake, instants, Stage } from './take.ts';

const draw = (index: number, split: 'train' | 'heldOut' = 'train') =>
  drawTake({ name: `spec_${index}`, split, room: index % 4, seed: 11, duration: [30, 40], numExo: 2 });
const takes = Array.from({ length: 40 }, (_, index) => draw(index));

describe('plans', () => {
  it('hold 12 to 24 actions of one to two and a half seconds that follow one another', () => {
    for (const { plan } of takes) {
      expect(plan.actions.length).toBeGreaterThanOrEqual(12);
      expect(plan.actions.length).toBeLessThanOrEqual(24);
      plan.actions.forEach(({ start, end }, index) => {
        expect(end - start).toBeGreaterThanOrEqual(1);
        expect(end - start).toBeLessThanOrEqual(2.5);
        expect(start).toBeGreaterThanOrEqual(index === 0 ? 0 : plan.actions[index - 1].end);
        expect(end).toBeLessThanOrEqual(plan.duration);
      });
    }
  });

  it('are possible: hands are free to take, tools are held, things are where they are used', () => {
    for (const { plan } of takes) {
      const held: Record<string, number | null> = { left: null, right: null };
      let station = 0;
      for (const { verb, hand, object, tool, station: where } of plan.actions) {
        if (verb === 'walk to') expect(where).not.toBe(station);
        station = where;
        if (verb === 'pick up') {
          expect(held[hand!]).toBeNull();
          held[hand!] = object;
        } else if (verb === 'put down') {
          expect(held[hand!]).toBe(object);
          held[hand!] = null;
        } else if (verb === 'pour') expect(held[hand!]).toBe(object);
        else if (tool !== null) expect(held[hand!]).toBe(tool);
        else if (hand) expect(held[hand]).toBeNull();
      }
    }
  });

  it('use every verb, category, hand and goal', () => {
    const actions = takes.flatMap(({ plan }) => plan.actions.map((action) => ({ ...action, plan })));
    expect(new Set(actions.map(({ verb }) => verb)).size).toBe(verbs.length);
    expect(
      new Set(actions.flatMap(({ plan, object }) => (object === null ? [] : [plan.placements[object].category]))).size,
    ).toBe(categories.length);
    expect(new Set(takes.flatMap(({ plan }) => plan.activities.map(({ goal }) => goal))).size).toBe(goals.length);
    const right = actions.filter(({ hand }) => hand === 'right').length;
    const left = actions.filter(({ hand }) => hand === 'left').length;
    expect(Math.min(right, left) / Math.max(right, left)).toBeGreaterThan(0.7);
  });

  it('make episodes of at most 15 s that hold whole actions', () => {
    for (const { plan } of takes) {
      for (const { start, end, facts } of episodesOf(plan, 'his')) {
        expect(end - start).toBeLessThanOrEqual(15.2);
        const whole = plan.actions.filter((action) => action.start >= start && action.end <= end);
        expect(whole.length).toBe(facts.length);
      }
    }
  });
});

describe('rooms', () => {
  it('of the held-out split look like no training room', () => {
    const floors = (split: 'train' | 'heldOut') =>
      Array.from({ length: 4 }, (_, index) => JSON.stringify(draw(index, split).room.faces));
    expect(floors('train').filter((faces) => floors('heldOut').includes(faces))).toEqual([]);
    expect(draw(0, 'heldOut').room.id).toBe('held-out-room-00');
  });
});

describe('what the sensors say', () => {
  const intrinsics = intrinsicsOf(48, 48, 62);
  const seen = [takes[0], takes[1]].map((take) => {
    const stage = new Stage(take);
    const shown = [...instants(take, 8)].filter((_, index) => index % 12 < 2);
    return shown.map((instant) => {
      const camera = { ...instant.head, intrinsics };
      return { instant, camera, ...renderGeometry(stage.at(instant, false), camera) };
    });
  });

  it('depth of static points agrees with the next frame through the poses within 1 cm', () => {
    let within = 0;
    let compared = 0;
    for (const frames of seen) {
      for (let index = 0; index + 1 < frames.length; index += 2) {
        const [a, b] = [frames[index], frames[index + 1]];
        for (let pixel = 0; pixel < 48 * 48; pixel++) {
          if (a.instances[pixel] !== Instance.background) continue;
          const point = unproject(a.camera, (pixel % 48) + 0.5, Math.floor(pixel / 48) + 0.5, a.depth[pixel]);
          const [column, row, depth] = project(b.camera, point);
          const read = planarDepth(b, column - 0.5, row - 0.5);
          if (read === undefined || read < depth - 0.05) continue; // no plane there, or something stands in the way
          compared++;
          within += Number(Math.abs(read - depth) < 0.01);
        }
      }
    }
    expect(compared).toBeGreaterThan(5000);
    expect(within / compared).toBeGreaterThan(0.98);
  });

  /** Depth between four pixels that see one static plane: its inverse is linear over the image. */
  function planarDepth(
    { depth, instances }: { depth: Float64Array; instances: Uint8Array },
    x: number,
    y: number,
  ): number | undefined {
    const [left, top] = [Math.floor(x), Math.floor(y)];
    if (left < 0 || top < 0 || left > 46 || top > 46) return undefined;
    const pixels = [top * 48 + left, top * 48 + left + 1, (top + 1) * 48 + left, (top + 1) * 48 + left + 1];
    if (pixels.some((pixel) => instances[pixel] !== Instance.background)) return undefined;
    const [a, b, c, d] = pixels.map((pixel) => 1 / depth[pixel]);
    if (Math.abs(a + d - b - c) > 1e-6) return undefined;
    return 1 / (a + (b - a) * (x - left) + (c - a) * (y - top));
  }

  it('gaze lies on what it fixates, unless something stands before it', () => {
    let on = 0;
    let fixations = 0;
    for (const { instant, instances, depth } of seen.flat()) {
      const { valid, instance, yaw, pitch, depth: distance } = instant.gaze;
      if (!valid || instance < Instance.firstObject) continue;
      const column = Math.floor(24 - Math.tan(yaw) * intrinsics.focal);
      const row = Math.floor(24 - Math.tan(pitch) * intrinsics.focal);
      if (column < 1 || row < 1 || column > 46 || row > 46) continue;
      const around = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => (row + dy) * 48 + column + dx));
      const along = distance * Math.cos(yaw) * Math.cos(pitch);
      const contents = instant.state.objects.flatMap(({ inside }, index) =>
        inside === instance - Instance.firstObject ? [Instance.firstObject + index] : [],
      );
      const hit = around.some((pixel) => instances[pixel] === instance || contents.includes(instances[pixel]));
      if (!hit && depth[row * 48 + column] < along - 0.02) continue;
      fixations++;
      on += Number(hit);
    }
    expect(fixations).toBeGreaterThan(20);
    expect(on / fixations).toBeGreaterThan(0.98);
  });

  it('the action takes place in the middle of the view', () => {
    for (const take of takes.slice(0, 4)) {
      const shown = [...instants(take, 8)];
      const inView = take.plan.actions
        .filter(({ object }) => object !== null)
        .map(({ start, end, object }) => {
          const { head, state } = shown[Math.round(((start + end) / 2) * 8)];
          const [column, row] = project({ ...head, intrinsics }, state.objects[object!].position);
          return column > 4 && column < 44 && row > 4 && row < 44;
        });
      expect(inView.filter(Boolean).length / inView.length).toBeGreaterThan(0.85);
    }
  });
});
