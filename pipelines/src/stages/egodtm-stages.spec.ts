import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { readJsonFile, readNpy } from '@egolab/foundation';
import { openEmbedder } from '@egolab/dual-encoder';
import { readPictures } from '@egolab/pictures';
import { tf } from '@egolab/runtime';
import { writePng } from '@egolab/video';
import { runStage } from '../run-stage.ts';
import { workspace as checkout, workspaceAt, type Workspace } from '../workspace.ts';

/** Preset `micro` with EgoDTM's part as small as it allows: a few clips, two steps. */
function tinyPreset(): object {
  const preset = parse(readFileSync(join(checkout.presets, 'micro.yaml'), 'utf8'));
  Object.assign(preset['egodtm-data'].world, {
    size: 32,
    fps: 4,
    takeDuration: [10, 12],
    samples: 1,
    rooms: { train: 1, heldOut: 3 },
    egoDtm: {
      egoClip: { trainTakes: 2, valTakes: 2, questions: 4 },
      ek100: { trainTakes: 0, testTakes: 2 },
      egtea: { takes: 3 },
      nlq: { trainTakes: 1, valTakes: 1, duration: [12, 12], clipsPerVideo: 1 },
      h2o: { takesPerSequence: 1, duration: [10, 10] },
      visor: { trainTakes: 0, valTakes: 1, everyFrames: 8 },
    },
  });
  const small = { hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 2 };
  Object.assign(preset['egodtm-models'].vision, { ...small, image_size: 32, patch_size: 16 });
  Object.assign(preset['egodtm-models'].text, { ...small, vocab_size: 300 });
  preset['egodtm-models'].projectionDim = 16;
  Object.assign(preset['egodtm-models'].depthDecoder, {
    hiddenDim: 16,
    numHeads: 2,
    ffnDim: 16,
    numLayers: 1,
    scale: 2,
  });
  Object.assign(preset['depth-pretrain'].training, { epochs: 1, globalBatchSize: 8, localBatchSize: 4 });
  preset['depth-pretrain'].augmentation = { frameSize: 40, cropScale: [0.5, 1] };
  const target = { scope: 'clip', precision: 'uint8', resize: 'last', shortSide: 32 };
  preset['pseudo-depth'] = { teacher: { kind: 'world' }, numFrames: 4, sampler: 'avion', target };
  const tracker = { kind: 'memory', maxSide: 32, memoryFrames: 2, reach: 0.5, topK: 4 };
  preset.enrich = {
    detector: { kind: 'world' },
    detectorTraining: preset.enrich.detectorTraining,
    tracker,
    generator: { kind: 'grammar' },
    promptFrame: 'first-contact',
    prompts: 'points-and-boxes',
    numFrames: 4,
  };
  const { detectorTraining } = preset.enrich;
  Object.assign(detectorTraining, {
    network: { imageSize: 32, channels: [4, 8, 8], pyramidChannels: 8 },
    maxFrames: 16,
  });
  preset['hoi-masks'].tracker = tracker;
  preset['probe-depth'].maxTrainingClips = 8;
  preset['ego-nlq'].vslnet.dim = 8;
  const trained = [detectorTraining, ...['probe-depth', 'ego-nlq', 'egtea-fusion'].map((stage) => preset[stage])];
  for (const { training } of trained) Object.assign(training, { epochs: 1, globalBatchSize: 8, localBatchSize: 4 });
  return preset;
}

const evaluations = ['evaluate-depth-pretrain', 'probe-depth', 'ego-nlq', 'egtea-fusion', 'hoi-masks'];

let root: string;
let workspace: Workspace;
const tensors = new Map<string, number>();

