import {
  decodeRle,
  parsePythonLiteral,
  readCocoInstances,
  readEgoNlq,
  readEgteaActions,
  readEgteaSplit,
  readEk100Retrieval,
  readGroundTruth,
} from '@egolab/ego-data';
import { readJsonFile, readNpy } from '@egolab/foundation';
import { readGreyPng, readPng, readVideo } from '@egolab/video';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateWorld, type WorldManifest } from '../generate.ts';
import { intrinsicsOf, project, unproject } from '../render/camera.ts';
import { Instance } from '../world/body.ts';
import type { Rotation, Vector } from '../world/vector.ts';

const small = {
  seed: 3,
  size: 32,
  samples: 1,
  takeDuration: [14, 16] as [number, number],
  rooms: { train: 3, heldOut: 3 },
  exo2Ego: false as const,
  egoDtm: {
    egoClip: { trainTakes: 2, valTakes: 1, questions: 4 },
    ek100: { trainTakes: 1, testTakes: 1 },
    egtea: { takes: 3 },
    nlq: { trainTakes: 1, valTakes: 1, duration: [24, 26] as [number, number] },
    h2o: { takesPerSequence: 1, duration: [10, 10] as [number, number] },
    visor: { trainTakes: 1, valTakes: 1, everyFrames: 8 },
  },
};
const folder = mkdtempSync(join(tmpdir(), 'egolab-egodtm-'));
const root = join(folder, 'world', 'egodtm');
let manifest: WorldManifest;

beforeAll(async () => {
  manifest = await generateWorld(small, join(folder, 'world'), { workers: 2 });
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

const lines = (...path: string[]) =>
  readFileSync(join(root, ...path), 'utf8')
    .trim()
    .split('\n');

describe('the world without the formats of the Exo2Ego pipeline', () => {
  it('holds what was asked for only', () => {
    expect(readdirSync(join(folder, 'world')).sort()).toEqual(['egodtm', 'manifest.json']);
    expect(manifest.config.egoDtm?.egoClip.trainTakes).toBe(2);
  });
});

describe('EgoClip with exact geometry', () => {
  const uids = () => readdirSync(join(root, 'egoclip/ground-truth'));

  it('has depth, masks and contact of every frame of every clip', () => {
    const rows = lines('egoclip/egoclip.csv')
      .slice(1)
      .map((row) => row.split('\t'));
    expect(rows).toHaveLength(manifest.counts.egoDtmClips);
    for (const [, uid, , , , time, start, end] of rows) {
      const truth = readGroundTruth(join(root, 'egoclip/ground-truth', uid))!;
      const [first, last] = [Math.round(Number(start) * truth.fps), Math.round(Number(end) * truth.fps)];
      const known = truth.frames.map(({ frame }) => frame);
      for (let frame = first; frame < last; frame++) expect(known).toContain(frame);
      const detections = readNpy(join(root, 'egoclip/detections', uid, `${time}.npy`));
      expect(detections.shape.slice(1)).toEqual([4, 10]);
      const tracks = readJsonFile(join(root, 'egoclip/tracks', uid, `${time}.json`)) as object;
      expect(detections.shape[0]).toBe(Object.keys(tracks).length);
    }
  });

  it('depth of the room agrees with the next frame through the poses', () => {
    let within = 0;
    let compared = 0;
    for (const uid of uids()) {
      const path = join(root, 'egoclip/ground-truth', uid);
      type Frame = { frame: number; file: string; rotation: Rotation; position: Vector };
      const { frames } = readJsonFile(join(path, 'frames.json')) as { frames: Frame[] };
      const intrinsics = intrinsicsOf(32, 32, 62);
      const read = ({ file, rotation, position }: Frame) => ({
        camera: { rotation, position, intrinsics },
        depth: readGreyPng(join(path, 'depth', file)).data,
        masks: readGreyPng(join(path, 'masks', file)).data,
      });
      for (let i = 0; i + 1 < frames.length; i += 7) {
        const [a, b] = [read(frames[i]), read(frames[i + 1])];
        for (let pixel = 0; pixel < 32 * 32; pixel++) {
          if (a.masks[pixel] !== Instance.background) continue;
          const point = unproject(a.camera, (pixel % 32) + 0.5, Math.floor(pixel / 32) + 0.5, a.depth[pixel] / 1000);
          const [column, row, depth] = project(b.camera, point);
          const [x, y] = [Math.floor(column), Math.floor(row)];
          if (x < 1 || y < 1 || x > 30 || y > 30) continue;
          const around = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => (y + dy) * 32 + x + dx));
          if (around.some((near) => b.masks[near] !== Instance.background)) continue;
          const depths = around.map((near) => b.depth[near] / 1000);
          compared++;
          within += Number(depth > Math.min(...depths) - 0.012 && depth < Math.max(...depths) + 0.012);
        }
      }
    }
    expect(compared).toBeGreaterThan(3000);
    expect(within / compared).toBeGreaterThan(0.97);
  });

  it('boxes and masks agree; an offset leads from a hand to what it touches', () => {
    let touched = 0;
    for (const uid of uids()) {
      for (const name of readdirSync(join(root, 'egoclip/detections', uid))) {
        const { data, shape } = readNpy(join(root, 'egoclip/detections', uid, name)) as {
          data: Float32Array;
          shape: readonly number[];
        };
        type Track = { type: string; mask: string; H: number; W: number };
        const tracks = readJsonFile(join(root, 'egoclip/tracks', uid, name.replace('.npy', '.json'))) as Record<
          string,
          Record<string, Track>
        >;
        Object.values(tracks).forEach((objects, frame) => {
          const boxes = Object.values(objects).map(({ mask, H, W, type }) => ({
            type,
            box: boxOf(decodeRle({ size: [H, W], counts: Buffer.from(mask, 'base64').toString() }), W),
          }));
          const rows = Array.from({ length: 4 }, (_, row) => [
            ...data.subarray((frame * 4 + row) * 10, (frame * 4 + row + 1) * 10),
          ]);
          rows.forEach((row, index) => {
            if (row[4] === 0) return;
            const known = boxes
              .filter(({ type }) => type === (index < 2 ? 'hand' : 'object'))
              .map(({ box }) => box?.join());
            expect(known).toContain(row.slice(0, 4).join());
          });
          for (const hand of rows.slice(0, 2)) {
            if (hand[8] === 0) continue;
            touched++;
            expect(hand[5]).toBe(3);
            const centre = [
              (hand[0] + hand[2]) / 2 + hand[6] * hand[8] * 1000,
              (hand[1] + hand[3]) / 2 + hand[7] * hand[8] * 1000,
            ];
            const distances = rows
              .slice(2)
              .map(([x1, y1, x2, y2]) => Math.hypot((x1 + x2) / 2 - centre[0], (y1 + y2) / 2 - centre[1]));
            expect(Math.min(...distances)).toBeLessThan(0.01);
          }
        });
        expect(Object.keys(tracks)).toHaveLength(shape[0]);
      }
    }
    expect(touched).toBeGreaterThan(20);
  });

  function boxOf(mask: Uint8Array, width: number): number[] | undefined {
    const inside = [...mask].flatMap((value, pixel) => (value ? [pixel] : []));
    if (inside.length === 0) return undefined;
    const [columns, rows] = [inside.map((pixel) => pixel % width), inside.map((pixel) => Math.floor(pixel / width))];
    return [Math.min(...columns), Math.min(...rows), Math.max(...columns) + 1, Math.max(...rows) + 1];
  }
});

