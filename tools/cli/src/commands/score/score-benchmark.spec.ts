import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scoreBenchmark } from './score-benchmark.ts';

const score = (benchmark: string, predictions: string, annotations: string) =>
  scoreBenchmark(benchmark, { predictions, annotations });
const folder = mkdtempSync(join(tmpdir(), 'egolab-score-'));
function file(name: string, content: unknown): string {
  writeFileSync(join(folder, name), JSON.stringify(content));
  return join(folder, name);
}

const clip = { video_uid: 'v', clip_start: 0, clip_end: 1, clip_text: '#C C opens the box' };
const choices = { 0: clip, 1: clip };
const egomcq = file('egomcq.json', {
  a: { answer: 0, query: clip, choices, types: 1 },
  b: { answer: 1, query: clip, choices, types: 1 },
  c: { answer: 1, query: clip, choices, types: 2 },
});

it('scores EgoMCQ: 1 is inter, 2 is intra', async () => {
  const predictions = file('p.json', { a: [0.9, 0.1], b: [0.9, 0.1], c: [0, 3] });
  expect(await score('egomcq', predictions, egomcq)).toEqual({ inter: 50, intra: 100 });
});

it('scores the public EgoSchema subset, by index or by scores', async () => {
  const answers = file('subset_answers.json', { x: 3, y: 0 });
  expect(await score('egoschema', file('q.json', { x: 3, y: [0, 0, 0, 0, 1] }), answers)).toEqual({
    accuracy: 50,
    n: 2,
  });
});

it('names what is wrong', async () => {
  const all = { a: [1, 0], b: [1, 0], c: [1, 0] };
  const failure = (benchmark: string, predictions: unknown, annotations = egomcq) =>
    expect(score(benchmark, file('p.json', predictions), annotations)).rejects;
  await failure('egomqc', all).toThrow('did you mean "egomcq"?');
  await failure('egomcq', { ...all, c: undefined }).toThrow(/1 of 3 questions have no prediction, first "c"/);
  await failure('egomcq', { ...all, d: [1, 0] }).toThrow(/unknown question id "d"/);
  await failure('egomcq', { ...all, c: [1] }).toThrow(/expected 2 scores, got 1/);
  await failure('egoschema', all).toThrow(/subset_answers\.json/);
});
