import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { keyOf, planFor } from './plan.ts';
import { workspaceAt } from './workspace.ts';

const fixtures = fileURLToPath(new URL('./fixtures/', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'egolab-plan-'));
const workspace = { ...workspaceAt(root), stages: join(fixtures, 'stages') };
mkdirSync(workspace.presets, { recursive: true });
cpSync(join(fixtures, 'preset.yaml'), join(workspace.presets, 'micro.yaml'));

const variants = async (...sets: string[]) => {
  const plan = await planFor(workspace, { preset: 'micro', sets });
  return { first: plan.variantOf('first'), second: plan.variantOf('second') };
};
const hashed = expect.stringMatching(/^micro\+[0-9a-f]{8}$/) as string;

it('leaves a stage that no override reaches in the preset', async () => {
  expect(await variants()).toEqual({ first: 'micro', second: 'micro' });
  expect(await variants('second.steps=5')).toEqual({ first: 'micro', second: hashed });
  expect(await variants('first.count=4')).toEqual({ first: hashed, second: hashed });
});

it('names a folder after the overrides that reach its stage, so that variants share the others', async () => {
  const seed = await variants('seed=8');
  const both = await variants('seed=8', 'second.steps=5');
  expect(both.first).toBe(seed.first);
  expect(both.second).not.toBe(seed.second);
  expect(await variants('second.steps=5', 'seed=8')).toEqual(both);
});

it('forgets overrides that say what is said already', async () => {
  expect(await variants('second.steps=4')).toEqual({ first: 'micro', second: 'micro' });
  expect(await variants('seed=8', 'second.steps=4', 'seed=8')).toEqual(await variants('seed=8'));
  expect(await variants('seed=7', 'seed=8')).toEqual(await variants('seed=8'));
});

it('knows the overrides of each stage', async () => {
  const plan = await planFor(workspace, {
    preset: 'micro',
    sets: ['second.steps=5', 'first.count=4', 'second.stopAt=null'],
  });
  expect(plan.setsOf('first')).toEqual(['first.count=4']);
  expect(plan.setsOf('second')).toEqual(['second.steps=5', 'first.count=4']);
});

it('a stage depends on what it reads of its inputs: not on their pictures', async () => {
  const plan = await planFor(workspace, { preset: 'micro', sets: [] });
  const keyAfter = (outputs: Record<string, string>) => {
    mkdirSync(plan.folderOf('first'), { recursive: true });
    writeFileSync(join(plan.folderOf('first'), 'run.json'), JSON.stringify({ outputs }));
    return keyOf(plan, 'second', () => 'code');
  };
  const once = keyAfter({ 'model.json': 'a', pictures: 'b', 'pictures.json': 'c' });
  expect(keyAfter({ 'model.json': 'a', pictures: 'other', 'pictures.json': 'c' })).toBe(once);
  expect(keyAfter({ 'model.json': 'other', pictures: 'b', 'pictures.json': 'c' })).not.toBe(once);
});
