import { tf } from '@egolab/runtime';
import { describe, expect, it } from 'vitest';
import { codebookSize, codesToIndices, finiteScalarQuantize, indicesToCodes } from './index.ts';

const LEVELS = [8, 8, 8, 5, 5, 5];

describe('finite scalar quantisation', () => {
  it('takes all 64,000 codes to their indices and back', () => {
    const all = tf.range(0, codebookSize(LEVELS), 1, 'int32');
    const codes = indicesToCodes(all, LEVELS);
    expect(codes.shape).toEqual([64000, 6]);
    expect(tf.max(tf.abs(tf.sub(codesToIndices(codes, LEVELS), all))).dataSync()[0]).toBe(0);
  });

  it('has a latent for each of the 64,000 codes, and quantizes it to that code', () => {
    const all = tf.range(0, codebookSize(LEVELS), 1, 'int32');
    const codes = indicesToCodes(all, LEVELS);
    const row = (values: number[]) => tf.tensor1d(values);
    const half = LEVELS.map((level) => ((level - 1) * 1.001) / 2);
    const offset = LEVELS.map((level) => (level % 2 === 0 ? 0.5 : 0));
    const rounded = tf.mul(codes, row(LEVELS.map((level) => Math.floor(level / 2))));
    const latents = tf.sub(
      tf.atanh(tf.div(tf.add(rounded, row(offset)), row(half))),
      row(half.map((each, i) => Math.atanh(offset[i] / each))),
    );
    expect(tf.max(tf.abs(tf.sub(finiteScalarQuantize(latents, LEVELS), codes))).dataSync()[0]).toBe(0);
  });

  it('numbers codes with the first level fastest', () => {
    const digits = (index: number) => {
      const code = [...indicesToCodes(tf.tensor1d([index], 'int32'), LEVELS).dataSync()];
      return code.map((value, i) => value * Math.floor(LEVELS[i] / 2) + Math.floor(LEVELS[i] / 2));
    };
    expect(digits(0)).toEqual([0, 0, 0, 0, 0, 0]);
    for (const [i, index] of [1, 8, 64, 512, 2560, 12800].entries())
      expect(digits(index)).toEqual([0, 0, 0, 0, 0, 0].map((_, j) => (i === j ? 1 : 0)));
    expect(digits(63999)).toEqual([7, 7, 7, 4, 4, 4]);
  });

  it('has the values -1 … 0.75 of eight levels and -1 … 1 of five', () => {
    const sweep = tf.stack(Array<ReturnType<typeof tf.linspace>>(6).fill(tf.linspace(-6, 6, 4001)), -1);
    const values = finiteScalarQuantize(sweep, LEVELS).dataSync();
    const column = (i: number) => [...new Set(Array.from({ length: 4001 }, (_, row) => values[row * 6 + i]))];
    expect(column(0)).toEqual([-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75]);
    expect(column(5)).toEqual([-1, -0.5, 0, 0.5, 1]);
  });

  it('takes latent 0 to code 0, and refuses another number of numbers', () => {
    const zero = finiteScalarQuantize(tf.zeros([1, 6]), LEVELS);
    expect([...zero.dataSync()].map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(codesToIndices(zero, LEVELS).dataSync()[0]).toBe(4 + 4 * 8 + 4 * 64 + 2 * 512 + 2 * 2560 + 2 * 12800);
    expect(() => finiteScalarQuantize(tf.zeros([2, 5]), LEVELS)).toThrow(/expected 6 numbers a latent, got \[2,5\]/);
  });
});
