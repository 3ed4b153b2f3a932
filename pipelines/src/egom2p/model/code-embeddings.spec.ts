import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '@egolab/foundation';
import { tf } from '@egolab/runtime';
import { afterAll, expect, it } from 'vitest';
import { embedCodes } from './code-embeddings.ts';
import { tinyConfig, writeTinyRun } from './fixtures/tiny-run.ts';
import { createMaskedModel } from './masked-model-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'egolab-code-embeddings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('begins with embeddings that are as far apart as their codes, of the deviation that is asked for', () => {
  const { tokenizers } = writeTinyRun(folder);
  const masked = createMaskedModel(tinyConfig, new Random(1));
  const before = tf.memory().numTensors;
  embedCodes(masked, tokenizers, 0.5, new Random(2));
  expect(tf.memory().numTensors).toBe(before);
  const embeddings = (name: string) => masked.parameters.get(`encoder_embeddings.${name}.token_emb.weight`);
  const rows = embeddings('tok_rgb').arraySync() as number[][]; // levels 4 and 4: code 4 j + i is (i, j)
  const distance = (a: number, b: number) => Math.hypot(...rows[a].map((value, k) => value - rows[b][k]));
  expect(distance(0, 1)).toBeCloseTo(distance(14, 15), 5); // one step of the first number, wherever the second stands
  expect(distance(0, 2)).toBeCloseTo(2 * distance(0, 1), 5);
  expect(distance(0, 8)).toBeCloseTo(2 * distance(0, 4), 5);
  for (const name of ['tok_cam', 'tok_gaze', 'tok_depth']) {
    const { variance } = tf.moments(embeddings(name));
    expect(Math.abs(Math.sqrt(variance.dataSync()[0]) - 0.5)).toBeLessThan(0.15);
  }
  masked.dispose();
});
