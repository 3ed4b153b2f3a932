import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { loadParameters } from '@egolab/checkpoints';
import { Random } from '@egolab/foundation';
import { Parameters, valueAndGrads } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { describe, expect, it } from 'vitest';
import { maxDifference, openFixture } from './fixtures/open.ts';
import {
  EXTRA_IN_RELEASE,
  MaskedModel,
  maskedLoss,
  maskedModelConfigSchema,
  maskedModelParameters,
  maskingConfigSchema,
  maskTokens,
  modalityLosses,
  modalityNames,
  packTokens,
  positionEmbeddings,
  reduceLosses,
  type LossReduction,
  type PackedTokens,
  type TokenList,
} from './index.ts';

const config = maskedModelConfigSchema.parse({
  modalities: {
    tok_rgb: { vocabularySize: 41, shape: [2, 3, 4] },
    tok_cam: { vocabularySize: 11, shape: [5] },
    tok_depth: { vocabularySize: 37, shape: [2, 3, 4] },
    tok_gaze: { vocabularySize: 13, shape: [5] },
  },
  dim: 24,
  numHeads: 2,
  encoderDepth: 2,
  decoderDepth: 2,
});

const { checkpoint, tensor, packed } = openFixture('model');
const parameters = loadParameters(maskedModelParameters(config), checkpoint, { prefix: 'parameters' });
const model = new MaskedModel(config, parameters);
const [inputs, targets] = [packed('inputs'), packed('targets')];

/** Largest difference where there is a token. */
function differenceAtTokens(x: Tensor, y: Tensor, { modality }: PackedTokens): number {
  const rows = tf.tensor1d([...modality.keys()].filter((i) => modality[i] >= 0), 'int32'); // prettier-ignore
  const [a, b] = [x, y].map((each) => tf.gather(tf.reshape(each, [modality.length, -1]), rows));
  return maxDifference(a, b);
}

describe('the encoder-decoder against PyTorch', () => {
  it('encodes and decodes, also without any input', () => {
    const context = model.encode(inputs);
    expect(differenceAtTokens(context.hidden, tensor('context'), inputs)).toBeLessThan(1e-4);
    const decoded = model.decode(context, targets);
    expect(differenceAtTokens(decoded, tensor('decoded'), targets)).toBeLessThan(1e-4);
    for (const name of ['tok_cam', 'tok_gaze', 'tok_rgb'])
      expect(maxDifference(model.logits(decoded, targets, name), tensor(`logits.${name}`)), name).toBeLessThan(1e-4);
  });

  it.each([
    { gradientCheckpointing: false, attention: 'full' as const },
    { gradientCheckpointing: true, attention: 'chunked' as const },
  ])('has its losses and gradients, %o', (options) => {
    const own = new Map<string, number>();
    const loss = () => {
      const losses = modalityLosses(model, model.decode(model.encode(inputs, options), targets, options), targets);
      for (const { name, loss } of losses) own.set(name, loss.dataSync()[0]);
      return reduceLosses(losses, 'available', config.modalities);
    };
    const variables = [...parameters.variables];
    const { value, grads } = valueAndGrads(loss, variables.map(([, variable]) => variable)); // prettier-ignore
    expect(value.dataSync()[0]).toBeCloseTo(tensor('loss').dataSync()[0], 5);
    expect([...own.keys()]).toEqual(['tok_cam', 'tok_gaze', 'tok_rgb']);
    for (const [name, value] of own) expect(value).toBeCloseTo(tensor(`loss.${name}`).dataSync()[0], 5);
    for (const [name, variable] of variables)
      expect(maxDifference(grads.get(variable.name)!, tensor(`grad.${name}`)), name).toBeLessThan(1e-4);
  });

  it.each(modalityNames(config.modalities))('has its positions of %s', (name) => {
    const table = positionEmbeddings(config.modalities[name], config.dim);
    expect(maxDifference(tf.tensor(table, [table.length / 24, 24]), tensor(`positions.${name}`))).toBeLessThan(1e-6);
  });
});

const random = new Random(5);
const clipTokens = (names: string[]) =>
  Object.fromEntries(
    names.map((name) => {
      const { vocabularySize, shape } = config.modalities[name];
      const length = shape.reduce((product: number, each) => product * each, 1);
      return [name, Int32Array.from({ length }, () => random.integer(0, vocabularySize - 1))];
    }),
  );

