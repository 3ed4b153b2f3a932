import { expect, it } from 'vitest';
import { refuseUnknownConfiguration } from './asked-configuration.ts';

it('refuses one that there is not', () => {
  expect(() => refuseUnknownConfiguration('smal')).toThrow(
    '--configuration, pipelines/project.json: the pipelines have no configuration "smal"\n  did you mean "small"?',
  );
  for (const known of ['micro', 'small', 'paper', undefined])
    expect(() => refuseUnknownConfiguration(known)).not.toThrow();
});
