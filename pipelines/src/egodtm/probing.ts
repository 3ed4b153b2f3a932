import type { Scalar, Tensor, Tensor4D } from '@tensorflow/tfjs-node-gpu';
import { depthProbe, sigLoss, type DepthProbeConfig } from '@egolab/depth-decoder';
import { videoGrid, videoTower } from '@egolab/dual-encoder';
import { UserError } from '@egolab/foundation';
import { depthErrors, type DepthErrors } from '@egolab/metrics';
import type { Parameters } from '@egolab/nn';
import { tf, valuesOf } from '@egolab/runtime';
import type { LossResult } from '@egolab/training';
import type { Progress } from '../progress.ts';
import type { Metrics } from '../stage.ts';
import { framePixels } from './frozen.ts';
import { middleSquare, type ProbeClip, type ProbeSample } from './h2o-clips.ts';
import type { DualEncoder } from './model.ts';
import type { Outcomes } from './outcomes.ts';
import { boundsOf, depthPicture, levels, spread, type DepthColumn } from './paint.ts';

/** The head on a frozen encoder (section 4.1). */
export interface Probe {
  readonly model: DualEncoder;
  readonly config: DepthProbeConfig;
  readonly head: Parameters;
  /** patch tokens of clips */
  readonly patches: (samples: readonly ProbeSample[]) => Tensor;
}

/**
 * Patch tokens `[batch, time, height, width, hidden]` of the frozen encoder, computed once for each sample as long as they fit.
 *
 * @param cacheBytes how much of them is kept in memory
 */
export function frozenPatches(model: DualEncoder, cacheBytes: number): Probe['patches'] {
  const kept = new Map<ProbeSample, Float32Array>();
  let bytes = 0;
  const { vision_config: vision } = model.config;
  const { time, side } = videoGrid(vision);
  const compute = (samples: readonly ProbeSample[]) =>
    valuesOf(() => {
      const frames = samples.map((sample) => sample.frames);
      return videoTower(model.encoder, vision, framePixels(model, frames)).patches;
    });
  return (samples) => {
    const size = time * side * side * vision.hidden_size;
    const values = new Float32Array(samples.length * size);
    const missing = samples.filter((sample) => !kept.has(sample));
    const computed = missing.length > 0 ? compute(missing) : new Float32Array();
    samples.forEach((sample, i) => {
      const place = missing.indexOf(sample);
      values.set(kept.get(sample) ?? computed.subarray(place * size, (place + 1) * size), i * size);
    });
    for (const [place, sample] of missing.entries()) {
      if (bytes + 4 * size > cacheBytes) break;
      kept.set(sample, computed.slice(place * size, (place + 1) * size));
      bytes += 4 * size;
    }
    return tf.tensor(values, [samples.length, time, side, side, vision.hidden_size]);
  };
}

/** Metres `[batch, time, side, side]` of clips at the head's resolution. */
const predicted = ({ config, head, patches }: Probe, samples: readonly ProbeSample[]): Tensor =>
  depthProbe(head, config, patches(samples));

/** Frame of a clip that cube `t` is compared with: the middle one of its frames. */
const frameOfCube = ({ model: { config } }: Probe, t: number): number =>
  Math.floor((t + 0.5) * config.vision_config.tubelet_size);

/** Mean over the clips of the mean loss of their maps; the truth is taken at the head's resolution. */
export function probeLoss(probe: Probe, samples: readonly ProbeSample[]): LossResult {
  const depth = predicted(probe, samples);
  const [batch, time, side] = depth.shape as [number, number, number, number];
  const { image_size: size } = probe.model.config.vision_config;
  const targets = new Float32Array(batch * time * side * side);
  const weights = new Float32Array(batch * time);
  samples.forEach((sample, b) => {
    const maps = Array.from({ length: time }, (_, t) => truthOf(sample, size, frameOfCube(probe, t), side));
    const usable = maps.map((map) => map.filter((value) => value > 0).length > 1);
    const count = usable.filter(Boolean).length;
    maps.forEach((map, t) => {
      targets.set(map, (b * time + t) * map.length);
      if (usable[t]) weights[b * time + t] = 1 / (count * batch);
    });
  });
  const shape: [number, number, number] = [batch * time, side, side];
  const losses = sigLoss(tf.reshape(depth, shape), tf.tensor3d(targets, shape));
  return { loss: tf.sum(tf.mul(losses, tf.tensor1d(weights))) as Scalar, metrics: {} };
}

function truthOf({ depth }: ProbeSample, size: number, frame: number, side: number): Float32Array {
  const data = depth.subarray(frame * size * size, (frame + 1) * size * size);
  return side === size ? data.slice() : middleSquare({ data, height: size, width: size }, side);
}

/** The scale-aware and the scale-invariant errors of a frame; the latter after scale and shift are fitted to it (probe3d). */
interface FrameErrors {
  readonly id: string;
  readonly scaleAware: DepthErrors;
  readonly scaleInvariant: DepthErrors;
}

export interface ProbeScores {
  readonly metrics: Metrics;
  readonly outcomes: Outcomes;
  readonly picture: Buffer;
}

