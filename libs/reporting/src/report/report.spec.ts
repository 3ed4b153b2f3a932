import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exampleReport } from '../fixtures/example-report.ts';
import { finishStage, RECORD } from '../fixtures/finished-stage.ts';
import { readStageRun, type StageOutcome } from '../paper-tables/stage-run.ts';
import { readHistory, thinned } from './history.ts';
import { renderHtml } from './html.ts';
import { learnedOf } from './learned.ts';
import { renderMarkdown } from './markdown.ts';
import { readReportPlan, type LearnedPlan } from './plan.ts';
import { renderSummary } from './terminal.ts';

const temporary = () => mkdtempSync(join(tmpdir(), 'report-'));
const report = exampleReport();

describe('HTML', () => {
  const html = renderHtml(report);

  it('is one file that escapes text and refers to nothing outside', () => {
    expect(html).toContain('An example &lt;report&gt;');
    expect(html).toContain('Mapping &lt;G&gt;');
    expect(html).not.toMatch(/(src|href)="(?!#|data:)|@import|url\(/);
  });

  it('every link leads somewhere, every id is there once', () => {
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = [...html.matchAll(/href="#([^"]+)"/g)].map((match) => match[1]);
    expect(targets.filter((target) => !ids.includes(target))).toEqual([]);
  });

  it('a measured number leads to its run, and a table without one is folded', () => {
    expect(html).toMatch(/<td class="own" data-value="39.5"><a class="value" href="#run-evaluate" title="run bbbb2222, revision abcdef01, data dddddddd, cpu">39.5<\/a><small>33.0 – 46.0<\/small><small>chance 20.0<\/small><small>n 200<\/small><small>paper 88.4<\/small>/); // prettier-ignore
    expect(html).toContain('<section id="first-table-1"');
    expect(html).toContain('<details class="table" id="second-table-2"');
  });

  it('shows ablations with their differences, claims and runs', () => {
    expect(html).toContain('<section id="first-ablation-table-7"');
    expect(html).toContain('Table 7: training &lt;off&gt;');
    expect(html).toMatch(/<td data-value="19"><strong>19\.0<\/strong><small class="" title="[^"]*">-20\.50<\/small>/);
    expect(html).toContain('<b class="undecided">undecided</b>training helps');
    expect(html).toContain('<li>Table 9: <code>ablate 9</code></li>');
    expect(html).toContain('not trained, seed 3, <code>evaluate-before</code>: run aaaa1111, revision abcdef01');
  });

  it('shows the run, its configuration, curves and pictures, and how to run what is missing', () => {
    expect(html).toContain('run.json of train');
    expect(html).toMatch(/download="train-history.csv" href="data:text\/csv;base64,/);
    expect(html).toContain('loss (means of 3 steps)');
    expect(html).toContain('<details><summary>1 more</summary>');
    expect(html).toContain('alt="two views"');
    expect(html).toContain('<code>npx nx run pipelines:text-model --configuration=micro</code>');
  });
});

it('Markdown: summary, stages, and only tables with a measured value', () => {
  const text = renderMarkdown(report);
  expect(text).toContain('Preset micro: 3 of 4 stages in 3 min 45 s on cpu; seed 3, revision abcdef01, data dddddddd.');
  expect(text).toContain('| First | Questions (%) | **39.5** | 33.0 – 46.0 | 200 | chance 20.0: better; before training 19.0: better |'); // prettier-ignore
  expect(text).toContain('| Training (`train`) | First section 4.2 | 600 | 0.6674 | 1 min 15 s | cpu | 3 | abcdef01 | dddddddd | fedcba98 |'); // prettier-ignore
  expect(text).toMatch(/### first, Table 1, section 4/);
  expect(text).not.toMatch(/### second/);
  expect(text).toContain('| not trained | 3 | 19.0; -20.50 |');
  expect(text).toContain('- **undecided**: training helps (4.1). ');
});

it('a terminal gets a short plain table', () => {
  const text = renderSummary(report);
  expect(text.split('\n').length).toBeLessThan(25);
  expect(text).toMatch(/^First +Questions \(%\) +39\.5 +33\.0 – 46\.0 +better: chance 20\.0, better: before training 19\.0$/m); // prettier-ignore
  expect(text).toMatch(/^ +Within \(%\) +16\.8 .*undecided: chance 20\.0/m);
  expect(text).toMatch(/^Second +Retrieval \(%\) +not run$/m);
  expect(text).toMatch(/^First: 1 of 1 printed tables have a measured value; cells: 4 scaled$/m);
});

describe('what was learned', () => {
  const plan: LearnedPlan = { title: 'x', stage: 's', path: 'a.accuracy', unit: '%', better: 'higher', scale: 1, beside: [{ title: 'chance', path: 'a.chance' }] }; // prettier-ignore
  const judge = (metrics: object, changes: Partial<LearnedPlan> = {}, files = {}) => {
    const folder = temporary();
    finishStage(folder, { metrics, files });
    return learnedOf({ ...plan, ...changes }, (stage): StageOutcome => (stage === 's' ? readStageRun(folder, stage) : { missing: 'not run' })); // prettier-ignore
  };

  it.each([
    ['above', { accuracy: 40, low: 33, high: 46, chance: 20 }, 'higher', 'better'],
    ['below', { accuracy: 10, low: 5, high: 15, chance: 20 }, 'higher', 'worse'],
    ['around it', { accuracy: 22, low: 15, high: 28, chance: 20 }, 'higher', 'undecided'],
    ['below, which is good', { accuracy: 10, low: 5, high: 15, chance: 20 }, 'lower', 'better'],
    ['above, without an interval', { accuracy: 20.1, chance: 20 }, 'higher', 'better'],
    ['equal', { accuracy: 20, chance: 20 }, 'higher', 'undecided'],
  ] as const)('%s', (_name, a, better, verdict) => {
    expect(judge({ a }, { better }).beside).toMatchObject([{ title: 'chance', value: 20, verdict }]);
  });

  it('compares question by question where both have them', () => {
    const questions = Array.from({ length: 40 }, (_, i) => `q${i}`);
    const values = (of: (i: number) => number) => Object.fromEntries(questions.map((id, i) => [id, of(i)]));
    const outcomes = {
      'm.mse': values((i) => i + 0.9 + (i % 3) / 20),
      'mean.mse': values((i) => i + 1 + (i % 3) / 20),
    };
    const mean = (all: object) => (Object.values(all) as number[]).reduce((sum, value) => sum + value, 0) / 40;
    const metrics = { m: { mse: mean(outcomes['m.mse']) }, mean: { mse: mean(outcomes['mean.mse']) } };
    const beside = [{ title: 'mean', path: 'mean.mse' }];
    const found = judge(metrics, { path: 'm.mse', unit: '', better: 'lower', beside }, { 'outcomes.json': JSON.stringify(outcomes) }); // prettier-ignore
    expect(found).toMatchObject({ measured: { n: 40 }, beside: [{ verdict: 'better' }] });
    const [low, high] = found.measured!.interval!;
    expect(low).toBeLessThan(metrics.m.mse - 2);
    expect(high).toBeGreaterThan(metrics.mean.mse + 2); // unpaired, the questions' spread would hide it
  });

  it('scales, and leaves out a reference that is not measured', () => {
    const beside = [{ title: 'other', path: 'a.accuracy', stage: 'elsewhere' }];
    expect(judge({ a: { accuracy: 0.4 } }, { scale: 100, beside })).toMatchObject({
      measured: { value: 40 },
      beside: [],
    });
  });

  it.each([[{ a: { accuracy: null } }], [{ a: { accuracy: 'NaN' } }], [{ a: 3 }], [{}]])(
    'no number in %j',
    (metrics) => {
      expect(judge(metrics)).toMatchObject({ missing: 'its metrics have no a.accuracy' });
    },
  );
});

describe('history.csv', () => {
  const history = (csv: string) => {
    const folder = temporary();
    writeFileSync(join(folder, 'history.csv'), csv);
    return readHistory(folder);
  };

  it('has NaN where a step logs nothing', () => {
    expect([...history('step,loss,kl\n1,2.5,\n2,1.5,0.5\n').columns]).toEqual([['loss', [2.5, 1.5]], ['kl', [NaN, 0.5]]]); // prettier-ignore
    expect(readHistory(temporary())).toMatchObject({ step: [], csv: '' });
  });

  it.each([
    ['step,loss\n1,x\n', /history\.csv, line 2, loss.*expected a number; got "x"/s],
    ['loss\n1\n', /expected "step" as the first column; got "loss"/],
    ['step,loss\n1\n', /history\.csv/],
  ])('names what is wrong: %j', (csv, message) => expect(() => history(csv)).toThrow(message));

  it('is drawn in at most so many points, each a mean', () => {
    const { x, y, of } = thinned([1, 2, 3, 4, 5], [1, NaN, 3, 5, 7], 2);
    expect({ x, y, of }).toEqual({ x: [2, 4.5], y: [2, 6], of: 2 });
  });
});

it("the plan's mistakes come with their addresses", () => {
  const file = join(temporary(), 'report.yaml');
  writeFileSync(file, 'systems:\n  - { id: A, title: T, source: s, about: a, learned: [{ title: x, stage: s, path: p, better: up, beside: [] }] }\n'); // prettier-ignore
  expect(() => readReportPlan(file)).toThrow(/systems\.0\.id: lower case.*systems\.0\.learned\.0\.better: .*systems\.0\.learned\.0\.beside: /s); // prettier-ignore
});

it('shows nothing of a run without a revision', () => {
  const folder = temporary();
  finishStage(folder, { metrics: {}, record: { git: { ...RECORD.git, revision: null } } });
  expect(readStageRun(folder, 's')).toEqual({ missing: 'its run has no revision' });
});
