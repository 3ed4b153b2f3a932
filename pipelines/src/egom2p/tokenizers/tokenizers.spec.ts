import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TokenShards, type EgoM2pClip } from '@egolab/ego-data';
import { Random } from '@egolab/foundation';
import { tf } from '@egolab/runtime';
import {
  cameraReconstruction,
  CameraTokenizer,
  gazeReconstruction,
  GazeTokenizer,
  releasedStandardization,
  sequenceTokenizerConfigSchema,
  standardizationOf,
} from '@egolab/sequence-tokenizer';
import { VideoTokenizer, videoTokenizerConfigSchema } from '@egolab/video-tokenizer';
import { describe, expect, it } from 'vitest';
import { tokenNames } from '../model/tokens.ts';
import { evaluateVideoTokenizer } from './evaluate-video.ts';
import { evaluateSequenceTokenizer, trainSequenceTokenizer } from './train-sequence.ts';
import { VideoClips, videoExamples } from './video-clips.ts';
import { tokenFormats, writeTokens } from './write-tokens.ts';

const SIDE = 32;
const folder = () => mkdtempSync(join(tmpdir(), 'egolab-tokenizers-'));
const small = { dim: 16, depth: 1, numHeads: 2, codebookSize: 16, latentDim: 4 };
const cameraConfig = sequenceTokenizerConfigSchema.parse({ modality: 'camera', ...small });
const gazeConfig = sequenceTokenizerConfigSchema.parse({ modality: 'gaze', ...small });
const videoConfig = videoTokenizerConfigSchema.parse({
  channels: 4,
  channelsMult: [1, 2],
  numResBlocks: 1,
  zChannels: 4,
});

/** Walking straight on at `speed` metres a frame. */
const walk = (speed: number) =>
  Float32Array.from(Array.from({ length: 60 }, (_, t) => [1, 0, 0, 0, 1, 0, 0, 0, t * speed]).flat());

const still = (x: number) => ({ xy: new Float32Array(120).fill(x), valid: new Uint8Array(60).fill(1) });

/** A clip of made-up numbers with the modalities of `has`. */
function clip(index: number, has: readonly ('rgb' | 'depth' | 'gaze' | 'camera')[]): EgoM2pClip {
  const pixels = (count: number) => Uint8Array.from({ length: count }, (_, i) => (i * 7 + index * 31) % 256);
  return {
    source: 'holoassist',
    key: `take-${String(index).padStart(4, '0')}-0`,
    sequence: 'take',
    start: 2 * index,
    rgb: has.includes('rgb') ? { read: async (size) => pixels(16 * size * size * 3) } : undefined,
    depth: has.includes('depth')
      ? { read: async (size) => pixels(16 * size * size), readMetres: undefined }
      : undefined,
    gaze: has.includes('gaze') ? still(index / 10) : undefined,
    camera: has.includes('camera') ? walk(index / 100) : undefined,
  };
}

const settings = {
  codebook: { emaDecay: 0.99, deadCodes: { rule: 'per-batch' as const, coefficient: 32 } },
  commitmentWeight: 1,
  training: {
    epochs: 25,
    globalBatchSize: 8,
    localBatchSize: 8,
    optimizer: {
      learningRate: 3e-3,
      warmupRatio: 0.1,
      weightDecay: 0,
      beta1: 0.9,
      beta2: 0.99,
      epsilon: 1e-8,
      maxGradNorm: 1,
    },
    precision: 'float32' as const,
    gradientCheckpointing: false,
    saveEverySteps: 1000,
  },
};

function context() {
  const tracker = { logMetrics() {} } as never;
  return {
    params: settings,
    seed: 1,
    stateFolder: folder(),
    tracker,
    signal: new AbortController().signal,
  };
}

