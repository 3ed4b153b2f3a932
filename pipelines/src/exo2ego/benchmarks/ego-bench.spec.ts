import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import type { Answerer } from '@egolab/benchmarks';
import { silentProgress } from '../../progress.ts';
import { runEgoBench } from './ego-bench.ts';
import type { EgoBenchRun } from './run.ts';
import { egoBenchSettings } from './settings.ts';

const root = mkdtempSync(join(tmpdir(), 'egolab-egobench-'));
function put(name: string, content: unknown): void {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), typeof content === 'string' ? content : JSON.stringify(content));
}
const turn = (i: number) => ({ video: `${i}.mp4`, question: `q${i}`, candidates: ['a', 'b', 'c', 'd'], answer: 'b' });
put('vlnqa/egocentric_navigation.json', [0, 1, 2].map(turn));
[0, 1, 2].forEach((i) => put(`vlnqa/videos/${i}.mp4`, ''));
put('qaego4d/annotations.QaEgo4D_test.json', [
  { video_id: 'v', sample_id: 's', question: 'Where?', answer: 'in it', moment_start_frame: 1, moment_end_frame: 2 },
]);
put('qaego4d/videos/v.mp4', '');

/** Fails at the question of this number, from 1. */
function answerer(asked: string[], failAt = Infinity): Answerer {
  return {
    prefetch: () => undefined,
    likelihoods(together) {
      asked.push(...together.map(({ prompt }) => prompt ?? 'caption'));
      if (asked.length >= failAt) throw new Error('killed');
      return Promise.resolve(
        together.map(({ answers }) =>
          answers.map((answer) => ({ logLikelihood: answer === 'b' ? -1 : -2, numTokens: 1 })),
        ),
      );
    },
    generate: () => Promise.resolve('In it.'),
  };
}
const settings = egoBenchSettings.parse({
  tasks: null,
  prompt: 'first-person',
  scoring: 'likelihood',
  listOptions: false,
  questionsAtATime: 1,
  sequencesAtATime: 4,
  maxNewTokens: 8,
  judge: null,
});
const run = (asked: string[], more: Partial<EgoBenchRun> = {}): EgoBenchRun => ({
  settings,
  answerer: answerer(asked),
  model: { digest: 'x' },
  limits: { maxQuestions: null, questionsOf: {} },
  narrationPrompt: undefined,
  data: [join(root, 'elsewhere'), root],
  context: { sentenceEncoder: { name: 'none', load: () => expect.fail('not needed') }, candidates: root },
  state: join(root, 'state'),
  out: join(root, 'out'),
  progress: silentProgress,
  ...more,
});

it('asks the tasks that are there, and goes on where it was interrupted', async () => {
  const before: string[] = [];
  await expect(runEgoBench(run(before, { answerer: answerer(before, 3) }))).rejects.toThrow('killed');
  const asked: string[] = [];
  const { metrics, outcomes, predictions, tasks } = await runEgoBench(run(asked));
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatch(/^From a first-person perspective, .*\nq2$/s);
  expect(metrics).toMatchObject({
    'vln-qa': { accuracy: 100, n: 3, chance: 25 },
    'qaego4d-open': { n: 1, exact_match: { value: 100 } },
    mean: { accuracy: 100, tasks: 1, n: 3 },
  });
  expect(outcomes['vln-qa.accuracy']).toEqual({ 0: 1, 1: 1, 2: 1 });
  expect(Object.keys(predictions['vln-qa'])).toHaveLength(3);
  expect(tasks.find(({ name }) => name === 'vln-qa')).toMatchObject({ data: root, asked: 3, questions: 3 });
  expect(metrics).not.toHaveProperty('egoplan');
  expect(readFileSync(join(root, 'out/vln-qa.jsonl'), 'utf8').trim().split('\n')).toHaveLength(4);
  expect(existsSync(join(root, 'out/qaego4d-open.jsonl'))).toBe(true);
});

it('asks another model anew, and names an unknown task', async () => {
  const asked: string[] = [];
  await runEgoBench(
    run(asked, {
      model: { digest: 'y' },
      settings: { ...settings, tasks: ['vln-qa'] },
      limits: { maxQuestions: 1, questionsOf: { 'vln-qa': 2 } },
    }),
  );
  expect(asked).toHaveLength(2);
  const unknown = run([], { settings: { ...settings, tasks: ['vln'] } });
  await expect(runEgoBench(unknown)).rejects.toThrow(/there is no task "vln"/);
});
