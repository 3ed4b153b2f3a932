import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadParameters, openCheckpoint, writeSafetensors } from '@egolab/checkpoints';
import { Random, UserError } from '@egolab/foundation';
import { type Parameters, valueAndGrads } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { afterAll, describe, expect, it } from 'vitest';
import {
  captionEmbeds,
  clampLogitScale,
  createDualEncoder,
  dualEncoderConfigSchema,
  dualEncoderParameters,
  infoNce,
  isDualEncoder,
  loadDualEncoder,
  MAX_LOGIT_SCALE,
  openDualEncoder,
  saveDualEncoder,
  videoEmbeds,
  videoTower,
  withVariant,
} from './index.ts';
import { interpolateGrid, interpolateRows } from './interpolate.ts';

// made by tools/parity/egodtm_models.py
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/egodtm-tiny/${name}.safetensors`, import.meta.url));
const checkpoint = openCheckpoint(fixture('expected'));
const weights = openCheckpoint(fixture('weights'));
const expected = (name: string) => tf.tensor(checkpoint.read(name), checkpoint.info(name).shape);
const difference = (actual: Tensor, name: string) => {
  expect(actual.shape).toEqual(checkpoint.info(name).shape);
  return tf.tidy(() => tf.max(tf.abs(tf.sub(actual, expected(name)))).dataSync()[0]);
};

const small = { hidden_size: 16, intermediate_size: 32, num_hidden_layers: 2, num_attention_heads: 2 };
const base = dualEncoderConfigSchema.parse({
  vision_config: { ...small, image_size: 12, patch_size: 4, num_frames: 4 },
  text_config: { ...small, vocab_size: 30, max_position_embeddings: 10, eos_token_id: 29 },
  projection_dim: 8,
});
const pixels = expected('pixels');
const ids = expected('input_ids').arraySync() as number[][];
const scratch = mkdtempSync(join(tmpdir(), 'egolab-dual-encoder-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.each(['paper', 'released'] as const)('the dual encoder against PyTorch, %s', (variant) => {
  const config = withVariant(base, variant);
  const p = loadParameters(dualEncoderParameters(config), weights);

  it('has the same features and embeddings', () => {
    for (const attention of ['full', 'chunked'] as const) {
      const { classEmbedding, patches } = videoTower(p, config.vision_config, pixels, { attention });
      expect(difference(classEmbedding, `${variant}.class`)).toBeLessThan(1e-4);
      expect(difference(patches, `${variant}.patches`)).toBeLessThan(1e-4);
    }
    expect(difference(videoEmbeds(p, config, pixels), `${variant}.videos`)).toBeLessThan(1e-4);
    expect(difference(captionEmbeds(p, config, ids), `${variant}.texts`)).toBeLessThan(1e-4);
  });

  it.each([false, true])('has the same InfoNCE and gradients, gradient checkpointing %s', (gradientCheckpointing) => {
    const loss = () => {
      const { patches } = videoTower(p, config.vision_config, pixels, { gradientCheckpointing });
      const videos = videoEmbeds(p, config, pixels, { gradientCheckpointing });
      const nce = infoNce(videos, captionEmbeds(p, config, ids), p.get('logit_scale')).loss;
      return tf.add(nce, tf.mean(tf.square(patches))) as Scalar;
    };
    const nce = tf.tidy(
      () => infoNce(videoEmbeds(p, config, pixels), captionEmbeds(p, config, ids), p.get('logit_scale')).loss,
    );
    expect(nce.dataSync()[0]).toBeCloseTo(checkpoint.read(`${variant}.nce`)[0], 4);
    const prefix = `${variant}.grad.`;
    const names = checkpoint.names().filter((name) => name.startsWith(prefix));
    expect(names.length).toBe(11);
    const variables = names.map((name) => p.get(name.slice(prefix.length)));
    const { grads } = valueAndGrads(loss, variables);
    names.forEach((name, i) => expect(difference(grads.get(variables[i].name)!, name), name).toBeLessThan(1e-4));
  });
});

describe('the video tower', () => {
  it('takes cubes of several frames', () => {
    const config = dualEncoderConfigSchema.parse({
      ...withVariant(base, 'paper'),
      vision_config: { ...withVariant(base, 'paper').vision_config, tubelet_size: 2 },
    });
    const p = loadDualEncoder(fixture('weights'), config, new Random(0));
    p.assign('vision_model.embeddings.patch_embedding.weight', checkpoint.read('cube_patch'));
    const { classEmbedding, patches } = videoTower(p, config.vision_config, pixels);
    expect(difference(classEmbedding, 'cubes.class')).toBeLessThan(1e-4);
    expect(difference(patches, 'cubes.patches')).toBeLessThan(1e-4);
    p.dispose();
  });

  it('refuses clips of another length, and frames that are no whole number of cubes', () => {
    const p = createDualEncoder(base, new Random(0));
    const short = tf.zeros([1, 3, 12, 12, 3]);
    expect(() => videoTower(p, base.vision_config, short)).toThrow(/expected pixels \[batch, 4, 12, 12, 3\]/);
    const odd = { ...base, vision_config: { ...base.vision_config, tubelet_size: 3 } };
    expect(() => dualEncoderParameters(odd)).toThrow(UserError);
    p.dispose();
  });
});

describe('loading', () => {
  const own = openCheckpoint(fixture('weights'));
  const expectSame = (p: Parameters, except: string[] = []) => {
    for (const name of p.names().filter((each) => !except.includes(each)))
      expect(p.get(name).dataSync(), name).toEqual(own.read(name));
  };
  const TEMPORAL = 'vision_model.embeddings.temporal_embedding';

  it('copies the layouts of transformers, OpenAI and AVION, and starts a missing temporal table at zero', () => {
    const avion = loadDualEncoder(fixture('avion'), base, new Random(0));
    expectSame(avion);
    const openai = loadDualEncoder(fixture('openai'), base, new Random(0));
    expectSame(openai, [TEMPORAL]);
    expect(Array.from(openai.get(TEMPORAL).dataSync()).every((value) => value === 0)).toBe(true);
    const clip = loadDualEncoder(fixture('weights'), base, new Random(0), 'new');
    expectSame(clip, ['visual_projection.weight']);
    expect(clip.get('visual_projection.weight').dataSync()).not.toEqual(own.read('visual_projection.weight'));
    for (const p of [avion, openai, clip]) p.dispose();
  });

  it('fits tables to another grid, another number of frames and longer cubes', () => {
    const vision_config = { ...base.vision_config, image_size: 20, num_frames: 8, tubelet_size: 4 };
    const config = { ...base, vision_config, text_config: { ...base.text_config, max_position_embeddings: 6 } };
    const p = loadDualEncoder(fixture('weights'), config, new Random(0));
    const spatial = own.read('vision_model.embeddings.position_embedding.weight');
    const table = p.get('vision_model.embeddings.position_embedding.weight').dataSync<'float32'>();
    expect(table.slice(0, 16)).toEqual(spatial.slice(0, 16));
    expect(table.slice(16)).toEqual(interpolateGrid(spatial.subarray(16), 3, 5, 16));
    expect(p.get(TEMPORAL).dataSync()).toEqual(own.read(TEMPORAL).slice(0, 32));
    tf.tidy(() => {
      const patch = own.read('vision_model.embeddings.patch_embedding.weight');
      const summed = tf.sum(p.get('vision_model.embeddings.patch_embedding.weight'), 2).dataSync();
      summed.forEach((value, i) => expect(value).toBeCloseTo(patch[i], 5));
    });
    p.dispose();
  });

  it('interpolates as torch does', () => {
    const grid = checkpoint.read('grid.from');
    for (const side of [4, 11])
      interpolateGrid(grid, 7, side, 5).forEach((value, i) =>
        expect(value).toBeCloseTo(checkpoint.read(`grid.${side}`)[i], 5),
      );
    interpolateRows(checkpoint.read('rows.from'), 4, 7, 5).forEach((value, i) =>
      expect(value).toBeCloseTo(checkpoint.read('rows.7')[i], 5),
    );
  });

  it('names what does not fit', () => {
    const wide = { ...base, projection_dim: 9 };
    expect(() => loadDualEncoder(fixture('openai'), wide, new Random(0))).toThrow(
      /visual_projection\.weight: expected \[9,16\], found \[8,16\]\n.*text_projection/,
    );
    const other = join(scratch, 'other.safetensors');
    writeSafetensors(other, [{ name: 'x', shape: [1], data: () => new Float32Array(1) }], {});
    expect(() => loadDualEncoder(other, base, new Random(0))).toThrow(/no CLIP towers: found x/);
    const lavila = join(scratch, 'lavila.safetensors');
    const name = 'module.visual.blocks.0.timeattn.qkv.weight';
    writeSafetensors(lavila, [{ name, shape: [1], data: () => new Float32Array(1) }], {});
    expect(() => loadDualEncoder(lavila, base, new Random(0))).toThrow(/divided space-time attention/);
  });

  it('reads what it saved', () => {
    const p = createDualEncoder(base, new Random(3));
    const folder = join(scratch, 'saved');
    saveDualEncoder(folder, base, p);
    expect(isDualEncoder(folder)).toBe(true);
    const { config, parameters } = openDualEncoder(folder);
    expect(config).toEqual(base);
    expect(parameters.digest()).toBe(p.digest());
    p.dispose();
    parameters.dispose();
  });
});

describe('a learned temperature', () => {
  it('is kept between 1 and 1/100', () => {
    const p = createDualEncoder(base, new Random(0));
    expect(p.get('logit_scale').dataSync()[0]).toBeCloseTo(Math.log(1 / 0.07), 6);
    for (const [value, kept] of [
      [9, MAX_LOGIT_SCALE],
      [-1, 0],
      [2, 2],
    ]) {
      p.assign('logit_scale', Float32Array.of(value));
      clampLogitScale(p);
      expect(p.get('logit_scale').dataSync()[0]).toBeCloseTo(kept, 6);
    }
    p.dispose();
  });
});
