import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { readJsonFile } from '@egolab/foundation';
import { tf } from '@egolab/runtime';
import { runStage } from '../run-stage.ts';
import { workspace as checkout, workspaceAt, type Workspace } from '../workspace.ts';

const STAGES = ['egom2p-datasets', 'camera-tokenizer', 'gaze-tokenizer', 'video-tokenizer', 'tokenize'];

/** Preset `micro` with EgoM2P's part as small as it allows: one recording of each kind, a few steps a tokenizer. */
function tinyPreset(): object {
  const preset = parse(readFileSync(join(checkout.presets, 'micro.yaml'), 'utf8'));
  const none = { train: 0, heldOut: 0 };
  Object.assign(preset['egom2p-data'].world, {
    size: 32,
    samples: 1,
    rooms: { train: 1, heldOut: 1 },
    egoM2p: {
      fps: 12, // poses further apart than a tenth of a second count as lost
      duration: [10, 11],
      takes: {
        'ego-exo4d': { train: 1, heldOut: 1 },
        holoassist: none,
        'hot3d-aria': none,
        'hot3d-quest': none,
        arctic: none,
        h2o: none,
        taco: none,
        egogen: { train: 1, heldOut: 0 },
        adt: none,
        hoi4d: none,
        ase: none,
      },
    },
  });
  preset['egom2p-video'].size = 32;
  for (const stage of ['camera-tokenizer', 'gaze-tokenizer']) {
    Object.assign(preset[stage].model, { dim: 16, depth: 1, numHeads: 2, codebookSize: 16, latentDim: 4 });
    Object.assign(preset[stage].training, { epochs: 1, globalBatchSize: 8, localBatchSize: 4 });
  }
  const video = preset['video-tokenizer'];
  Object.assign(video.model, { channels: 4, channelsMult: [1, 2], zChannels: 4 });
  Object.assign(video.training, { epochs: 1, globalBatchSize: 8, localBatchSize: 8 });
  Object.assign(video, { crop: { frames: 9, side: 16 }, maxEvaluationClips: 2 });
  return preset;
}

let root: string;
let workspace: Workspace;
const leaked = new Map<string, number>();

async function run(stage: string): Promise<void> {
  const before = tf.memory().numTensors;
  await runStage(stage, {
    preset: 'tiny',
    sets: [],
    workspace,
    progress: { note() {}, phase: () => ({ advance() {}, end() {} }) },
    environment: async () => ({ git: { revision: 'abc', dirty: false }, device: 'cpu', versions: {}, tags: {} }),
    openTracker: async () => ({
      runId: 'run',
      logMetrics() {},
      logParams() {},
      setTags() {},
      logArtifact() {},
      logDataset() {},
      finish: async () => {},
    }),
  });
  leaked.set(stage, tf.memory().numTensors - before);
}

const folder = (stage: string) => join(workspace.artifacts, 'tiny', stage);
const metrics = (stage: string) => readJsonFile(join(folder(stage), 'metrics.json'));

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'egolab-tokenizer-stages-'));
  workspace = { ...workspaceAt(root), root: checkout.root, stages: checkout.stages };
  mkdirSync(workspace.presets, { recursive: true });
  writeFileSync(join(workspace.presets, 'tiny.yaml'), stringify(tinyPreset()));
  for (const stage of STAGES) await run(stage);
}, 180_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

it('each tokenizer is judged on held-out recordings', () => {
  const finite = expect.any(Number);
  expect(metrics('camera-tokenizer')).toMatchObject({
    val: { perplexity: finite, codebook_used: finite, translation_cm: finite, rotation_deg: finite },
  });
  expect(metrics('gaze-tokenizer')).toMatchObject({ val: { perplexity: finite, distance: finite, mse: finite } });
  expect(metrics('video-tokenizer')).toMatchObject({ val: { rgb: { videos: 2, psnr: finite, l1: finite } } });
});

it('the tokens of every clip are written by source and modalities', () => {
  const { clips } = metrics('tokenize') as { clips: Record<string, Record<string, Record<string, number>>> };
  expect(Object.keys(clips.train).sort()).toEqual(['ego-exo4d', 'egogen']);
  expect(Object.keys(clips.val)).toEqual(['ego-exo4d']); // EgoGen has no held-out part
  expect(Object.keys(clips.train.egogen)).toEqual(['camera-depth-rgb']);
  const written = readdirSync(join(folder('tokenize'), 'tokens', 'train')).sort();
  expect(written).toContain('egogen.camera-depth-rgb');
  for (const source of written) {
    const { modalities } = readJsonFile(join(folder('tokenize'), 'tokens', 'train', source, 'tokens.json')) as {
      modalities: Record<string, { vocabularySize: number; shape: number[] }>;
    };
    if (source.includes('camera')) expect(modalities.tok_cam).toEqual({ vocabularySize: 16, shape: [30] });
    if (source.includes('rgb')) expect(modalities.tok_rgb).toEqual({ vocabularySize: 1000, shape: [5, 4, 4] });
  }
});

it('no stage leaks tensors', () => {
  expect(Object.fromEntries(leaked)).toEqual(Object.fromEntries(STAGES.map((stage) => [stage, 0])));
});
