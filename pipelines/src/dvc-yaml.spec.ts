import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { loadConfig, loadStages, workspace } from './index.ts';
import { presetNames } from '@egolab/experiment';
import { dvcYaml } from './dvc-yaml.ts';
import { inputsOfPapers, upTo } from './pipeline.ts';

vi.setConfig({ testTimeout: 600_000 }); // every library is loaded; the machine may be busy

it('is what the stages say (else: `npx nx run pipelines:dvc-yaml`)', async () => {
  expect(readFileSync(join(workspace.root, 'dvc.yaml'), 'utf8')).toBe(await dvcYaml(workspace));
});

it('gives every stage a target of Nx', async () => {
  const { targets } = JSON.parse(readFileSync(join(workspace.root, 'pipelines/project.json'), 'utf8')) as {
    targets: Record<string, { options?: { command: string } }>;
  };
  const commands = Object.values(targets).flatMap(({ options }) => options?.command.split(' ').slice(4) ?? []);
  expect([...(await loadStages(workspace.stages)).keys()].filter((name) => !commands.includes(name))).toEqual([]);
});

it('knows which of the report’s stages reproduce which paper, all of them together', async () => {
  const stages = await loadStages(workspace.stages);
  const papers = ['exo2ego', 'egodtm', 'egom2p'];
  const behind = papers.map((paper) => {
    const shown = inputsOfPapers(stages, 'report', [paper]);
    return [...new Set(shown.flatMap((name) => upTo(stages, name).map((stage) => stage.name)))];
  });
  expect(behind.flat().sort()).toEqual(Object.values(stages.get('report')!.inputs).sort()); // none is of two papers
  expect(inputsOfPapers(stages, 'report', ['exo2ego'])).toContain('evaluate-stage3');
});

it.each(presetNames(workspace.presets))('preset %s fits the schema that the stages declare', async (preset) => {
  expect(await loadConfig(preset)).toMatchObject({ seed: expect.any(Number) });
});

it('names every preset in the matrix', () => {
  const { stages } = parse(readFileSync(join(workspace.root, 'dvc.yaml'), 'utf8')) as {
    stages: Record<string, { matrix: { preset: string[] } }>;
  };
  for (const { matrix } of Object.values(stages)) expect(matrix.preset).toEqual(presetNames(workspace.presets));
});

it('lets nothing but the report depend on pictures', () => {
  const { stages } = parse(readFileSync(join(workspace.root, 'dvc.yaml'), 'utf8')) as {
    stages: Record<string, { deps: string[] }>;
  };
  const picture = /\/pictures(\.json)?$/;
  const readers = Object.keys(stages).filter((name) => stages[name].deps.some((dep) => picture.test(dep)));
  expect(readers).toEqual(['report']);
});
