import { expect, it } from 'vitest';
import { unknownConfiguration } from './known-configurations.mjs';

it('names a preset that a target does not have, however it is given', () => {
  const targets = { stage2: { configurations: { micro: {}, paper: {} } }, 'dvc-yaml': {} };
  const mistake = (...words: string[]) => unknownConfiguration(['node', 'nx', 'run', ...words], targets);
  for (const words of [
    ['pipelines:stage2', '--configuration=micr'],
    ['pipelines:stage2', '-c', 'micr'],
    ['pipelines:stage2:micr'],
  ])
    // prettier-ignore
    expect(mistake(...words)).toBe('--configuration: there is no preset "micr"\n  known: micro, paper');
  expect(mistake('pipelines:stage2')).toBeUndefined();
  expect(mistake('pipelines:stage2', '--configuration=paper', '--set', 'a=b')).toBeUndefined();
  expect(mistake('pipelines:dvc-yaml', '--configuration=x')).toBeUndefined();
});
