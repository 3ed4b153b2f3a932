import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Random } from '@egolab/foundation';
import type { Embeddings, SentenceEncoder } from '@egolab/sentence-encoder';
import { candidates, hardestNegatives, readCandidateFile } from './index.ts';

/** Words are directions: texts are similar as far as they share words. */
const encoder: SentenceEncoder = {
  embed(texts) {
    const width = 64;
    const data = new Float32Array(texts.length * width);
    texts.forEach((text, i) => {
      const row = data.subarray(i * width, (i + 1) * width);
      for (const word of text.toLowerCase().match(/\w+/g) ?? [])
        row[[...word].reduce((h, c) => (h * 31 + c.charCodeAt(0)) % width, 7)] += 1;
      const norm = Math.hypot(...row) || 1;
      row.forEach((value, d) => (row[d] = value / norm));
    });
    return { width, data };
  },
  mostSimilar(queries: Embeddings, pool: Embeddings, { k, allowed = () => true }) {
    const { width } = queries;
    const dot = (i: number, j: number) =>
      queries.data
        .subarray(i * width, (i + 1) * width)
        .reduce((sum, value, d) => sum + value * pool.data[j * width + d], 0);
    return Array.from({ length: queries.data.length / width }, (_, i) =>
      Array.from({ length: pool.data.length / width }, (_, j) => ({ j, s: Math.round(1e4 * dot(i, j)) }))
        .filter(({ j }) => allowed(i, j))
        .sort((a, b) => b.s - a.s || a.j - b.j)
        .slice(0, k)
        .map(({ j }) => j),
    );
  },
  dispose: () => undefined,
};

const pool = [
  'open the drawer',
  'Open the drawer.',
  'close the drawer',
  'open the fridge',
  'close the fridge',
  'eat soup',
  'run',
];
const options = { numOptions: 4, seed: 'test' };

describe('hardestNegatives', () => {
  it('takes the most similar wrong answers; a text in another spelling is no wrong answer', () => {
    const { q } = hardestNegatives([{ id: 'q', answer: 'open the drawer' }], pool, encoder, options);
    expect(q.options[q.answer]).toBe('open the drawer');
    expect([...q.options].sort()).toEqual([
      'close the drawer',
      'close the fridge',
      'open the drawer',
      'open the fridge',
    ]);
  });

  it('does not depend on the other questions, their order or the order of the pool', () => {
    const random = new Random(3);
    const questions = pool.map((answer, i) => ({ id: `q${i}`, answer }));
    const all = hardestNegatives(questions, pool, encoder, options);
    const again = hardestNegatives(random.shuffle(questions), random.shuffle(pool), encoder, options);
    expect(again).toEqual(all);
    expect(hardestNegatives([questions[3]], pool, encoder, options)['q3']).toEqual(all['q3']);
    expect(new Set(Object.values(all).map(({ answer }) => answer)).size).toBeGreaterThan(1);
  });

  it('keeps the options that a question has, and falls back where too few are allowed', () => {
    const question = {
      id: 'q',
      answer: 'open the drawer',
      given: ['run', 'Run!', 'open the drawer'],
      allowed: (text: string) => text === 'eat soup',
      fallback: (text: string) => text.includes('close'),
    };
    const { q } = hardestNegatives([question], pool, encoder, options);
    expect([...q.options].sort()).toEqual(['close the drawer', 'eat soup', 'open the drawer', 'run']);
    const alone = { ...question, fallback: undefined };
    expect(() => hardestNegatives([alone], pool, encoder, options)).toThrow(
      /expected 3 wrong options for question "q", found 2/,
    );
  });
});

describe('candidates', () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'egolab-candidates-')), 'a');
  const stored = { folder, benchmark: 'x', encoder: 'tiny', source: [['q', 'a']] };
  const made = { q: { options: ['a', 'b'], answer: 0 } };

  it('are made once for the same questions and encoder, and read ever after', () => {
    expect(candidates(stored, () => made)).toEqual(made);
    expect(candidates(stored, () => expect.fail('made again'))).toEqual(made);
    const other = { q: { options: ['c', 'd'], answer: 1 } };
    expect(candidates({ ...stored, encoder: 'large' }, () => other)).toEqual(other);
    expect(candidates({ ...stored, source: [] }, () => other)).toEqual(other);
    expect(readdirSync(folder)).toHaveLength(3);
    const copy = join(
      folder,
      readdirSync(folder).find((name) => readCandidateFile(join(folder, name)).questions['q'].answer === 0)!,
    );
    writeFileSync(copy, readFileSync(copy, 'utf8').replace('"benchmark": "x"', '"benchmark": "y"'));
    expect(() => candidates(stored, () => made)).toThrow(/expected candidates of x for .*, got y/);
  });

  it('are refused when damaged', () => {
    const path = join(folder, 'bad.json');
    const text = JSON.stringify({ benchmark: 'x', encoder: 'm', source: 's', questions: made }, null, 1);
    const damaged = (content: string) => {
      writeFileSync(path, content);
      return () => readCandidateFile(path);
    };
    expect(damaged(text)().questions).toEqual(made);
    expect(damaged(text.replace('"answer": 0', '"answer": 5'))).toThrow(/questions\.q\.answer: expected 0 to 1, got 5/);
    expect(damaged(text.replace('"answer": 0', '"answer": "0"'))).toThrow(
      /not a file of candidates: at questions\.q\.answer/,
    );
    expect(damaged(text.slice(0, -9))).toThrow(/not valid JSON/);
  });
});
