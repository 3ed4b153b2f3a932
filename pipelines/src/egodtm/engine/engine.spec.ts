import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { Random, UserError } from '@egolab/foundation';
import { tf } from '@egolab/runtime';
import { generateWorld } from '@egolab/synthetic-world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentProgress } from '../../progress.ts';
import type { StageResult } from '../../stage.ts';
import { enrich } from '../../stages/enrich.ts';
import { pseudoDepth } from '../../stages/pseudo-depth.ts';
import { workspace } from '../../workspace.ts';
import { worldDataSettings } from '../../world-datasets.ts';
import { openDepthTargets, readCaptions } from '../clip-files.ts';
import { readTrainingClips } from './clips.ts';

const root = mkdtempSync(join(tmpdir(), 'engine-'));
const data = join(root, 'data');
const egoClip = join(data, 'world/egodtm/egoclip');
const micro = parse(readFileSync(join(workspace.presets, 'micro.yaml'), 'utf8')) as Record<string, never>;
const tinyTeacher = fileURLToPath(new URL('../../../../libs/depth-anything/src/fixtures/tiny', import.meta.url));
let captions: string[];

beforeAll(async () => {
  const none = { trainTakes: 0, testTakes: 1 };
  const egoDtm = {
    egoClip: { trainTakes: 2, valTakes: 1, questions: 0 },
    ek100: none,
    egtea: { takes: 3 },
    nlq: { trainTakes: 0, valTakes: 0 },
    h2o: { takesPerSequence: 0 },
    visor: { trainTakes: 0, valTakes: 0 },
  };
  const world = {
    size: 32,
    fps: 6,
    samples: 1,
    takeDuration: [10, 12] as [number, number],
    rooms: { train: 1, heldOut: 3 },
  };
  await generateWorld({ ...world, exo2Ego: false, egoDtm }, join(data, 'world'), { workers: 1 });
  captions = (await readTrainingClips(egoClip)).clips.map(({ text }) => text);
}, 120_000);
afterAll(() => rmSync(root, { recursive: true }));

/** Run a stage by itself; its parameters are those of `micro` but for `changes`. */
async function run(
  stage: typeof enrich | typeof pseudoDepth,
  name: string,
  changes: object,
): Promise<{ result: StageResult; folder: string }> {
  const folder = join(root, name);
  mkdirSync(folder);
  const before = tf.memory().numTensors;
  const result = await stage.run({
    params: stage.params.parse({ ...(micro[stage.name] as object), ...changes }) as never,
    config: { 'egodtm-data': worldDataSettings.parse({ root: null, world: {} }) },
    seed: 0,
    random: new Random(0),
    inputs: { data },
    out: {
      folder,
      path: (file) => join(folder, file),
      write: (file, content) => writeFileSync(join(folder, file), content),
    },
    stateFolder: join(root, `${name}-state`),
    tracker: { logMetrics() {} } as never,
    progress: silentProgress,
    signal: new AbortController().signal,
  });
  expect(tf.memory().numTensors).toBe(before);
  return { result, folder };
}

describe('stage pseudo-depth', () => {
  it('writes exact depth that depth-pretrain can read', async () => {
    const { result, folder } = await run(pseudoDepth, 'exact', {
      numFrames: 3,
      target: { scope: 'clip', precision: 'uint8', resize: 'first', shortSide: 16 },
    });
    expect(result.metrics).toMatchObject({ clips: captions.length, targets: captions.length, skipped: 0 });
    const targets = openDepthTargets(folder, captions.length);
    const maps = targets.read(captions.length - 1);
    expect(maps).toMatchObject({ numFrames: 3, height: 16, width: 16 });
    expect(Math.max(...maps.data)).toBe(1);
    expect(Math.min(...maps.data)).toBe(0);
  });

  it('asks a network of the Depth Anything family', async () => {
    const teacher = { kind: 'depth-anything', folder: tinyTeacher, keepAspectRatio: false };
    const { result } = await run(pseudoDepth, 'network', {
      teacher,
      numFrames: 1,
      target: { scope: 'frame', precision: 'uint8', resize: 'last', shortSide: 14 },
    });
    expect(result.metrics).toMatchObject({ targets: captions.length });
  });

  it('says so when no clip has a target', async () => {
    mkdirSync(join(root, 'npz'));
    const nothing = run(pseudoDepth, 'files', { teacher: { kind: 'files', folder: join(root, 'npz') } });
    await expect(nothing).rejects.toThrow(UserError);
    await expect(nothing).rejects.toThrow(
      /none of \d+ clips has a depth target: no depth file \(\d+\)\n.*<narration_time>_depth\.npz/,
    );
  });
});

describe('stage enrich', () => {
  it('trains its detector, enriches, and says of every other clip why not', async () => {
    const { detectorTraining } = micro.enrich as { detectorTraining: { training: object } };
    const small = { network: { imageSize: 32, channels: [8, 8, 8], pyramidChannels: 8 }, maxFrames: 32 };
    const { result, folder } = await run(enrich, 'trained', {
      detector: { kind: 'trained', folder: null },
      detectorTraining: { ...small, training: { ...detectorTraining.training, epochs: 1 } },
    });
    expect((result.metrics as { detector: object }).detector).toHaveProperty('handRecall');
    expect(result.history).toHaveLength(2);
    const { clips, enriched, rejected, skipped } = result.metrics as Record<string, number>;
    expect([clips, enriched + rejected + skipped]).toEqual([captions.length, captions.length]);
    expect(readCaptions(folder, captions)).toHaveLength(captions.length);
    // what was trained serves again
    const again = await run(enrich, 'again', {
      detector: { kind: 'trained', folder: join(folder, 'detector') },
      detectorTraining: null,
    });
    expect(again.result.metrics).toMatchObject({ enriched, rejected, skipped });
  }, 120_000);

  it('reads detections and masks in the layout of the authors', async () => {
    const files = {
      detector: { kind: 'files', folder: join(egoClip, 'detections') },
      tracker: { kind: 'sam2-files', folder: join(egoClip, 'tracks') },
      detectorTraining: null,
    };
    const { result, folder } = await run(enrich, 'files-too', files);
    const exact = (await run(enrich, 'labels', { detectorTraining: null })).result.metrics as Record<string, number>;
    expect((result.metrics as Record<string, number>).enriched).toBeGreaterThan(captions.length / 3);
    expect(exact.enriched).toBeGreaterThan(captions.length / 3);
    for (const [clip, caption] of readCaptions(folder, captions).entries())
      if (caption !== undefined) expect(caption.startsWith(captions[clip].replace(/\.$/, ','))).toBe(true);
  });

  it('needs labels to train on', async () => {
    const hidden = `${egoClip}/ground-truth`;
    cpSync(hidden, join(root, 'kept'), { recursive: true });
    rmSync(hidden, { recursive: true });
    await expect(run(enrich, 'unlabelled', {})).rejects.toThrow(/no labelled frames to train the hand-object detector/);
    renameSync(join(root, 'kept'), hidden);
    const none = { detector: { kind: 'trained', folder: null }, detectorTraining: null };
    await expect(run(enrich, 'untrained', none)).rejects.toThrow(/enrich.detector: expected the folder of a detector/);
  });
});
