import { fileURLToPath } from 'node:url';
import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { type Checkpoint, loadParameters, openCheckpoint } from '@egolab/checkpoints';
import { readJsonFile } from '@egolab/foundation';
import { crossEntropy, valueAndGrads, withPrecision } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { afterAll, describe, expect, it } from 'vitest';
import {
  embedTokens,
  KeyValueCache,
  llama,
  type LlamaConfig,
  type LlamaInputs,
  llamaParameters,
  logits,
  parseLlamaConfig,
} from './index.ts';

const path = (relative: string) => fileURLToPath(new URL(`fixtures/${relative}`, import.meta.url));
const config = parseLlamaConfig(readJsonFile(path('mistral/config.json')), 'mistral');
const checkpoint = openCheckpoint(path('mistral'));
const parameters = loadParameters(llamaParameters(config), checkpoint);
const expected = openCheckpoint(path('mistral-expected.safetensors'));
const ids = tf.tensor2d(Int32Array.from(expected.read('ids')), [2, 12], 'int32');
const WINDOW: LlamaConfig = { ...config, sliding_window: 5 };
const RIGHT = [Array(12).fill(1), [...Array(7).fill(1), ...Array(5).fill(0)]];
const LEFT = RIGHT.map((row) => row.toReversed());

afterAll(() => {
  parameters.dispose();
  ids.dispose();
});

function modelLogits(modelConfig: LlamaConfig, inputs: Partial<LlamaInputs> = {}): Tensor {
  return logits(
    parameters,
    modelConfig,
    llama(parameters, modelConfig, { embeddings: embedTokens(parameters, ids), ...inputs }),
  );
}

/** Largest difference over the positions that `mask` keeps. */
function largestDifference(values: Tensor, name: string, mask: number[][] = [], file: Checkpoint = expected): number {
  const reference = file.read(name);
  const width = values.shape.at(-1)!;
  const kept = mask.flat();
  return values
    .dataSync<'float32'>()
    .reduce(
      (most, value, i) => (kept[Math.floor(i / width)] === 0 ? most : Math.max(most, Math.abs(value - reference[i]))),
      0,
    );
}

const nextTokenLoss = (inputs: Partial<LlamaInputs>): Scalar => {
  const scores = tf.slice(modelLogits(config, inputs), [0, 0, 0], [2, 11, config.vocab_size]);
  return crossEntropy(
    tf.reshape(scores, [22, config.vocab_size]),
    tf.reshape(tf.slice(ids, [0, 1], [2, 11]), [22]),
  ) as Scalar;
};

describe('the decoder against transformers', () => {
  it.each(['full', 'chunked'] as const)(
    'gives the same logits, sliding window off and on (%s attention)',
    (attention) => {
      tf.tidy(() => {
        expect(largestDifference(modelLogits(config, { attention }), 'full')).toBeLessThan(1e-5);
        expect(largestDifference(modelLogits(WINDOW, { attention }), 'window')).toBeLessThan(1e-5);
      });
    },
  );

  it('reads no padding, on the right or on the left', () => {
    tf.tidy(() => {
      const right = tf.tensor2d(RIGHT, [2, 12], 'int32');
      const left = tf.tensor2d(LEFT, [2, 12], 'int32');
      expect(largestDifference(modelLogits(config, { attentionMask: right }), 'right', RIGHT)).toBeLessThan(1e-5);
      expect(largestDifference(modelLogits(config, { attentionMask: left }), 'left', LEFT)).toBeLessThan(1e-5);
      expect(
        largestDifference(modelLogits(WINDOW, { attentionMask: right, attention: 'chunked' }), 'right_window', RIGHT),
      ).toBeLessThan(1e-5);
    });
  });

  it('sees only differences of positions', () => {
    tf.tidy(() => {
      const positions = [7, 3].map((start) => Array.from({ length: 12 }, (_, i) => start + i));
      expect(largestDifference(modelLogits(config, { positions }), 'full')).toBeLessThan(1e-5);
    });
  });

  it.each([
    { gradientCheckpointing: false, attention: 'full' },
    { gradientCheckpointing: false, attention: 'chunked' },
    { gradientCheckpointing: true, attention: 'full' },
  ] as const)('gives every parameter the same gradient: %o', (inputs) => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const { grads } = valueAndGrads(() => nextTokenLoss(inputs), parameters.variables.values());
      for (const [name, variable] of parameters.variables) {
        expect(largestDifference(grads.get(variable.name)!, `grad.${name}`), name).toBeLessThan(1e-5);
      }
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('bfloat16', () => {
  it('keeps logits within its 8 bits of mantissa', () => {
    tf.tidy(() => {
      const scores = withPrecision('bfloat16', () =>
        modelLogits(config, { gradientCheckpointing: true, attention: 'chunked' }),
      );
      const largest = expected.read('full').reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const difference = largestDifference(scores, 'full');
      expect(difference).toBeGreaterThan(0);
      expect(difference).toBeLessThan(0.03 * largest);
    });
  });
});

describe('KeyValueCache', () => {
  it.each([
    ['no window', config, 'full'],
    ['a window', WINDOW, 'window'],
  ] as const)('token by token gives what one pass gives: %s', (_, modelConfig, name) => {
    const before = tf.memory().numTensors;
    const cache = new KeyValueCache();
    tf.tidy(() => {
      const parts = [
        [0, 4],
        [4, 1],
        [5, 3],
        [8, 1],
        [9, 1],
        [10, 1],
        [11, 1],
      ].map(([start, length]) => {
        expect(cache.length).toBe(start);
        const embeddings = embedTokens(parameters, tf.slice(ids, [0, start], [2, length]));
        return logits(parameters, modelConfig, llama(parameters, modelConfig, { embeddings, cache }));
      });
      expect(largestDifference(tf.concat(parts, 1), name)).toBeLessThan(1e-5);
    });
    cache.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