/** Columns of the picture. */
const SHOWN = 6;
const KEYS = ['delta1', 'delta2', 'delta3', 'rmse'] as const;

/**
 * Table 2 on the frames of some clips: maps of the head, bilinear at the truth's size, errors of each frame and their means.
 *
 * @param mean metres `[size, size]`: what is predicted without looking, the mean map of the training frames
 */
export function scoreProbe(
  probe: Probe,
  clips: readonly ProbeClip[],
  read: (clip: ProbeClip) => ProbeSample,
  mean: Float32Array,
  progress: Progress,
): ProbeScores {
  const { image_size: size } = probe.model.config.vision_config;
  const { time } = videoGrid(probe.model.config.vision_config);
  const errors: FrameErrors[] = [];
  const blind: FrameErrors[] = [];
  const columns: DepthColumn[] = [];
  const shown = new Set(spread(clips, SHOWN));
  const phase = progress.phase('depth of test frames', clips.length);
  for (const clip of clips) {
    const sample = read(clip);
    const maps = valuesOf(() => {
      const depth = predicted(probe, [sample]);
      const [, , side] = depth.shape;
      const images = tf.reshape(depth, [time, side!, side!, 1]) as Tensor4D;
      return tf.image.resizeBilinear(images, [size, size], false, true);
    });
    for (let t = 0; t < time; t++) {
      const frame = frameOfCube(probe, t);
      if (frame >= clip.distinct) continue;
      const truth = truthOf(sample, size, frame, size);
      if (truth.filter((value) => value > 0).length < 2) continue;
      const map = maps.subarray(t * size * size, (t + 1) * size * size);
      const id = `${clip.frames[frame].sequence}/${clip.frames[frame].frame}`;
      errors.push(frameErrors(id, map, truth));
      blind.push(frameErrors(id, mean, truth));
      if (t === 0 && shown.has(clip)) columns.push(column(sample, size, frame, map, truth));
    }
    phase.advance();
  }
  phase.end();
  if (errors.length === 0)
    throw new UserError({
      what: `none of ${clips.length} test clips has a frame with depth up to the head's largest`,
      where: clips[0].frames[0].depth,
      mend: 'check the depth maps of the test frames, and probe-depth.metresPerUnit: 0.001 when they are in millimetres',
    });
  const metrics = { ...means(errors), n: errors.length, meanMap: means(blind) };
  const outcomes = Object.fromEntries(
    (['scaleAware', 'scaleInvariant'] as const).flatMap((kind) =>
      KEYS.map((key) => [`${kind}.${key}`, Object.fromEntries(errors.map((each) => [each.id, each[kind][key]]))]),
    ),
  );
  return { metrics, outcomes, picture: depthPicture(columns) };
}

function frameErrors(id: string, map: Float32Array, truth: Float32Array): FrameErrors {
  const of = (alignment: 'none' | 'affine-depth') =>
    depthErrors({ data: map, frames: 1 }, { data: truth, frames: 1 }, { alignment });
  return { id, scaleAware: of('none'), scaleInvariant: of('affine-depth') };
}

function means(errors: readonly FrameErrors[]): { scaleAware: Metrics; scaleInvariant: Metrics } {
  const mean = (kind: 'scaleAware' | 'scaleInvariant') =>
    Object.fromEntries(
      KEYS.map((key) => [key, errors.reduce((sum, each) => sum + each[kind][key], 0) / errors.length]),
    );
  return { scaleAware: mean('scaleAware'), scaleInvariant: mean('scaleInvariant') };
}

/** Both maps as inverse depth on the truth's scale of colours, so that a wrong scale shows. */
function column(
  { frames }: ProbeSample,
  size: number,
  frame: number,
  map: Float32Array,
  truth: Float32Array,
): DepthColumn {
  const inverse = (metres: Float32Array) => metres.map((value) => (value > 0 ? 1 / value : NaN));
  const bounds = boundsOf(inverse(truth));
  const pixels = size * size * 3;
  return {
    frame: { data: frames.subarray(frame * pixels, (frame + 1) * pixels), side: size },
    maps: [map, truth].map((metres) => ({ data: levels(inverse(metres), bounds), side: size })),
  };
}

/** The mean map of all frames of some clips, metres `[size, size]`; pixels that are known nowhere get the mean of all. */
export function meanMap(
  clips: readonly ProbeClip[],
  read: (clip: ProbeClip) => ProbeSample,
  size: number,
): Float32Array {
  const sums = new Float64Array(size * size);
  const counts = new Float64Array(size * size);
  for (const clip of clips) {
    const { depth } = read(clip);
    for (let i = 0; i < clip.distinct * size * size; i++) {
      if (depth[i] === 0) continue;
      sums[i % (size * size)] += depth[i];
      counts[i % (size * size)]++;
    }
  }
  const total = counts.reduce((a, b) => a + b, 0);
  const overall = sums.reduce((a, b) => a + b, 0) / Math.max(1, total);
  return Float32Array.from(sums, (sum, i) => (counts[i] > 0 ? sum / counts[i] : overall));
}
