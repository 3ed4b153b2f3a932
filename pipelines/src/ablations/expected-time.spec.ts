import { expect, it } from 'vitest';
import { expectedSeconds, type TimedRun } from './expected-time.ts';

const run = (epochs: number, width: number, wallTime: number, seed = 0): TimedRun => ({
  parameters: { seed, model: { width }, train: { training: { epochs, rate: 1 } } },
  wallTime,
});
const wanted = (epochs: number, width: number) => run(epochs, width, 0, 7).parameters;

it('is that of the most similar run, whatever its seed, by the ratio of epochs', () => {
  const runs = [run(3, 64, 300), run(3, 128, 900)];
  expect(expectedSeconds('train', wanted(3, 128), runs)).toBe(900);
  expect(expectedSeconds('train', wanted(1, 128), runs)).toBe(300);
  expect(expectedSeconds('train', wanted(0.5, 64), runs)).toBe(50);
});

it('says nothing of what never trained, and nothing takes no time', () => {
  expect(expectedSeconds('train', wanted(3, 64), [])).toBeUndefined();
  expect(expectedSeconds('train', wanted(3, 64), [run(0, 64, 4)])).toBeUndefined();
  expect(expectedSeconds('train', wanted(0, 64), [run(3, 64, 300)])).toBe(0);
  expect(expectedSeconds('train', wanted(0, 64), [run(3, 64, 300), run(0, 64, 4)])).toBe(4);
});

it('is the run itself of a stage without training', () => {
  const evaluation = { parameters: { seed: 0, evaluate: { maxQuestions: 80 } }, wallTime: 40 };
  expect(expectedSeconds('evaluate', { seed: 2, evaluate: { maxQuestions: 80 } }, [evaluation])).toBe(40);
});
