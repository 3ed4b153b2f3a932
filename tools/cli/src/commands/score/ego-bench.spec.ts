import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readJsonFile } from '@egolab/foundation';
import { scoreBenchmark } from './score-benchmark.ts';

const folder = mkdtempSync(join(tmpdir(), 'egolab-score-bench-'));
let count = 0;
function file(content: unknown, name = 'x.json'): string {
  const path = join(folder, `${count++}-${name}`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}
const score = (name: string, annotations: string, predictions: unknown, options = {}) =>
  scoreBenchmark(name, { annotations, predictions: file(predictions, 'predictions.json') }, options);

const qa = (id: string) => ({
  video_id: 'v',
  sample_id: id,
  question: 'Where?',
  answer: 'on the table',
  moment_start_frame: 1,
  moment_end_frame: 2,
  wrong_answers: ['x', 'y', 'z'],
});
const task = (id: number) => ({ question_id: id, question: 'q', answer: 'a', interval: 'v|fpv1|0|9' });
const charades = file('id,actions\r\nA,c005 1.00 4.50\r\nB,\r\nC,c001 0 1;c002 0 2\r\n', 'charades.csv');
const vln = file(
  [0, 1].map((i) => ({ video: `${i}.mp4`, question: 'q', candidates: ['a', 'b', 'c', 'd'], answer: 'c' })),
);

describe('multiple choice', () => {
  it.each([
    ['qaego4d-closed', file([qa('s'), qa('t')]), { s: 0, t: [0, 0, 0, 1] }],
    ['egotaskqa', file([task(1), task(2)]), { 1: 0, 2: 4 }],
    ['charades-ego-mcq', charades, { A: [5, 4, 3, 2, 1], C: 1 }],
    ['vln-qa', vln, { 0: 2, 1: 0 }],
  ])('%s', async (name, annotations, predictions) => {
    expect(await score(name, annotations, predictions)).toEqual({ accuracy: 50, n: 2 });
    const [first] = Object.keys(predictions);
    const failure = (changed: unknown) => expect(score(name, annotations, changed)).rejects;
    await failure({ ...predictions, [first]: 9 }).toThrow(/expected an option index 0 to \d, got 9/);
    await failure({ ...predictions, unknown: 0 }).toThrow(/unknown question id "unknown"/);
    await failure({ [first]: 0 }).toThrow(/1 of 2 questions have no prediction/);
    await failure({ ...predictions, [first]: 'A' }).toThrow(new RegExp(`predictions.json: ${first}`));
    await failure({ ...predictions, [first]: [1, 2] }).toThrow(/expected \d scores, got 2/);
    await failure(`{"${first}": 0, "${first}": 1}`).toThrow(/twice/);
    await failure(JSON.stringify(predictions).slice(0, -1)).toThrow(/not valid JSON/);
  });

  it('reads the order of stored candidates', async () => {
    const annotations = file([task(1), task(2)]);
    const options = ['p', 'q', 'r'];
    const stored = (ids: string[]) =>
      file({
        benchmark: 'egotaskqa-direct',
        encoder: 'm',
        source: 's',
        questions: Object.fromEntries(ids.map((id) => [id, { options, answer: 2 }])),
      });
    expect(await score('egotaskqa', annotations, { 1: 2, 2: 2 }, { candidates: stored(['1', '2']) })).toEqual({
      accuracy: 100,
      n: 2,
    });
    await expect(score('egotaskqa', annotations, { 1: 2, 2: 2 }, { candidates: stored(['1']) })).rejects.toThrow(
      /no candidates for question "2"/,
    );
  });
});

describe('egoschema', () => {
  it.each<[unknown, RegExp]>([
    [{ a: 0, b: 5 }, /answers\.json: not in the expected format: at b: /],
    [{ a: 0, b: '3' }, /at b: .*expected number, received string/],
    [{ a: 0, b: null }, /at b: /],
    ['{"a": 0, "a": 1}', /at a, line 1: the key is there twice/],
    ['{"a": 0, "b', /at a, line 1/],
    [[0, 1], /at the top: .*expected record/],
    [{}, /it holds no answers/],
  ])('names what is wrong with the answers %j', async (answers, message) => {
    await expect(score('egoschema', file(answers, 'answers.json'), { a: 0, b: 0 })).rejects.toThrow(message);
  });

  it('offers the question that a mistyped id means', async () => {
    const answers = file({ c57a2f: 0, d1: 1 }, 'answers.json');
    await expect(score('egoschema', answers, { c57a2e: 0, d1: 1 })).rejects.toThrow(
      /unknown question id "c57a2e" \(1 in all\)\n {2}did you mean "c57a2f"\?/,
    );
  });
});

describe('qaego4d-open', () => {
  const annotations = file([qa('s'), qa('t')]);

  it('has exact match and ROUGE-L without a judge', async () => {
    const scores = await score('qaego4d-open', annotations, { s: 'On the table.', t: 'under the table' });
    expect(scores).toMatchObject({ n: 2, exact_match: 50, accuracy: NaN, score: NaN });
    expect(scores['rouge_l']).toBeCloseTo(100 * (0.5 + 1 / 3), 10);
  });

  it('names what is wrong with predictions and judge', async () => {
    const failure = (predictions: unknown, options = {}) =>
      expect(score('qaego4d-open', annotations, predictions, options)).rejects;
    await failure({ s: 'a' }).toThrow(/1 of 2 questions have no prediction, first "t"/);
    await failure({ s: 'a', t: 1 }).toThrow(/predictions.json: t:/);
    await failure({ s: 'a', t: 'b', u: 'c' }).toThrow(/unknown question id "u"/);
    const all = { s: 'a', t: 'b' };
    await failure(all, { judge: 'nowhere' }).toThrow(/neither a model on disk nor an address/);
    await failure(all, { judge: 'ftp://host/v1', 'judge-model': 'm' }).toThrow(/expected http or https, got ftp:/);
    await failure(all, { judge: 'http://host/v1' }).toThrow(/which model marks/);
  });
});

const real = (path: string) => fileURLToPath(new URL(`../../../../../../shared/real/${path}`, import.meta.url));
describe.skipIf(!existsSync(real('egoschema')))('real files (needs ../shared/real)', () => {
  it('EgoSchema: 500 answers', async () => {
    const answers = real('egoschema/subset_answers.json');
    const truth = readJsonFile(answers) as Record<string, number>;
    expect(await score('egoschema', answers, truth)).toEqual({ accuracy: 100, n: 500 });
  });

  it('EgoPlan and QAEgo4D', async () => {
    expect(await score('egoplan', real('egoplan/readme_val_example.json'), { 115: 'A'.charCodeAt(0) - 65 })).toEqual({
      accuracy: 100,
      n: 1,
    });
    const id = '0139f386-6dc6-4aad-a150-dc6745338445_0';
    expect(await score('qaego4d-closed', real('qaego4d/QaEgo4D_test_close_one.json'), { [id]: 1 })).toEqual({
      accuracy: 0,
      n: 1,
    });
    expect(await score('qaego4d-open', real('qaego4d/QaEgo4D_test_close_one.json'), { [id]: 'Seven.' })).toMatchObject({
      exact_match: 100,
    });
  });
});