describe('EPIC-KITCHENS-100 retrieval', () => {
  it('reads as the published files do; every clip has a caption of relevancy 1', () => {
    const { clips, captions } = readEk100Retrieval(join(root, 'ek100/retrieval_annotations'));
    expect(clips).toHaveLength(manifest.counts.ek100TestClips);
    const key = (clip: (typeof clips)[number]) => `${clip.verbClass} ${[...clip.nounClasses].sort().join()}`;
    const told = new Set(captions.map(({ clip }) => key(clips[clip])));
    for (const clip of clips) {
      expect(told.has(key(clip))).toBe(true);
      expect(existsSync(join(root, 'ek100', clip.participantId, 'videos', `${clip.videoId}.MP4`))).toBe(true);
    }
    const ids = clips.map(({ narrationId }) => narrationId);
    expect([...ids].sort()).toEqual(ids);
    const train = lines('ek100/retrieval_annotations/EPIC_100_retrieval_train_sentence.csv');
    expect(train[0]).toBe('index,narration,verb_class,noun_classes,verb,nouns');
    expect(parsePythonLiteral(/"(\[\d.*?\])"|,(\[\d\]),/.exec(train[1])!.slice(1).find(Boolean)!)).toBeTruthy();
  });
});

describe('EGTEA', () => {
  it('tests every clip once in the three splits, in rooms that the split does not train on', () => {
    const actions = readEgteaActions(join(root, 'egtea'));
    const tested = ([1, 2, 3] as const).flatMap((split) => {
      const [train, test] = (['train', 'test'] as const).map((subset) =>
        readEgteaSplit(join(root, 'egtea'), split, actions.length, subset),
      );
      const room = ({ session }: { session: string }) => session.slice(0, 3);
      expect(test.map(room).filter((each) => train.map(room).includes(each))).toEqual([]);
      return test;
    });
    expect(tested).toHaveLength(manifest.counts.egteaClips);
    expect(new Set(tested.map(({ id }) => id)).size).toBe(tested.length);
    for (const { session, id } of tested)
      expect(existsSync(join(root, 'egtea/cropped_clips', session, `${id}.mp4`))).toBe(true);
  });
});

