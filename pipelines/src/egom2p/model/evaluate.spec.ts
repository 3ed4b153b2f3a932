import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toNineNumbers, type EgoM2pClip, type Pose } from '@egolab/ego-data';
import { Random } from '@egolab/foundation';
import { tf } from '@egolab/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentProgress } from '../../progress.ts';
import type { Metrics } from '../../stage.ts';
import { trainingMeans, type TrainingMeans } from './baselines.ts';
import { ClipCodec } from './clip-codec.ts';
import { evaluateRun, frameSize, latencyOfRun, writeExamples } from './evaluate-run.ts';
import { evaluateTask, predictValues, type Predictor } from './evaluate.ts';
import { evaluationPictures } from './evaluation-pictures.ts';
import { writeTinyRun } from './fixtures/tiny-run.ts';
import { loadMaskedModel, type SavedMaskedModel } from './masked-model-files.ts';
import { evaluationTasks, type EvaluationTask } from './scorers.ts';
import { decodingSettings } from './settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'egolab-evaluate-'));
const SIZE = 32;

/** A clip whose camera goes `speed` metres a frame to the right, whose gaze stands still, and whose depth is a ramp. */
function clip(seed: number, speed: number, [x, y]: [number, number]): EgoM2pClip {
  const random = new Random(seed);
  const noise = Uint8Array.from({ length: 16 * SIZE * SIZE * 3 }, () => random.integer(0, 255));
  const metres = Float32Array.from({ length: 16 * SIZE * SIZE }, (_, i) => 1 + (i % SIZE) / SIZE);
  const poses = Array.from({ length: 60 }, (_, t): Pose => ({
    rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    translation: [speed * t, 0, 0],
  }));
  return {
    source: 'egogen',
    key: `clip-${seed}`,
    sequence: 'a',
    start: 0,
    rgb: { read: async () => noise },
    depth: {
      read: async () => Uint8Array.from(metres, (depth) => Math.floor(510 / depth - 255)),
      readMetres: async () => metres,
    },
    gaze: { xy: Float32Array.from({ length: 120 }, (_, i) => (i % 2 ? y : x)), valid: new Uint8Array(60).fill(1) },
    camera: toNineNumbers(poses),
  };
}

const decoding = decodingSettings.parse({
  tok_cam: { steps: 3 },
  tok_depth: { steps: 2 },
  tok_gaze: { steps: 1, guidance: 0 },
  tok_rgb: { steps: 2 },
});

const draws = { tok_cam: 1, tok_depth: 1, tok_gaze: 1, tok_rgb: 1 };

let run: string;
let saved: SavedMaskedModel;
let predictor: Predictor;
let means: TrainingMeans;
const clips = [clip(1, 0.01, [0.25, 0.5]), clip(2, 0.03, [0.75, 0.5])];

