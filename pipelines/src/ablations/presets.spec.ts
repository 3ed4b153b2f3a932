import { presetNames, overridesOf, readAblations } from '@egolab/experiment';
import { describe, expect, it, vi } from 'vitest';
import { configOf } from '../configuration.ts';
import { loadStages } from '../pipeline.ts';
import { workspace } from '../workspace.ts';
import { ablationFolders, measuredStages } from './runs.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 }); // every library is loaded; the machine may be busy

const stages = await loadStages(workspace.stages);
const ablations = readAblations(ablationFolders(workspace)).map((each) => [`${each.paper}/${each.id}`, each] as const);

describe.each(presetNames(workspace.presets))('at preset %s', (preset) => {
  it.each(ablations)('%s: every variant is a configuration, and none the same as another', (_name, ablation) => {
    const { variants, budget } = ablation;
    const configs = variants.map((variant) => {
      expect(
        Object.keys({ ...variant.at, ...budget?.at }).filter((name) => !presetNames(workspace.presets).includes(name)),
      ).toEqual([]);
      return JSON.stringify([
        variant.with,
        configOf(stages, workspace.presets, preset, overridesOf(ablation, variant, preset)),
      ]);
    });
    expect(new Set(configs).size).toBe(configs.length);
  });
});

it.each(ablations)('%s is measured by stages that exist', (_name, ablation) => {
  const names = ablation.variants.flatMap((variant) => measuredStages(ablation, variant));
  expect(names.filter((name) => !stages.has(name))).toEqual([]);
});