describe('the masked model', () => {
  it('gives a clip the same values whatever stands beside it, and however it is padded', () => {
    const list = (part: PackedTokens, row: number): TokenList => {
      const places = [...Array(part.length).keys()]
        .map((i) => row * part.length + i)
        .filter((i) => part.modality[i] >= 0);
      return {
        modality: places.map((i) => part.modality[i]),
        position: places.map((i) => part.position[i]),
        token: places.map((i) => part.token[i]),
      };
    };
    const whole = model.decode(model.encode(inputs), targets);
    for (const row of [0, 1, 2]) {
      const [alone, asked] = [packTokens([list(inputs, row)]), packTokens([list(targets, row)])];
      const decoded = model.decode(model.encode(alone), asked);
      const beside = tf.slice(whole, [row, 0, 0], [1, asked.length, config.dim]);
      expect(maxDifference(decoded, beside)).toBeLessThan(1e-5);
    }
  });

  it('lets targets of one modality know nothing of another', () => {
    const both = packTokens([{ modality: [0, 0, 3], position: [1, 2, 5], token: [0, 0, 0] }]);
    const one = packTokens([{ modality: [0, 0], position: [1, 2], token: [0, 0] }]);
    const input = packTokens([{ modality: [1], position: [7], token: [3] }]);
    const context = model.encode(input);
    const camera = tf.slice(model.decode(context, both), [0, 0, 0], [1, 2, config.dim]);
    expect(maxDifference(camera, model.decode(context, one))).toBeLessThan(1e-6);
  });

  it('reduces the losses of modalities in four ways', () => {
    const [a, b] = [tf.scalar(2), tf.scalar(6)];
    const losses = [
      { name: 'tok_cam', count: 1, loss: a },
      { name: 'tok_rgb', count: 3, loss: b },
    ];
    const reduced = (reduction: LossReduction) => reduceLosses(losses, reduction, config.modalities).dataSync()[0];
    expect(reduced('available')).toBeCloseTo(4);
    expect(reduced('registered')).toBeCloseTo(2);
    expect(reduced('tokens')).toBeCloseTo(5);
    expect(reduced('logits')).toBeCloseTo((2 * 11 + 6 * 3 * 41) / (11 + 3 * 41), 5);
    expect(reduceLosses([], 'available', config.modalities).dataSync()[0]).toBe(0);
  });

  it('counts about 395 million parameters at the size of the paper', () => {
    const specs = maskedModelParameters(maskedModelConfigSchema.parse({}));
    const size = (names: string[]) =>
      names.reduce((sum, name) => sum + specs[name].shape.reduce((product, length) => product * length, 1), 0);
    const names = Object.keys(specs);
    expect(size(names.filter((name) => name.includes('token_emb')))).toBe(2 * 2 * (64000 + 256) * 768);
    // what is not a token embedding: 198.8 million
    expect(size(names.filter((name) => !name.includes('token_emb')))).toBe(198_832_128);
    expect(size(names) / 1e6).toBeCloseTo(396.2, 1);
  });

  it('knows the second names of the release', () => {
    for (const name of [
      'encoder.3.norm1.bias',
      'decoder.11.context_norm.bias',
      'encoder_embeddings.tok_rgb.pos_emb',
      'decoder_embeddings.tok_rgb.mod_emb',
      'decoder_embeddings.tok_cam.to_logits.weight',
    ])
      expect(EXTRA_IN_RELEASE.test(name), name).toBe(true);
    expect(Object.keys(maskedModelParameters(config)).filter((name) => EXTRA_IN_RELEASE.test(name))).toEqual([]);
  });

  it('learns one batch, leaves no tensors, and takes clips that lack modalities', () => {
    const masking = maskingConfigSchema.parse({ numInputTokens: 20, numTargetTokens: 20 });
    const clips = [clipTokens(['tok_cam', 'tok_rgb']), clipTokens(['tok_cam', 'tok_depth', 'tok_gaze', 'tok_rgb'])];
    const before = tf.memory().numTensors;
    const own = Parameters.initialize(maskedModelParameters(config), new Random(3));
    const fresh = new MaskedModel(config, own);
    const batch = clips.map((tokens, i) =>
      maskTokens(tokens, config.modalities, masking, { seed: 4, source: 'a', key: String(i), visit: 0 }),
    );
    const rates: number[] = [];
    for (let step = 0; step < 20; step++)
      tf.tidy(() => {
        const { value, grads } = valueAndGrads(
          () => maskedLoss(fresh, batch, 'available').loss,
          own.variables.values(),
        );
        rates.push(value.dataSync()[0]);
        for (const variable of own.variables.values())
          variable.assign(tf.sub(variable, tf.mul(grads.get(variable.name)!, 0.5)));
      });
    expect(rates[0]).toBeGreaterThan(2);
    expect(rates.at(-1)).toBeLessThan(rates[0] - 0.5);
    fresh.dispose();
    own.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
