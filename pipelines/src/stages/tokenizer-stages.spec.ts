import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { readJsonFile } from '@egolab/foundation';
import { readPictures } from '@egolab/pictures';
import { tf } from '@egolab/runtime';
import { runStage } from '../run-stage.ts';
import { workspace as checkout, workspaceAt, type Workspace } from '../workspace.ts';

const STAGES = [
  'egom2p-datasets',
  'camera-tokenizer',
  'gaze-tokenizer',
  'adapt-tokenizers',
  'video-tokenizer',
  'tokenize',
  'masked-pretrain',
  'post-train',
  'evaluate-masked',
];

/** Preset `micro` with EgoM2P's part as small as it allows: one recording of each kind, a few steps of training. */
function tinyPreset(): object {
  const preset = parse(readFileSync(join(checkout.presets, 'micro.yaml'), 'utf8'));
  const none = { train: 0, heldOut: 0 };
  Object.assign(preset['egom2p-data'].world, {
    size: 16,
    samples: 1,
    rooms: { train: 1, heldOut: 1 },
    egoM2p: {
      pictureFps: 8,
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
        adt: { train: 0, heldOut: 3 },
        hoi4d: none,
        ase: none,
      },
    },
  });
  preset['egom2p-video'].size = 16;
  for (const stage of ['camera-tokenizer', 'gaze-tokenizer']) {
    Object.assign(preset[stage].model, { dim: 16, depth: 1, numHeads: 2, codebookSize: 16, latentDim: 4 });
    Object.assign(preset[stage].training, { epochs: 1, globalBatchSize: 8, localBatchSize: 4 });
  }
  const video = preset['video-tokenizer'];
  Object.assign(video.model, { channels: 4, channelsMult: [1], zChannels: 4 });
  Object.assign(video.training, { epochs: 1, globalBatchSize: 8, localBatchSize: 8 });
  Object.assign(video, { crop: { frames: 9, side: 16 }, maxTrainingClips: 5, maxEvaluationClips: 2 });
  preset.tokenize.trainStride = 60;
  Object.assign(preset['adapt-tokenizers'], { heldOutClips: 3, trainStride: 30 });
  Object.assign(preset['adapt-tokenizers'].training, { epochs: 1 });
  Object.assign(preset['masked-model'], { dim: 24, numHeads: 2, encoderDepth: 1, decoderDepth: 1 });
  for (const [stage, sources] of Object.entries({
    'masked-pretrain': ['ego-exo4d', 'egogen'],
    'post-train': ['adt'],
  })) {
    Object.assign(preset[stage], { sources });
    Object.assign(preset[stage].training, { epochs: 1, globalBatchSize: 8, localBatchSize: 8 });
  }
  Object.assign(preset['evaluate-masked'], {
    sources: ['ego-exo4d'],
    maxClips: 3,
    maxTrainingClips: 3,
    examples: 1,
    draws: { tok_cam: 'expectation', tok_depth: 1, tok_gaze: 2, tok_rgb: 1 },
  });
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
}, 600_000); // nine stages; the machine may be busy

afterAll(() => rmSync(root, { recursive: true, force: true }));

it('each tokenizer is judged on held-out recordings', () => {
  const finite = expect.any(Number);
  expect(metrics('camera-tokenizer')).toMatchObject({
    val: { perplexity: finite, codebook_used: finite, translation_cm: finite, rotation_deg: finite },
  });
  expect(metrics('gaze-tokenizer')).toMatchObject({ val: { perplexity: finite, distance: finite, mse: finite } });
  expect(metrics('video-tokenizer')).toMatchObject({ val: { rgb: { videos: 2, psnr: finite, l1: finite } } });
});

it('the tokens of every training clip are written by source and modalities', () => {
  const { clips } = metrics('tokenize') as { clips: Record<string, Record<string, Record<string, number>>> };
  expect(Object.keys(clips.train).sort()).toEqual(['adt', 'ego-exo4d', 'egogen']);
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

it('tokenizers are judged before and after they are adapted to another source', () => {
  const error = expect.any(Number);
  const judged = { seen: { translation_cm: error }, held_out: { clips: 3, translation_cm: error } };
  expect(metrics('adapt-tokenizers')).toMatchObject({ camera: { before: judged, after: judged } });
  expect(readPictures(folder('adapt-tokenizers'))).toHaveLength(1);
});

it('the masked model is judged on held-out clips beside predictors that do not look, with pictures and a value a clip', () => {
  const scores = metrics('evaluate-masked') as Record<string, Record<string, Record<string, Record<string, Row>>>>;
  type Row = Record<string, number>;
  const { camera, gaze } = scores.held_out.pretrained;
  expect(Object.keys(camera)).toEqual(
    expect.arrayContaining(['model', 'tokenizer', 'identity', 'constant_velocity', 'training_mean']),
  );
  expect(Object.keys(gaze)).toEqual(expect.arrayContaining(['model', 'image_centre', 'training_mean']));
  expect(Object.keys(scores.unseen.post_trained.depth)).toEqual(expect.arrayContaining(['model', 'tokenizer']));
  const outcomes = readJsonFile(join(folder('evaluate-masked'), 'outcomes.json')) as Record<string, Row>;
  const values = Object.values(outcomes['unseen.post_trained.depth.model.abs_rel']);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean).toBeCloseTo((scores.unseen.post_trained.depth.model as Row).abs_rel, 9);
  const pictures = readPictures(folder('evaluate-masked')).map(({ file }) => file);
  expect(pictures).toEqual(
    expect.arrayContaining(['pictures/camera.svg', 'pictures/gaze.png', 'pictures/camera-unseen.svg']),
  );
});

it('no stage leaks tensors', () => {
  expect(Object.fromEntries(leaked)).toEqual(Object.fromEntries(STAGES.map((stage) => [stage, 0])));
});
