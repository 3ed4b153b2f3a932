import { expect, it } from 'vitest';
import { askedConfiguration } from './asked-configuration.mjs';

const asked = (...words: string[]) => askedConfiguration(['node', 'nx', ...words]);

it('hears which configuration Nx was asked for', () => {
  expect(asked('run', 'pipelines:stage2', '--configuration=small')).toBe('small');
  expect(asked('run', 'pipelines:stage2', '--configuration', 'small', '--set', 'seed=1')).toBe('small');
  expect(asked('run', 'pipelines:stage2', '-c', 'paper')).toBe('paper');
  expect(asked('run', 'pipelines:stage2:paper')).toBe('paper');
  expect(asked('run', 'pipelines:stage2', '--set', 'stage2.guidance={kl: {kind: mse}}')).toBeUndefined();
});
