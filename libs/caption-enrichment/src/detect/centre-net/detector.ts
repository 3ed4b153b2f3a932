import { join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { loadParameters, openCheckpoint, saveParameters } from '@egolab/checkpoints';
import { readJsonFile, UserError, writeFileAtomic } from '@egolab/foundation';
import type { Parameters } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { resizeBicubic, type Frames } from '@egolab/video';
import { frameOf } from '../../clip.ts';
import type { FrameDetections, HandObjectDetector } from '../detections.ts';
import { type CentreNetConfig, centreNetConfigSchema, NUM_OUTPUTS, STRIDE } from './config.ts';
import { decodeFrame } from './decode.ts';
import { centreNetLoss } from './loss.ts';
import { centreNet, centreNetParameters } from './model.ts';
import { frameTargets, NUM_WEIGHTS } from './targets.ts';

const CONFIG_FILE = 'detector.json';
const WEIGHTS_FILE = 'detector.safetensors';

/** A frame and what is to be found in it; boxes in its pixels. */
export interface LabelledFrame {
  /** uint8 RGB `[height, width, 3]` */
  readonly pixels: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly labels: FrameDetections;
}

/** Frames as the network reads them, -1..1, `[image, size, size, 3]`. */
function networkPixels(frames: readonly { pixels: Uint8Array; height: number; width: number }[], size: number): Tensor {
  const values = new Float32Array(frames.length * size * size * 3);
  frames.forEach(({ pixels, height, width }, i) => {
    const { data } = resizeBicubic({ data: pixels, height, width }, size, size);
    for (let k = 0; k < data.length; k++) values[i * data.length + k] = data[k] / 127.5 - 1;
  });
  return tf.tensor(values, [frames.length, size, size, 3]);
}

/** The loss of a batch of labelled frames; train `parameters` of `centreNetParameters` with it. */
export function detectorLoss(
  parameters: Parameters,
  config: CentreNetConfig,
  batch: readonly LabelledFrame[],
): ReturnType<typeof centreNetLoss> {
  const cells = config.imageSize / STRIDE;
  const map = new Float32Array(batch.length * cells * cells * NUM_OUTPUTS);
  const weights = new Float32Array(batch.length * cells * cells * NUM_WEIGHTS);
  batch.forEach(({ labels, height, width }, i) => {
    const targets = frameTargets(labels, cells, { x: cells / width, y: cells / height });
    map.set(targets.map, i * targets.map.length);
    weights.set(targets.weights, i * targets.weights.length);
  });
  const shape = [batch.length, cells, cells];
  return centreNetLoss(
    centreNet(parameters, networkPixels(batch, config.imageSize)),
    tf.tensor(map, [...shape, NUM_OUTPUTS]),
    tf.tensor(weights, [...shape, NUM_WEIGHTS]),
  );
}

/** Frames that go through the network at a time. */
const BATCH = 16;

/** Detections in every frame. */
export function detectFrames(parameters: Parameters, config: CentreNetConfig, frames: Frames): FrameDetections[] {
  const cells = config.imageSize / STRIDE;
  const found: FrameDetections[] = [];
  for (let first = 0; first < frames.numFrames; first += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, frames.numFrames - first) }, (_, i) => ({
      pixels: frameOf(frames, first + i),
      height: frames.height,
      width: frames.width,
    }));
    const output = tf.tidy(() => centreNet(parameters, networkPixels(batch, config.imageSize)));
    const maps = output.dataSync<'float32'>();
    output.dispose();
    const length = maps.length / batch.length;
    batch.forEach((_, i) => found.push(decodeFrame(maps.subarray(i * length, (i + 1) * length), cells, frames)));
  }
  return found;
}

/** A trained detector; disposes of its parameters. */
export function centreNetDetector(
  parameters: Parameters,
  config: CentreNetConfig,
  name = 'CenterNet',
): HandObjectDetector {
  return {
    name,
    detect: async (clip) => detectFrames(parameters, config, clip),
    dispose: () => parameters.dispose(),
  };
}

/** `detector.json` and `detector.safetensors`. */
export function saveDetector(folder: string, parameters: Parameters, config: CentreNetConfig): void {
  writeFileAtomic(join(folder, CONFIG_FILE), `${JSON.stringify(config, null, 1)}\n`);
  saveParameters(join(folder, WEIGHTS_FILE), parameters);
}

/**
 * The detector that {@link saveDetector} wrote.
 * @throws UserError when a file is missing, damaged or another model's
 */
export function loadDetector(folder: string): HandObjectDetector {
  const file = join(folder, CONFIG_FILE);
  const parsed = centreNetConfigSchema.safeParse(
    readJsonFile(file, 'name the folder that stage `enrich` left, such as artifacts/micro/enrich'),
  );
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError({
      what: `${issue.path.map(String).join('.')}: ${issue.message}`,
      where: file,
      mend: 'train the detector again',
    });
  }
  const checkpoint = openCheckpoint(join(folder, WEIGHTS_FILE));
  try {
    const parameters = loadParameters(centreNetParameters(parsed.data), checkpoint);
    return centreNetDetector(parameters, parsed.data, `CenterNet in ${folder}`);
  } finally {
    checkpoint.close();
  }
}
