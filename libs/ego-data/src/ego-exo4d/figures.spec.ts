import { expect, it } from 'vitest';
import { egoExoFigures, type ClipPair, type Take } from '../index.ts';

const take = (takeName: string, task: string, scenario: string): Take => ({
  takeUid: takeName,
  takeName,
  scenario,
  task,
  duration: 10,
  dropped: false,
  bestExo: undefined,
  ego: undefined,
  exo: [],
});
const clip = (takeUid: string, length: number, text: string) =>
  ({ takeUid, takeName: takeUid, start: 1, end: 1 + length, text }) as ClipPair;

it('counts clips by duration and words, groups by institution, task and scenario', () => {
  const takes = [
    take('sfu_1', 'Tea', 'Cooking'),
    take('sfu_2', 'Tea', 'Cooking'),
    take('nus_1', 'CPR', 'Health'),
    take('cmu_1', 'x', 'y'),
  ];
  const clips = [
    clip('sfu_1', 0.25, 'C cuts'),
    clip('sfu_2', 0.3, 'C cuts'),
    clip('nus_1', 70, Array(40).fill('w').join(' ')),
  ];
  const figures = egoExoFigures(clips, takes);
  expect(figures.durations).toHaveLength(13);
  expect(figures.durations[1]).toEqual({ from: 0.25, to: 0.5, count: 2 });
  expect(figures.durations.at(-1)).toEqual({ from: 3, to: Infinity, count: 1 });
  expect(figures.words[2].count).toBe(2);
  expect(figures.words.at(-1)!.count).toBe(1);
  expect(figures.institutions.map(({ name, groups }) => [name, groups])).toEqual([
    ['sfu', 2],
    ['nus', 1],
  ]);
  expect(figures.tasks[0]).toMatchObject({ name: 'Tea', groups: 2 });
  expect(figures.scenarios[1].percent).toBeCloseTo(100 / 3, 10);
});
