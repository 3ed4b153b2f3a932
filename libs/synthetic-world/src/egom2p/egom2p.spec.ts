import { egoM2pClips, type EgoM2pClip, type EgoM2pSource, egoM2pSources } from '@egolab/ego-data';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { worldConfigSchema } from '../config.ts';
import { generateWorld } from '../generate.ts';
import { composePoses, inversePose } from '../recording/pose.ts';
import { planTake } from '../recording/plan.ts';
import { renderGeometry } from '../render/view.ts';
import { type Instant, ratesAt } from '../take/simulate.ts';
import { instants, Stage } from '../take/take.ts';
import { egoIntrinsics } from '../write/views.ts';
import { numbered } from '../write/part.ts';
import { egoM2pStudio, firstRoom } from './parts.ts';

const SIZE = 32;
const duration: [number, number] = [10, 10];
const one = (source: EgoM2pSource) => [source, { train: 1, heldOut: 0 }];
const config = worldConfigSchema.parse({
  seed: 4,
  size: SIZE,
  samples: 1,
  rooms: { train: 2, heldOut: 2 },
  exo2Ego: false,
  egoM2p: { duration, takes: Object.fromEntries(egoM2pSources.map(one)) },
});
const folder = mkdtempSync(join(tmpdir(), 'egolab-egom2p-'));
const root = join(folder, 'world', 'egom2p');
const clips = new Map<EgoM2pSource, readonly EgoM2pClip[]>();