describe('training on one modality', () => {
  const clips = Array.from({ length: 16 }, (_, i) => walk(i / 400));

  it('learns a codebook that tells speeds apart, and finds its bits again', async () => {
    const run = async () => {
      const tokenizer = CameraTokenizer.initialize(cameraConfig, standardizationOf(clips), new Random(1));
      const keys = clips.map((_, i) => String(i));
      const { history } = await trainSequenceTokenizer(context(), tokenizer, { keys, clips }, 'per-frame');
      return { tokenizer, history: history! };
    };
    const { tokenizer, history } = await run();
    expect(history).toHaveLength(50);
    expect(history.at(-1)!.reconstruction).toBeLessThan(0.5 * history[0].reconstruction);
    const metrics = evaluateSequenceTokenizer(tokenizer, clips, cameraReconstruction);
    expect(metrics.perplexity).toBeGreaterThan(3);
    expect(metrics.translation_cm).toBeLessThan(50); // they walk up to 2.2 m
    const again = await run();
    expect(again.tokenizer.parameters.digest()).toBe(tokenizer.parameters.digest());
  });

  it('survives batches without a valid frame of gaze', async () => {
    const lost = { xy: new Float32Array(120), valid: new Uint8Array(60) };
    const tokenizer = GazeTokenizer.initialize(gazeConfig, new Random(1));
    const short = { ...context(), params: { ...context().params, training: { ...settings.training, epochs: 2 } } };
    const sequences = { keys: Array.from({ length: 8 }, (_, i) => String(i)), clips: Array(8).fill(lost) };
    const { history } = await trainSequenceTokenizer(short, tokenizer, sequences, 'per-frame');
    expect(history!.every(({ reconstruction, loss }) => reconstruction === 0 && Number.isFinite(loss))).toBe(true);
    expect(evaluateSequenceTokenizer(tokenizer, [still(0.5)], gazeReconstruction).validFrames).toBe(60);
  });
});

describe('videos', () => {
  it('are cut into boxes, the same for the same seed, and judged by modality', async () => {
    const clips = [clip(1, ['rgb', 'depth']), clip(2, ['rgb'])];
    const examples = videoExamples(clips);
    expect(examples.map(({ clip, modality }) => `${clip.key} ${modality}`)).toEqual([
      'take-0001-0 rgb',
      'take-0001-0 depth',
      'take-0002-0 rgb',
    ]);
    const videos = new VideoClips(SIDE, 1e6);
    const crop = { frames: 9, height: 16, width: 16 };
    const [a, b] = [
      await videos.batch(examples, crop, new Random(1)),
      await videos.batch(examples, crop, new Random(1)),
    ];
    expect(a.shape).toEqual([3, 9, 16, 16, 3]);
    expect(a.dataSync()).toEqual(b.dataSync());
    const depth = tf.slice(a, 1, 1);
    const channels = tf.split(depth, 3, 4);
    expect(tf.max(tf.abs(tf.sub(channels[0], channels[2]))).dataSync()[0]).toBe(0);
    const tokenizer = VideoTokenizer.initialize(videoConfig, new Random(1));
    const metrics = await evaluateVideoTokenizer(tokenizer, videos, examples);
    expect(metrics).toMatchObject({ rgb: { videos: 2, psnr: expect.any(Number) }, depth: { videos: 1 } });
  });
});

describe('tokenize', () => {
  it('writes shards of clips with the same modalities, which the masked model reads', async () => {
    const tokenizers = {
      camera: CameraTokenizer.initialize(cameraConfig, releasedStandardization, new Random(1)),
      gaze: GazeTokenizer.initialize(gazeConfig, new Random(2)),
      video: VideoTokenizer.initialize(videoConfig, new Random(3)),
    };
    const size = { frames: 16, height: SIDE, width: SIDE };
    const clips = Array.from({ length: 20 }, (_, i) =>
      clip(i, i % 4 === 3 ? ['rgb', 'camera'] : ['rgb', 'depth', 'gaze', 'camera']),
    );
    const out = folder();
    const before = tf.memory().numTensors;
    const counts = await writeTokens((async function* () { yield* clips; })(), tokenizers, size, out); // prettier-ignore
    expect(tf.memory().numTensors).toBe(before);
    expect(counts).toEqual({ 'camera-depth-gaze-rgb': 15, 'camera-rgb': 5 });
    expect(readdirSync(out).sort()).toEqual(['holoassist.camera-depth-gaze-rgb', 'holoassist.camera-rgb']);

    const formats = Object.fromEntries(
      Object.entries(tokenFormats(tokenizers, size)).map(([modality, format]) => [
        tokenNames[modality as 'rgb'],
        format,
      ]),
    );
    expect(formats[tokenNames.rgb]).toEqual({ vocabularySize: 64000, shape: [5, 4, 4] });
    const shards = TokenShards.open(join(out, 'holoassist.camera-rgb'), formats);
    expect(shards.length).toBe(5);
    const { key, tokens } = shards.read(0);
    expect(key).toBe('take-0003-0');
    expect(tokens[tokenNames.camera]).toEqual(tokenizers.camera.tokenize([walk(0.03)])[0]);
    expect(tokens[tokenNames.rgb]).toHaveLength(80);
  });
});