beforeAll(async () => {
  run = writeTinyRun(folder).run;
  saved = loadMaskedModel(run);
  predictor = { model: saved.model, codec: ClipCodec.load(saved.tokenizers, saved.model), decoding, draws, seed: 1 };
  means = await trainingMeans(clips, SIZE);
});
afterAll(() => {
  predictor.codec.dispose();
  saved.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const evaluate = async (task: EvaluationTask, which = clips) =>
  (await evaluateTask(predictor, task, which, means, silentProgress)).metrics as Record<string, Record<string, number>>;

describe('evaluation of the masked model', () => {
  it('compares the camera with standing still, going on and the mean of training', async () => {
    const before = tf.memory().numTensors;
    const scores = await evaluate('camera');
    expect(tf.memory().numTensors).toBe(before);
    expect(scores.clips).toBe(2);
    // root mean square of speed t, t from 0 to 59
    const distance = Math.sqrt((59 * 119) / 6);
    expect(scores.identity.ATE_none).toBeCloseTo(0.02 * distance, 5);
    expect(scores.identity.RTE).toBeCloseTo(0.02, 6);
    expect(scores.constant_velocity.ATE_none).toBeCloseTo(0, 5);
    expect(scores.training_mean.ATE_none).toBeCloseTo(0.01 * distance, 5);
    for (const row of [scores.model, scores.tokenizer])
      expect(Object.keys(row)).toEqual(['ATE_none', 'ATE_se3', 'ATE_sim3', 'RTE', 'RRE']);
  });

  it('compares gaze with the centre and the mean of training', async () => {
    const { image_centre, training_mean, model } = await evaluate('gaze');
    expect(image_centre.mse).toBeCloseTo(0.25 ** 2 / 2, 6);
    expect(training_mean.mse).toBeCloseTo(0.25 ** 2 / 2, 6);
    expect(model.mse).toBeGreaterThan(0);
  });

  it('compares depth with the mean map and colour with the mean image', async () => {
    const depth = await evaluate('depth');
    expect(depth.mean_depth_map.abs_rel).toBeLessThan(0.01); // all clips have the same ramp
    expect(depth.mean_depth_map.delta1).toBe(1);
    expect(Object.keys(depth.model)).toEqual(['abs_rel', 'delta1']);
    const { model, mean_image } = await evaluate('synthesis');
    expect(model.psnr).toBeGreaterThan(3);
    expect(mean_image.psnr).toBeGreaterThan(model.psnr);
  });

  it('leaves out clips that lack what is asked, and says how many there were', async () => {
    const without = { ...clips[0], gaze: undefined, camera: undefined, depth: undefined };
    for (const task of Object.keys(evaluationTasks) as EvaluationTask[])
      expect(await evaluate(task, [without])).toEqual({ clips: 0 } as unknown as Metrics);
  });

  it('has a value of every clip behind every metric', async () => {
    const { metrics, outcomes } = await evaluateTask(predictor, 'camera', clips, means, silentProgress);
    const values = Object.values(outcomes['identity.ATE_none']);
    expect(Object.keys(outcomes['identity.ATE_none'])).toEqual(['egogen/clip-1', 'egogen/clip-2']);
    const { identity } = metrics as Record<string, Record<string, number>>;
    expect((values[0] + values[1]) / 2).toBeCloseTo(identity.ATE_none, 12);
  });

  it('averages draws, and a mean camera is a rotation', () => {
    const given = [{ tok_rgb: new Int32Array(80) }];
    const hot = { ...predictor, decoding: { ...decoding, tok_cam: { ...decoding.tok_cam, temperature: 1, topP: 0 } } };
    const single = [1, 2].map((seed) => predictValues({ ...hot, seed }, given, 'camera')[0]);
    const [both] = predictValues({ ...hot, draws: { ...draws, tok_cam: 2 } }, given, 'camera');
    expect(both[6]).toBeCloseTo((single[0][6] + single[1][6]) / 2, 6);
    expect(Math.hypot(...both.subarray(0, 3))).toBeCloseTo(1, 6);
  });

  it('decodes what is expected of a modality, without drawing', () => {
    const given = [{ tok_rgb: new Int32Array(80) }, { tok_rgb: new Int32Array(80).fill(1) }];
    const before = tf.memory().numTensors;
    const expecting = { ...predictor, draws: { ...draws, tok_cam: 'expectation', tok_depth: 'expectation' } as const };
    const [camera] = predictValues(expecting, given, 'camera');
    expect(predictValues({ ...expecting, seed: 9 }, given, 'camera')[0]).toEqual(camera);
    expect(predictValues(expecting, given, 'depth').map(({ length }) => length)).toEqual([
      16 * SIZE ** 2,
      16 * SIZE ** 2,
    ]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('does all tasks of a stage’s model and times one pass, and leaves no tensors', async () => {
    const before = tf.memory().numTensors;
    const examination = { clips: clips.slice(0, 1), means, decoding, draws, seed: 1, examples: 1 };
    const { metrics, outcomes, examples } = await evaluateRun(run, examination, silentProgress);
    expect(Object.keys(metrics)).toEqual(['camera', 'gaze', 'depth', 'synthesis']);
    expect(outcomes['gaze.image_centre.mse']['egogen/clip-1']).toBeCloseTo(0.25 ** 2 / 2, 6);
    await writeExamples(examples, SIZE, join(folder, 'examples'));
    for (const kind of ['predicted', 'true'])
      expect(readdirSync(join(folder, 'examples', 'egogen-clip-1', kind)).sort()).toEqual([
        'camera.tum',
        'depth',
        'depth.mp4',
        'gaze.csv',
        'rgb',
        'rgb.mp4',
      ]);
    const pictures = evaluationPictures(SIZE, examples, { pretrained: examples, postTrained: examples });
    expect(pictures.map(({ name }) => name)).toEqual(['camera', 'camera-unseen', 'gaze', 'depth', 'synthesis']);
    const { one_pass, configured } = (await latencyOfRun(run, examination)) as Record<string, number>;
    expect(Math.min(one_pass, configured)).toBeGreaterThan(0);
    expect(await latencyOfRun(run, { ...examination, clips: [] })).toEqual({});
    expect(frameSize(run)).toBe(SIZE);
    expect(tf.memory().numTensors).toBe(before);
  });
});