beforeAll(async () => {
  await generateWorld(config, join(folder, 'world'), { workers: 2 });
  for (const source of egoM2pSources) {
    const found = await egoM2pClips({
      source,
      root: join(root, source),
      pseudoDepth: join(root, 'pseudo-depth', source),
    });
    clips.set(source, found.clips);
  }
}, 90_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** What happened, as the simulation knows it. */
function truth(source: EgoM2pSource): { shown: Instant[]; stage: Stage } {
  const studio = egoM2pStudio(config, config.egoM2p!, source);
  const room = firstRoom(config.egoM2p!, source, 'train');
  const { take } = planTake(studio, numbered(`${source}_train`, 0), 'train', room, duration);
  return { shown: [...instants(take, 30, ratesAt(30, studio.render.headShare))], stage: new Stage(take) };
}

const withCamera = egoM2pSources.filter((source) => source !== 'ase');
const withGaze = ['ego-exo4d', 'holoassist', 'hot3d-aria', 'adt'] as const;

describe('the sources of EgoM2P', () => {
  it('have the modalities of Table 1', () => {
    const has = (modality: 'rgb' | 'depth' | 'gaze' | 'camera') =>
      egoM2pSources.filter((source) => clips.get(source)!.every((clip) => clip[modality] !== undefined));
    for (const source of egoM2pSources) expect([source, clips.get(source)!.length]).toEqual([source, 5]);
    expect(has('rgb')).toEqual(egoM2pSources);
    expect(has('depth')).toEqual(egoM2pSources.filter((source) => source !== 'ego-exo4d'));
    expect(has('gaze').sort()).toEqual([...withGaze].sort());
    // HOI4D's last pose comes before the end of the last clip
    expect(has('camera')).toEqual(withCamera.filter((source) => source !== 'hoi4d'));
    const metric = egoM2pSources.filter((source) => clips.get(source)![0].depth?.readMetres);
    expect(metric).toEqual(['egogen', 'h2o', 'adt', 'hoi4d', 'ase']);
  });

  it.each(withCamera)('%s: camera motion is the simulated one, through its axes and files', (source) => {
    const { shown } = truth(source);
    for (const { camera, start } of clips.get(source)!.slice(0, 4)) {
      const first = inversePose(shown[Math.round(start * 30)].head);
      for (const frame of [0, 20, 41, 59]) {
        const { rotation: r, position } = composePoses(first, shown[Math.round(start * 30) + frame].head);
        const expected = [r[0], r[3], r[6], r[1], r[4], r[7], ...position];
        // HOI4D has 15 poses a second: those between are interpolated
        const tolerance = source === 'hoi4d' ? 0.03 : 2e-5;
        expected.forEach((value, i) => expect(Math.abs(camera![frame * 9 + i] - value)).toBeLessThan(tolerance));
      }
    }
  });

  it.each(withGaze)('%s: gaze lies where the eyes look in the picture', (source) => {
    const { shown } = truth(source);
    const { focal } = egoIntrinsics(SIZE);
    let compared = 0;
    for (const { gaze, start } of clips.get(source)!) {
      for (let frame = 0; frame < 60; frame++) {
        const { valid, yaw, pitch } = shown[Math.round(start * 30) + frame].gaze;
        const [x, y] = [0.5 - (Math.tan(yaw) * focal) / SIZE, 0.5 - (Math.tan(pitch) * focal) / SIZE];
        if (!valid || !gaze!.valid[frame] || Math.min(x, y) < 0.05 || Math.max(x, y) > 0.95) continue;
        compared++;
        if (source === 'holoassist') continue; // without the tracker's noise, and cut from a wider picture: see below
        expect(Math.hypot(gaze!.xy[frame * 2] - x, gaze!.xy[frame * 2 + 1] - y)).toBeLessThan(0.003);
      }
    }
    expect(compared).toBeGreaterThan(100);
  });

  it('HoloAssist: gaze is the fixated point, seen by a camera of 480 of 504 rows', () => {
    const { shown } = truth('holoassist');
    const focal = egoIntrinsics(Math.round((SIZE * 16) / 9 / 2) * 2, SIZE).focal * (504 / SIZE);
    for (const { gaze, start } of clips.get('holoassist')!) {
      for (let frame = 0; frame < 60; frame += 7) {
        const { head, gaze: eyes } = shown[Math.round(start * 30) + frame];
        if (!gaze!.valid[frame]) continue;
        const d = eyes.target.map((value, axis) => value - head.position[axis]);
        const r = head.rotation;
        const [x, y, z] = [0, 1, 2].map((axis) => r[axis] * d[0] + r[axis + 3] * d[1] + r[axis + 6] * d[2]);
        expect(gaze!.xy[frame * 2]).toBeCloseTo(0.5 + (x / z) * (focal / 480), 1);
        expect(gaze!.xy[frame * 2 + 1]).toBeCloseTo(0.5 + (y / z) * (focal / 480), 1);
      }
    }
  });

  it.each(['egogen', 'adt'] as const)('%s: depth is exact', async (source) => {
    const { shown, stage } = truth(source);
    const { depth, start } = clips.get(source)![2];
    const metres = await depth!.readMetres!(SIZE);
    for (const index of [0, 7]) {
      const instant = shown[Math.round(start * 30 + (index * 30) / 8)];
      const exact = renderGeometry(stage.at(instant, false), {
        ...instant.head,
        intrinsics: egoIntrinsics(SIZE),
      }).depth;
      exact.forEach((z, pixel) => expect(Math.abs(metres[index * SIZE * SIZE + pixel] - z)).toBeLessThan(0.001));
    }
  });

  it('pseudo-depth is inverse: near things are bright, over the whole range', async () => {
    const { shown, stage } = truth('taco');
    const { depth, start } = clips.get('taco')![1];
    const inverse = await depth!.read(SIZE);
    const instant = shown[Math.round(start * 30)];
    const exact = renderGeometry(stage.at(instant, false), { ...instant.head, intrinsics: egoIntrinsics(SIZE) }).depth;
    const [nearest, farthest] = [exact.indexOf(Math.min(...exact)), exact.indexOf(Math.max(...exact))];
    expect(inverse[nearest]).toBeGreaterThan(inverse[farthest] + 20);
    expect(Math.max(...inverse) - Math.min(...inverse)).toBeGreaterThan(200);
  });

  it('the pictures of the Quest are grey', async () => {
    const pictures = await clips.get('hot3d-quest')![0].rgb!.read(SIZE);
    for (let i = 0; i < pictures.length; i += 3 * 101) expect(Math.abs(pictures[i] - pictures[i + 2])).toBeLessThan(4);
    expect(readdirSync(join(root, 'hot3d-quest'))).toHaveLength(1);
  });
});
