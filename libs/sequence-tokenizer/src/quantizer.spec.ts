import { Random } from '@egolab/foundation';
import { Parameters } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { describe, expect, it } from 'vitest';
import { maxDifference, openFixture } from './fixtures/open.ts';
import {
  CODEBOOK,
  codebookConfigSchema,
  codebookStatistics,
  codebookUse,
  drawReplacements,
  perplexity,
  quantize,
  updateCodebook,
  type CodebookStatistics,
} from './index.ts';

const CODES = 8;
const CLIPS = 5;
const TOKENS = 6;

/** A codebook with the fixture's first values. */
function codebook() {
  const { tensor } = openFixture('codebook');
  const first: Record<string, number[]> = { [`${CODEBOOK}.embed`]: [CODES, 4], [`${CODEBOOK}.cluster_size`]: [CODES] };
  const specs = Object.fromEntries(Object.entries(first).map(([name, shape]) => [name, { shape, init: () => new Float32Array() }])); // prettier-ignore
  return Parameters.read(specs, (name) => tensor(`${name.slice(CODEBOOK.length + 1)}.0`).dataSync<'float32'>());
}

describe('codebook against a PyTorch statement of the release', () => {
  it('assigns, averages, and replaces dead codes, the random choice given', () => {
    const { tensor, integers } = openFixture('codebook');
    const p = codebook();
    const config = codebookConfigSchema.parse({});
    const seen = { replaced: 0, idle: 0 };
    for (const step of [1, 2, 3]) {
      const z = tensor(`z.${step}`);
      const { indices } = quantize(p.scope(CODEBOOK), z);
      expect([...indices.dataSync()]).toEqual(integers(`tokens.${step}`));
      const span = { begin: 0, end: CLIPS, size: CLIPS };
      const statistics = codebookStatistics(z, indices, integers(`choice.${step}`), span);
      seen.replaced += integers(`dead.${step}`).reduce((a, b) => a + b);
      seen.idle += [...statistics.hits.dataSync()].filter((hits) => hits === 0).length;
      updateCodebook(p, config, statistics, { clips: CLIPS, tokens: TOKENS });
      expect(maxDifference(p.get(`${CODEBOOK}.embed`), tensor(`embed.${step}`))).toBeLessThan(1e-6);
      expect(maxDifference(p.get(`${CODEBOOK}.cluster_size`), tensor(`cluster_size.${step}`))).toBeLessThan(1e-5);
    }
    expect(seen).toEqual({ replaced: 2, idle: 2 }); // both paths were taken
  });

  it("replaces every code under the release's fixed threshold in a small batch, and none twice under ours", () => {
    const { tensor, integers } = openFixture('codebook');
    const kept = (deadCodes: object) => {
      const p = codebook();
      const z = tensor('z.1');
      const { indices } = quantize(p.scope(CODEBOOK), z);
      const statistics = codebookStatistics(z, indices, integers('choice.1'), { begin: 0, end: CLIPS, size: CLIPS });
      for (let step = 0; step < 50; step++)
        updateCodebook(p, codebookConfigSchema.parse({ deadCodes, emaDecay: 0.9 }), statistics, {
          clips: CLIPS,
          tokens: TOKENS,
        });
      const isCandidate = tf.all(tf.equal(p.get(`${CODEBOOK}.embed`), statistics.candidates), -1);
      return CODES - tf.sum(tf.cast(isCandidate, 'int32')).dataSync()[0];
    };
    // 30 tokens, 8 codes: 3.75 hits a code, but a threshold of 40 is out of reach for all
    expect(kept({ rule: 'fixed', threshold: 40 })).toBe(0);
    const used = new Set(integers('tokens.1')).size;
    expect(kept({ rule: 'per-batch', coefficient: 32 })).toBe(used);
  });
});

describe('statistics', () => {
  it('of micro-batches average to those of the whole batch', () => {
    const { tensor, integers } = openFixture('codebook');
    const [z, choice] = [tensor('z.1'), integers('choice.1')];
    const { indices } = quantize(codebook().scope(CODEBOOK), z);
    const part = (begin: number, end: number) =>
      codebookStatistics(
        tf.slice(z, [begin, 0, 0], [end - begin, -1, -1]),
        tf.slice(indices, [begin, 0], [end - begin, -1]),
        choice,
        { begin, end, size: CLIPS },
      );
    const [whole, ...parts] = [part(0, 5), part(0, 2), part(2, 4), part(4, 5)];
    for (const key of Object.keys(whole) as (keyof CodebookStatistics)[]) {
      const mean = tf.addN(parts.map((each, i) => tf.mul(each[key], [2, 2, 1][i] / CLIPS)));
      expect(maxDifference(mean, whole[key]), key).toBeLessThan(1e-6);
    }
  });

  it('draws a different token for every code where there are enough, the same for the same seed', () => {
    const drawn = drawReplacements(new Random(3), 30, 8);
    expect(new Set(drawn).size).toBe(8);
    expect(drawReplacements(new Random(3), 30, 8)).toEqual(drawn);
    const few = drawReplacements(new Random(3), 4, 8);
    expect(few).toHaveLength(8);
    expect(few.every((token) => token >= 0 && token < 4)).toBe(true);
  });
});

describe('codebook use', () => {
  it('counts codes and their perplexity', () => {
    expect(codebookUse([1, 1, 2, 2, 5, 5, 7, 7], 16)).toEqual({ used: 0.25, perplexity: expect.closeTo(4, 10) });
    expect(codebookUse([3, 3, 3], 4)).toEqual({ used: 0.25, perplexity: expect.closeTo(1, 10) });
    expect(perplexity(tf.tensor1d([0, 2, 2, 0, 2, 2])).dataSync()[0]).toBeCloseTo(4, 5);
  });

  it('refuses tokens of another codebook', () => {
    expect(() => codebookUse([3, 256], 256)).toThrow(/expected tokens in \[0, 256\), got 256/);
  });
});