describe('Ego4D natural language queries', () => {
  it('ask for moments inside their clips, each question once a clip', async () => {
    for (const split of ['train', 'val']) {
      const queries = readEgoNlq(join(root, `ego4d-nlq/nlq_${split}.json`));
      expect(queries.length).toBeGreaterThan(2);
      expect(new Set(queries.map(({ clipUid, text }) => `${clipUid} ${text}`)).size).toBe(queries.length);
      for (const { start, end, clipStart, clipEnd, clipUid } of queries) {
        expect(start).toBeGreaterThanOrEqual(0);
        expect(end).toBeGreaterThan(start);
        expect(end).toBeLessThanOrEqual(clipEnd - clipStart);
        expect(existsSync(join(root, 'ego4d-nlq/clips', `${clipUid}.mp4`))).toBe(true);
      }
      const [{ clipUid, clipStart, clipEnd }] = queries;
      const { numFrames } = await readVideo(join(root, 'ego4d-nlq/clips', `${clipUid}.mp4`));
      expect(numFrames).toBe(Math.round((clipEnd - clipStart) * 8));
    }
  });
});

describe('H2O', () => {
  it('has colour, depth and pose of every listed frame; the test subject has a room of its own', () => {
    const listed = ['train', 'val', 'test'].map((split) => lines(`h2o/label_split/pose_${split}.txt`));
    expect(listed[2].every((path) => path.startsWith('subject4/'))).toBe(true);
    expect(listed[1].every((path) => /^subject3\/(k2|o1|o2)\//.test(path))).toBe(true);
    for (const path of listed.flat().filter((_, index) => index % 97 === 0)) {
      const rgb = readPng(join(root, 'h2o', path));
      const depth = readGreyPng(join(root, 'h2o', path.replace('/rgb/', '/depth/')));
      expect([rgb.width, rgb.height, depth.width, depth.height]).toEqual([32, 32, 32, 32]);
      expect(Math.min(...depth.data)).toBeGreaterThan(100);
      const pose = lines('h2o', path.replace('/rgb/', '/cam_pose/').replace('.png', '.txt'))[0].split(' ').map(Number);
      expect(pose).toHaveLength(16);
      expect(pose.slice(12)).toEqual([0, 0, 0, 1]);
      expect(Math.hypot(pose[0], pose[4], pose[8])).toBeCloseTo(1, 6);
    }
  });
});

describe('VISOR-HOS', () => {
  it('is COCO with masks of the pictures; objects are there for the hands that touch them', () => {
    const { images, masks } = readCocoInstances(join(root, 'visor-hos/annotations/val.json'));
    expect(masks.length).toBeGreaterThan(10);
    type Entry = { image_id: number; category_id: number; isincontact: number; area: number; offset: number[] };
    const { annotations, images: listed } = readJsonFile(join(root, 'visor-hos/annotations/val.json')) as {
      annotations: Entry[];
      images: { id: number; file_name: string }[];
    };
    for (const { file_name: file } of listed) expect(existsSync(join(root, 'visor-hos/images/val', file))).toBe(true);
    expect(images.size).toBe(listed.length);
    for (const { id } of listed) {
      const own = annotations.filter(({ image_id: image }) => image === id);
      const objects = own.filter(({ category_id: category }) => category === 2);
      expect(objects.length).toBe(
        own.filter(({ category_id: category, offset }) => category === 1 && offset[2] >= 0).length,
      );
    }
    expect(annotations.every(({ area }) => area >= 4)).toBe(true);
    expect(new Set(annotations.map(({ isincontact: contact }) => contact))).toEqual(new Set([-1, 0, 1]));
  });
});

describe('all formats', () => {
  it('have the same bytes whatever the number of threads', async () => {
    const few = {
      ...small.egoDtm,
      egoClip: { trainTakes: 1, valTakes: 1, questions: 2 },
      egtea: { takes: 1 },
      h2o: { takesPerSequence: 0 },
      nlq: { trainTakes: 0, valTakes: 0 },
    };
    const make = (name: string, workers: number) =>
      generateWorld({ ...small, size: 16, egoDtm: few }, join(folder, name), { workers });
    expect(await make('one', 1)).toEqual(await make('two', 2));
  }, 60_000);
});
