import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { Random } from '@egolab/foundation';
import { Parameters } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openFixture } from '../fixtures/open.ts';
import {
  type ClipTokens,
  cosineSchedule,
  type Decoding,
  decodingSchema,
  generate,
  linearSchedule,
  MaskedModel,
  maskedModelConfigSchema,
  maskedModelParameters,
  type PackedTokens,
  sampleTokens,
  temperatures,
  tokenProbabilities,
} from '../index.ts';

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('decoding counts', () => {
  it.each([
    [30, 3, [10, 10, 10]],
    [5120, 3, [1707, 1707, 1706]],
    [5120, 6, [854, 854, 853, 853, 853, 853]],
    [30, 40, Array<number>(30).fill(1)],
  ])('linear, %i tokens in %i steps', (total, steps, expected) => {
    expect(linearSchedule(total, steps)).toEqual(expected);
  });

  it('cosine, 30 tokens in 8 steps', () => {
    expect(cosineSchedule(30, 8)).toEqual([1, 3, 5, 6, 6, 5, 3, 1]);
  });

  it('decode each token once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 80 }), (total, steps) => {
        for (const counts of [linearSchedule(total, steps), cosineSchedule(total, steps)]) {
          expect(sum(counts)).toBe(total);
          expect(Math.min(...counts)).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('cool down', () => {
    expect(temperatures(2, { kind: 'constant' }, [10, 10])).toEqual([2, 2]);
    expect(temperatures(2, { kind: 'linear' }, [10, 20, 10])).toEqual([2, 1.5, 0.5]);
    // numpy: 1 / sqrt(linspace(1, 100, 8)), from 1 to 0, times the share that is left, between 3 and 0.5
    const onex = temperatures(3, { kind: 'onex', minimum: 0.5, power: 0.5 }, [4, 2, 2]);
    expect(onex.map((value) => Number(value.toFixed(6)))).toEqual([1.75, 0.609013, 0.5]);
  });
});

describe('token sampling against PyTorch', () => {
  const { tensor } = openFixture('sampling');
  const logits = tensor('logits');
  const [rows, vocabulary] = logits.shape;

  it.each([
    [0, 0],
    [0, 0.8],
    [20, 0],
    [20, 0.6],
  ])('draws from what top-k %i and top-p %d leave', (topK, topP) => {
    const kept = tensor(`kept.${topK}.${topP}`).dataSync();
    const random = new Random('sampling');
    for (let draw = 0; draw < 40; draw++) {
      const { tokens, probabilities } = sampleTokens(logits, { temperature: 0.7, topK, topP }, random);
      tokens.forEach((token, row) => expect(probabilities[row]).toBeCloseTo(kept[row * vocabulary! + token], 4));
    }
  });

  it('draws each token as often as its probability says', () => {
    const row = tf.slice(logits, [4, 0], [1, vocabulary!]);
    const many = tf.tile(row, [4000, 1]);
    const kept = tensor('kept.20.0.6').dataSync().slice(4 * vocabulary!, 5 * vocabulary!); // prettier-ignore
    const { tokens } = sampleTokens(many, { temperature: 0.7, topK: 20, topP: 0.6 }, new Random(2));
    const counts = new Map<number, number>();
    for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
    kept.forEach((p, token) => {
      const share = (counts.get(token) ?? 0) / 4000;
      expect(Math.abs(share - p)).toBeLessThanOrEqual(5 * Math.sqrt((p * (1 - p)) / 4000));
    });
  });

  it('takes the likeliest at temperature 0, and practically at 0.01', () => {
    const argmax = [...tf.argMax(logits, 1).dataSync()];
    const cold = sampleTokens(logits, { temperature: 0, topK: 0, topP: 0.8 }, new Random(0));
    expect([...cold.tokens]).toEqual(argmax);
    expect([...cold.probabilities]).toEqual(Array(rows).fill(1));
    const released = sampleTokens(logits, { temperature: 0.01, topK: 0, topP: 0.8 }, new Random(0));
    expect([...released.tokens].slice(2)).toEqual(argmax.slice(2)); // the first rows are nearly flat
  });
});

const config = maskedModelConfigSchema.parse({
  modalities: {
    tok_cam: { vocabularySize: 11, shape: [6] },
    tok_depth: { vocabularySize: 37, shape: [2, 3, 4] },
    tok_gaze: { vocabularySize: 13, shape: [6] },
    tok_rgb: { vocabularySize: 41, shape: [2, 3, 4] },
  },
  dim: 24,
  numHeads: 2,
  encoderDepth: 1,
  decoderDepth: 1,
});
const parameters = Parameters.initialize(maskedModelParameters(config), new Random(11));
for (const name of parameters.names())
  if (name.includes('emb')) parameters.get(name).assign(tf.mul(parameters.get(name), 30)); // tell tokens apart
const model = new MaskedModel(config, parameters);
afterAll(() => {
  vi.restoreAllMocks();
  model.dispose();
  parameters.dispose();
});

const rgb = (seed: number): ClipTokens => {
  const random = new Random(seed);
  return { tok_rgb: Int32Array.from({ length: 24 }, () => random.integer(0, 40)) };
};
const decoding = (settings: Partial<Decoding>): Decoding => decodingSchema.parse({ steps: 3, ...settings });

describe('generation', () => {
  let encoded: PackedTokens[];
  let decoded: PackedTokens[];
  beforeEach(() => {
    [encoded, decoded] = [[], []];
    vi.restoreAllMocks();
    const [encode, decode] = [model.encode.bind(model), model.decode.bind(model)];
    vi.spyOn(model, 'encode').mockImplementation((inputs, options) => (encoded.push(inputs), encode(inputs, options)));
    vi.spyOn(model, 'decode').mockImplementation((context, places, options) => {
      decoded.push(places);
      return decode(context, places, options);
    });
  });

  it('asks for a step’s tokens only, in the same order in every clip, and shows what it decoded', () => {
    const before = tf.memory().numTensors;
    const [first, second] = generate(
      model,
      [rgb(1), rgb(2)],
      [{ modality: 'tok_cam', decoding: decoding({ guidance: 0 }) }],
      { seed: 3 },
    );
    expect(tf.memory().numTensors).toBe(before);
    expect(first['tok_cam']).toHaveLength(6);
    expect([...first['tok_cam'], ...second['tok_cam']].every((token) => token >= 0 && token < 11)).toBe(true);
    expect(decoded.map(({ length }) => length)).toEqual([2, 2, 2]);
    expect(encoded.map(({ length }) => length)).toEqual([24, 26, 28]);
    const asked = decoded.map(({ position }) => [...position.slice(0, 2)]);
    expect(decoded.map(({ position }) => [...position.slice(2)])).toEqual(asked);
    expect(asked.flat().sort()).toEqual([0, 1, 2, 3, 4, 5]);
    const shown = encoded[2];
    const camera = [...shown.modality.slice(0, 28).keys()].filter((i) => shown.modality[i] === 0);
    for (const i of camera) expect(shown.token[i]).toBe(first['tok_cam'][shown.position[i]]);
  });

  it('guides with the same positions and what was decoded before, without the conditions', () => {
    generate(model, [rgb(1)], [{ modality: 'tok_cam', decoding: decoding({ guidance: 1 }) }], { seed: 3 });
    expect(decoded).toHaveLength(6);
    for (const step of [0, 2, 4]) expect(decoded[step + 1]).toEqual(decoded[step]);
    const unconditional = [1, 3, 5].map((pass) => [...encoded[pass].modality].filter((number) => number >= 0));
    expect(unconditional).toEqual([[], [0, 0], [0, 0, 0, 0]]);
  });

  it('believes of every token at once what it would draw in one step', () => {
    const before = tf.memory().numTensors;
    const believed = tokenProbabilities(model, [rgb(1), rgb(2)], 'tok_cam', 1);
    expect(tf.memory().numTensors).toBe(before);
    expect(decoded.map(({ length }) => length)).toEqual([6, 6]); // with the conditions and without
    const likeliest = believed.map((clip) =>
      Int32Array.from({ length: 6 }, (_, token) => {
        const row = clip.subarray(token * 11, (token + 1) * 11);
        expect(sum([...row])).toBeCloseTo(1, 5);
        return row.indexOf(Math.max(...row));
      }),
    );
    const settings = decoding({ steps: 1, temperature: 0 });
    const drawn = generate(model, [rgb(1), rgb(2)], [{ modality: 'tok_cam', decoding: settings }], { seed: 3 });
    expect(likeliest).toEqual(drawn.map((clip) => clip['tok_cam']));
    expect(() => tokenProbabilities(model, [rgb(1)], 'tok_rgb', 0)).toThrow(/tok_rgb is given/);
  });

  it('keeps the most probable tokens of all that remain with MaskGIT', () => {
    const settings = decoding({ order: 'maskgit', schedule: 'cosine', guidance: 0, temperature: 1 });
    generate(model, [rgb(1)], [{ modality: 'tok_cam', decoding: settings }], { seed: 3 });
    const counts = cosineSchedule(6, 3);
    expect(decoded.map(({ length }) => length)).toEqual([6, 6 - counts[0], 6 - counts[0] - counts[1]]);
  });

  it('adds the guidance as (1 + omega) c - omega u', () => {
    const taken: Record<number, number[]> = {};
    for (const guidance of [0, 1e6]) {
      const [clip] = generate(
        model,
        [rgb(4)],
        [{ modality: 'tok_gaze', decoding: decoding({ steps: 1, guidance, temperature: 0 }) }],
        { seed: 0 },
      );
      taken[guidance] = [...clip['tok_gaze']];
    }
    const logits = (pass: number): Tensor =>
      model.logits(model.decode(model.encode(encoded[pass]), decoded[0]), decoded[0], 'tok_gaze');
    const [c, u] = [logits(1), logits(2)];
    const inOrder = (values: Iterable<number>) => {
      const tokens = [...values];
      return [...decoded[0].position.keys()].map((_, place) => tokens[decoded[0].position.indexOf(place)]);
    };
    expect(taken[0]).toEqual(inOrder(tf.argMax(c, 1).dataSync()));
    expect(taken[1e6]).toEqual(inOrder(tf.argMax(tf.sub(c, u), 1).dataSync()));
  });

  it('chains: depth first, then the camera from both', () => {
    const targets = [
      { modality: 'tok_depth', decoding: decoding({ steps: 2, guidance: 0 }) },
      { modality: 'tok_cam', decoding: decoding({ steps: 1, guidance: 0 }) },
    ];
    const [clip] = generate(model, [rgb(1)], targets, { seed: 9 });
    expect(Object.keys(clip)).toEqual(['tok_depth', 'tok_cam']);
    expect([...encoded.at(-1)!.modality]).toEqual([...Array<number>(24).fill(1), ...Array<number>(24).fill(3)]);
    expect(generate(model, [rgb(1)], targets, { seed: 9 })).toEqual([clip]);
  });

  it('generates from nothing at all', () => {
    const [clip] = generate(model, [{}], [{ modality: 'tok_gaze', decoding: decoding({}) }], { seed: 1 });
    expect(clip['tok_gaze'].every((token) => token >= 0 && token < 13)).toBe(true);
  });

  it('refuses what is given and what it does not know', () => {
    const wrong = (modality: string) => () =>
      generate(model, [rgb(1)], [{ modality, decoding: decoding({}) }], { seed: 1 });
    expect(wrong('tok_rgb')).toThrow('tok_rgb is given');
    expect(wrong('tok_sound')).toThrow("got 'tok_sound'");
  });
});
