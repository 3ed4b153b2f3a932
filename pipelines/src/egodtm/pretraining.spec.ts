import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { valueAndGrads } from '@egolab/nn';
import { Random } from '@egolab/foundation';
import { tf } from '@egolab/runtime';
import { afterAll, describe, expect, it } from 'vitest';
import { WHOLE } from './crop.ts';
import { createEgoDtm, MODEL_FILES, openEgoDtm, saveEgoDtm } from './model.ts';
import { chooseCaption, depthResolution, pretrainingLoss, type PretrainingSample } from './pretraining.ts';
import { egoDtmModelsSettings } from './settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'egolab-pretraining-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const small = { hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 2 };
const settings = egoDtmModelsSettings.parse({
  weights: null,
  tokenizer: null,
  variant: 'released',
  vision: { ...small, image_size: 16, patch_size: 8, num_frames: 4, tubelet_size: 2 },
  text: { ...small, vocab_size: 300, max_position_embeddings: 24 },
  projectionDim: 8,
  depthDecoder: { hiddenDim: 8, numHeads: 2, ffnDim: 16, numLayers: 1, numQueries: 4, scale: 2 },
  sampler: 'avion',
});
const captions = ['C cuts the carrot.', 'C opens the jar with the right hand.', 'C walks.'];
const model = createEgoDtm(settings, captions, folder, new Random(1));
const { time, side } = depthResolution(model);

const samples = (count: number, withDepth: (i: number) => boolean): PretrainingSample[] => {
  const random = new Random(4);
  return Array.from({ length: count }, (_, i) => ({
    frames: Uint8Array.from({ length: 4 * 20 * 20 * 3 }, () => random.integer(0, 255)),
    crop: i % 2 ? WHOLE : { top: 0.1, left: 0, bottom: 0.9, right: 0.7 },
    caption: captions[i % 3],
    depth: withDepth(i) ? Float32Array.from({ length: time * side * side }, () => random.uniform()) : undefined,
  }));
};

const run = (batch: PretrainingSample[], localBatchSize: number, depth = true) => {
  const variables = [...model.encoder.variables.values(), ...model.decoder.variables.values()];
  let metrics: Record<string, number> = {};
  const { value, grads } = valueAndGrads(() => {
    const result = pretrainingLoss(model, batch, {
      losses: { captions: 'random', depth, weights: { contrast: 1, depth: 0.5 }, depthKind: 'rmse' },
      frameSize: 20,
      localBatchSize,
      gradientCheckpointing: false,
      attention: 'full',
    });
    metrics = Object.fromEntries(Object.entries(result.metrics!).map(([name, metric]) => [name, metric.dataSync()[0]]));
    return result.loss;
  }, variables);
  const values = variables.map((variable) => grads.get(variable.name)!.dataSync<'float32'>().slice());
  const loss = value.dataSync()[0];
  tf.dispose([value, ...grads.values()]);
  return { loss, values, metrics };
};

describe('the pretraining loss', () => {
  it('is the same in parts, its gradients too, and leaves no tensors', () => {
    const before = tf.memory().numTensors;
    const batch = samples(7, (i) => i !== 2);
    const [whole, parts] = [run(batch, 7), run(batch, 3)];
    expect(parts.loss).toBeCloseTo(whole.loss, 5);
    expect(whole.loss).toBeCloseTo(whole.metrics.contrast + 0.5 * whole.metrics.depth, 5);
    whole.values.forEach((grad, i) => {
      const scale = Math.max(1, ...grad.map(Math.abs));
      parts.values[i].forEach((value, j) => expect(Math.abs(value - grad[j]) / scale).toBeLessThan(1e-5));
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('means depth over the clips that have a target', () => {
    const all = samples(6, () => true);
    const some = all.map((sample, i) => (i < 2 ? sample : { ...sample, depth: undefined }));
    const alone = [0, 1].map((i) => run([all[i]], 1).metrics.depth);
    expect(run(some, 6).metrics.depth).toBeCloseTo((alone[0] + alone[1]) / 2, 5);
    expect(
      run(
        all.map((sample) => ({ ...sample, depth: undefined })),
        6,
      ).metrics.depth,
    ).toBe(0);
  });

  it('leaves the decoder alone without the depth loss', () => {
    const { metrics, values } = run(
      samples(4, () => true),
      4,
      false,
    );
    expect(Object.keys(metrics)).toEqual(['contrast', 'accuracy']);
    for (const grad of values.slice(model.encoder.names().length))
      expect(grad.every((value) => value === 0)).toBe(true);
  });
});

describe('captions', () => {
  it('are original, enriched, or either', () => {
    const drawn = (kind: 'original' | 'random' | 'enriched', enriched?: string) =>
      new Set(Array.from({ length: 30 }, (_, i) => chooseCaption('a', enriched, kind, new Random(i))));
    expect(drawn('original', 'b')).toEqual(new Set(['a']));
    expect(drawn('enriched', 'b')).toEqual(new Set(['b']));
    expect(drawn('random', 'b')).toEqual(new Set(['a', 'b']));
    expect(drawn('enriched')).toEqual(new Set(['a']));
  });
});

it('opens what it saved', () => {
  saveEgoDtm(folder, model);
  expect(readdirSync(folder).sort()).toEqual([...MODEL_FILES].sort());
  const opened = openEgoDtm(folder);
  expect(opened.config).toEqual(model.config);
  expect(opened.decoderConfig).toEqual(model.decoderConfig);
  expect([opened.encoder, opened.decoder].map((p) => p.digest())).toEqual(
    [model.encoder, model.decoder].map((p) => p.digest()),
  );
  expect(opened.tokenizer.encode('C Cuts')).toEqual(model.tokenizer.encode('c cuts'));
  for (const p of [opened.encoder, opened.decoder]) p.dispose();
});
