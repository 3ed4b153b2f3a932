import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadParameters, openCheckpoint, saveParameters, type Checkpoint } from '@egolab/checkpoints';
import { readJsonFile, UserError, writeFileAtomic, type Random } from '@egolab/foundation';
import { Parameters } from '@egolab/nn';
import { interpolateGrid, interpolateRows } from './interpolate.ts';
import { layoutOf, type Layout } from './layouts.ts';
import { dualEncoderParameters } from './video.ts';
import { dualEncoderConfigSchema, videoGrid } from './video-config.ts';
import type { DualEncoderConfig } from './video-config.ts';

const TEMPORAL = 'vision_model.embeddings.temporal_embedding';
const SPATIAL = 'vision_model.embeddings.position_embedding.weight';
const PATCH = 'vision_model.embeddings.patch_embedding.weight';
const TEXT_POSITIONS = 'text_model.embeddings.position_embedding.weight';
const VISUAL_PROJECTION = 'visual_projection.weight';

/** A dual encoder with random weights. */
export function createDualEncoder(config: DualEncoderConfig, random: Random): Parameters {
  return Parameters.initialize(dualEncoderParameters(config), random);
}

/**
 * A dual encoder that starts from released weights, of an image CLIP or a video model, in one of the layouts of `layoutOf`.
 * What the architectures don't share is made to fit as AVION does:
 * - a missing temporal table is zero; of a longer one the first rows are taken, a shorter one is interpolated;
 * - the spatial table is interpolated (bicubic) when the grid is another;
 * - patches become cubes by repeating the patch weight over `tubelet_size` frames, divided by it;
 * - of a longer text position table the first rows are taken.
 *
 * @param path folder or file with the weights
 * @param random draws what isn't loaded
 * @param visualProjection `new`: the projection of the class token is drawn anew, as EgoDTM's code does
 * @throws UserError that names every parameter that is missing or of another shape
 */
export function loadDualEncoder(
  path: string,
  config: DualEncoderConfig,
  random: Random,
  visualProjection: 'pretrained' | 'new' = 'pretrained',
): Parameters {
  const checkpoint = openCheckpoint(path);
  try {
    const layout = layoutOf(checkpoint);
    const parameters = createDualEncoder(config, random);
    const problems: string[] = [];
    for (const name of parameters.names()) {
      if (name === VISUAL_PROJECTION && visualProjection === 'new') continue;
      const stored = read(checkpoint, layout, name);
      if (!stored && name === TEMPORAL) continue; // an image model has none, and it starts at zero
      const values = stored && fit(name, stored, parameters.get(name).shape, config);
      if (values) parameters.assign(name, values);
      else
        problems.push(
          `${name}: expected [${parameters.get(name).shape}], found ${stored ? `[${stored.shape}]` : 'none'}`,
        );
    }
    if (problems.length === 0) return parameters;
    parameters.dispose();
    throw new UserError({
      what: `the weights don't fit the model:${problems
        .slice(0, 10)
        .map((line) => `\n    ${line}`)
        .join('')}${problems.length > 10 ? `\n    … and ${problems.length - 10} more` : ''}`,
      where: checkpoint.source,
      mend: 'make vision_config, text_config and projection_dim describe these weights',
    });
  } finally {
    checkpoint.close();
  }
}

interface Stored {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

function read(checkpoint: Checkpoint, layout: Layout, name: string): Stored | undefined {
  const names = new Set(checkpoint.names());
  const place = layout(name).find((each) => names.has(each.name));
  if (!place) return undefined;
  const { shape } = checkpoint.info(place.name);
  const data = checkpoint.read(place.name);
  if (place.transposed && shape.length === 2)
    return { shape: [shape[1], shape[0]], data: transpose(data, shape[0], shape[1]) };
  if (place.part === undefined) return { shape, data };
  const length = data.length / 3;
  return {
    shape: [shape[0] / 3, ...shape.slice(1)],
    data: data.slice(place.part * length, (place.part + 1) * length),
  };
}

function transpose(data: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]);
}

/** The values in the shape of the model; undefined when nothing makes them fit. */
function fit(
  name: string,
  { shape, data }: Stored,
  expected: readonly number[],
  config: DualEncoderConfig,
): Float32Array | undefined {
  if (String(shape) === String(expected)) return data;
  const { hidden_size: hidden, tubelet_size: depth } = config.vision_config;
  const sameWidth = shape.length === 2 && shape[1] === expected.at(-1);
  if (name === SPATIAL && sameWidth) {
    const side = Math.sqrt(shape[0] - 1);
    if (!Number.isInteger(side)) return undefined;
    const grid = interpolateGrid(data.subarray(hidden), side, videoGrid(config.vision_config).side, hidden);
    return Float32Array.from([...data.subarray(0, hidden), ...grid]);
  }
  if (name === TEMPORAL && sameWidth)
    return shape[0] > expected[0]
      ? data.slice(0, expected[0] * hidden)
      : interpolateRows(data, shape[0], expected[0], hidden);
  if (name === TEXT_POSITIONS && sameWidth && shape[0] > expected[0]) return data.slice(0, expected[0] * shape[1]);
  if (name !== PATCH) return undefined;
  const plane = expected.at(-1)! * expected.at(-2)!; // row x column of a patch
  if (data.length === expected[0] * expected[1] * plane && depth === 1) return data; // AVION's linear conv1
  if (data.length * depth !== expected.reduce((size, length) => size * length, 1)) return undefined;
  return Float32Array.from({ length: data.length * depth }, (_, i) => {
    const channel = Math.floor(i / (plane * depth));
    return data[channel * plane + (i % plane)] / depth;
  });
}

/** Whether a folder holds one of our dual encoders. */
export function isDualEncoder(folder: string): boolean {
  const path = join(folder, 'config.json');
  if (!existsSync(path) || statSync(path).isDirectory()) return false;
  return (readJsonFile(path) as { model_type?: unknown } | null)?.model_type === 'egolab_dual_encoder';
}

/**
 * Save a dual encoder: `config.json` and `model.safetensors`. With a tokenizer's files beside them the folder is all that
 * `openEmbedder` needs.
 */
export function saveDualEncoder(folder: string, config: DualEncoderConfig, parameters: Parameters): void {
  writeFileAtomic(join(folder, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
  saveParameters(join(folder, 'model.safetensors'), parameters);
}

/**
 * A dual encoder as `saveDualEncoder` wrote it.
 * @throws UserError when a file is missing or damaged, or the weights aren't those of the configuration
 */
export function openDualEncoder(folder: string): { config: DualEncoderConfig; parameters: Parameters } {
  const path = join(folder, 'config.json');
  const parsed = dualEncoderConfigSchema.safeParse(readJsonFile(path));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError({
      what: `${issue.path.join('.')}: ${issue.message}`,
      where: path,
      mend: 'expected the config of a dual encoder as stage depth-pretrain writes it',
    });
  }
  const checkpoint = openCheckpoint(join(folder, 'model.safetensors'));
  try {
    return { config: parsed.data, parameters: loadParameters(dualEncoderParameters(parsed.data), checkpoint) };
  } finally {
    checkpoint.close();
  }
}