async function run(stage: string, sets: string[] = []): Promise<string> {
  const before = tf.memory().numTensors;
  const { variant } = await runStage(stage, {
    preset: 'tiny',
    sets,
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
  tensors.set([stage, ...sets].join(' '), tf.memory().numTensors - before);
  return join(workspace.artifacts, variant, stage);
}

const folder = (stage: string) => join(workspace.artifacts, 'tiny', stage);
const metrics = (path: string) => readJsonFile(join(path, 'metrics.json')) as Record<string, Record<string, unknown>>;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'egolab-egodtm-stages-'));
  workspace = { ...workspaceAt(root), root: checkout.root, stages: checkout.stages };
  mkdirSync(workspace.presets, { recursive: true });
  writeFileSync(join(workspace.presets, 'tiny.yaml'), stringify(tinyPreset()));
  const trained = ['egodtm-datasets', 'pseudo-depth', 'enrich', 'depth-pretrain'];
  for (const stage of [...trained, ...evaluations]) await run(stage);
}, 300_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the stages of EgoDTM', () => {
  it('pretrain a dual encoder that needs no decoder afterwards', () => {
    const embedder = openEmbedder(folder('depth-pretrain'));
    const { count, width } = embedder.texts(['C cuts the carrot.', 'C walks.']);
    expect([count, width]).toEqual([2, 16]);
    embedder.dispose();
    const history = readFileSync(join(folder('depth-pretrain'), 'history.csv'), 'utf8');
    expect(history.split('\n')[0]).toMatch(/loss.*contrast.*accuracy.*depth/);
  });

  it('are evaluated on every benchmark', () => {
    const scores = metrics(folder('evaluate-depth-pretrain'));
    expect(Object.keys(scores).sort()).toEqual(['depth', 'egomcq', 'egtea', 'ek100']);
    for (const benchmark of Object.values(scores)) expect(JSON.stringify(benchmark)).not.toContain('null');
    const predictions = (name: string) => join(folder('evaluate-depth-pretrain'), 'predictions', name);
    for (const name of ['ek100-mir.npy', 'egtea.npy']) expect(readNpy(predictions(name)).dtype).toBe('float32');
    expect(existsSync(predictions('egomcq.json'))).toBe(true);
    for (const stage of evaluations) expect(JSON.stringify(metrics(folder(stage)))).not.toContain('null');
    expect(metrics(folder('probe-depth'))['scaleAware']['rmse']).toBeGreaterThan(0);
    expect(Object.keys(metrics(folder('ego-nlq')))).toEqual(expect.arrayContaining(['R1_iou03', 'R5_iou05', 'chance']));
    expect(Object.keys(metrics(folder('egtea-fusion')))).toEqual(expect.arrayContaining(['rgb', 'rgbDepth']));
    expect(metrics(folder('hoi-masks'))['trueBoxes']['AP']).toBeGreaterThan(0);
  });

  it('give each question an outcome whose mean is the metric', () => {
    const percent = /accuracy|_acc|mAP|nDCG|iou/;
    for (const stage of evaluations.slice(0, -1)) {
      const outcomes = readJsonFile(join(folder(stage), 'outcomes.json')) as Record<string, Record<string, number>>;
      expect(Object.keys(outcomes).length).toBeGreaterThan(0);
      for (const [path, values] of Object.entries(outcomes)) {
        const all = Object.values(values);
        const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
        const metric = path
          .split('.')
          .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], metrics(folder(stage)));
        expect(mean * (percent.test(path) ? 100 : 1), `${stage} ${path}`).toBeCloseTo(metric as number, 4);
      }
    }
  });

  it('show pictures', () => {
    const names = (stage: string) => readPictures(folder(stage)).map(({ file }) => file);
    expect(names('enrich')).toEqual(['pictures/tracks.svg']);
    expect(names('pseudo-depth')).toEqual(['pictures/targets.png']);
    expect(names('evaluate-depth-pretrain')).toEqual(['pictures/retrieval.svg', 'pictures/decoder-depth.png']);
    expect(names('probe-depth')).toEqual(['pictures/depth-probing.png']);
    expect(names('ego-nlq')).toEqual(['pictures/queries.svg']);
    expect(names('hoi-masks')).toEqual(['pictures/masks.png']);
  });

  it('predict depth on images of the user', async () => {
    const images = join(root, 'images');
    mkdirSync(images);
    const data = new Uint8Array(40 * 60 * 3).map((_, i) => i % 251);
    writePng(join(images, 'kitchen_rgb.png'), { data, height: 40, width: 60, channels: 3 });
    const millimetres = new Uint16Array(40 * 60).map((_, i) => 500 + (i % 60) * 20);
    writePng(join(images, 'kitchen_depth_mm_u16.png'), { data: millimetres, height: 40, width: 60, channels: 1 });
    const sets = ['evaluate-depth-pretrain.benchmarks=[egomcq]', `evaluate-depth-pretrain.realFrames=${images}`];
    const out = await run('evaluate-depth-pretrain', sets);
    expect(readPictures(out)[0].caption).toContain('on 1 frames');
    expect(metrics(out)['realFrames']['n']).toBe(1);
    const nowhere = ['evaluate-depth-pretrain.benchmarks=[egomcq]', 'evaluate-depth-pretrain.realFrames=nowhere'];
    await expect(run('evaluate-depth-pretrain', nowhere)).rejects.toThrow('there is no such folder');
  }, 60_000);

  it('repeat themselves bit for bit, and run without depth and with a learned temperature', async () => {
    const weights = () => readFileSync(join(folder('depth-pretrain'), 'model.safetensors'));
    const once = weights();
    await run('depth-pretrain');
    expect(weights().equals(once)).toBe(true);
    const other = await run('depth-pretrain', [
      'depth-pretrain.losses.depth=false',
      'depth-pretrain.temperature=learned',
    ]);
    expect(readFileSync(join(other, 'history.csv'), 'utf8').split('\n')[0]).not.toContain('depth');
  }, 120_000);

  it('name test frames of H2O without depth', async () => {
    const h2o = join(folder('egodtm-datasets'), 'world/egodtm/h2o');
    const empty = new Uint16Array(32 * 32);
    for (const frame of readFileSync(join(h2o, 'label_split/pose_test.txt'), 'utf8').trim().split('\n'))
      writePng(join(h2o, frame.replace('/rgb/', '/depth/')), { data: empty, height: 32, width: 32, channels: 1 });
    await expect(run('probe-depth')).rejects.toThrow(/depth\/\d+\.png: none of \d+ test clips has a frame with depth/);
  }, 60_000);

  it('leave no tensors behind', () => {
    expect([...tensors].filter(([, left]) => left !== 0)).toEqual([]);
  });
});
