import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { longestWayFirst, readGraph, runInOrder, stagesBehind } from './dvc-graph.ts';

const graphOf = (reads: Record<string, string[]>) => new Map(Object.entries(reads));

it('finds in dvc.yaml what stands behind a stage', () => {
  const root = mkdtempSync(join(tmpdir(), 'egolab-dvc-graph-'));
  const dep = (stage: string) => ['libs/nn', `artifacts/\${item.preset}/${stage}/model.safetensors`];
  const stages = {
    last: { deps: dep('middle') },
    other: {},
    middle: { deps: dep('first') },
    first: { deps: ['libs/nn'] },
  };
  writeFileSync(join(root, 'dvc.yaml'), JSON.stringify({ stages }));
  const graph = readGraph(root);
  expect(stagesBehind(graph, ['last'])).toEqual(['first', 'middle', 'last']);
  expect(stagesBehind(graph, ['middle', 'other'])).toEqual(['first', 'middle', 'other']);
});

const FORK = { a: [], b: ['a'], c: ['b'], x: [], y: ['x'], last: ['c', 'y'] };

it('begins with what most stages wait for', () => {
  expect(longestWayFirst(graphOf(FORK), Object.keys(FORK))).toEqual(['a', 'b', 'x', 'c', 'y', 'last']);
});

/** Stages that end when the test says so. */
function stagesByHand() {
  const running = new Map<string, (code: number) => void>();
  const started: string[] = [];
  const run = (name: string) =>
    new Promise<number>((resolve) => {
      started.push(name);
      running.set(name, resolve);
    });
  const end = async (name: string, code = 0) => {
    running.get(name)!(code);
    running.delete(name);
    await new Promise(setImmediate);
    return [...running.keys()];
  };
  return { run, started, end };
}

it('runs a stage when all that it reads is there, and no more than so many at a time', async () => {
  const { run, started, end } = stagesByHand();
  const code = runInOrder(graphOf(FORK), Object.keys(FORK), 2, run);
  expect(started).toEqual(['a', 'x']);
  expect(await end('x')).toEqual(['a', 'y']);
  expect(await end('a')).toEqual(['y', 'b']);
  expect(await end('y')).toEqual(['b']);
  expect(await end('b')).toEqual(['c']);
  expect(await end('c')).toEqual(['last']);
  await end('last');
  expect(await code).toBe(0);
});

it('lets all run that does not read what failed', async () => {
  const { run, end, started } = stagesByHand();
  const code = runInOrder(graphOf(FORK), Object.keys(FORK), 1, run);
  expect(await end('a', 255)).toEqual(['x']);
  expect(await end('x')).toEqual(['y']);
  await end('y');
  expect(await code).toBe(255);
  expect(started).toEqual(['a', 'x', 'y']);
});

it('takes what it is not asked to run as there', async () => {
  const { run, end, started } = stagesByHand();
  const code = runInOrder(graphOf(FORK), ['c', 'last'], 2, run);
  expect(started).toEqual(['c']);
  await end('c');
  await end('last');
  expect(await code).toBe(0);
});

it('lets no stage begin after a signal', async () => {
  const { run, end, started } = stagesByHand();
  const code = runInOrder(graphOf(FORK), Object.keys(FORK), 2, run);
  await end('a', 130);
  await end('x', 130);
  expect(await code).toBe(130);
  expect(started).toEqual(['a', 'x']);
});
