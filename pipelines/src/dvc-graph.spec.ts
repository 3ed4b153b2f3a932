import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { branchesBelow, endsOf, readGraph, stagesBehind } from './dvc-graph.ts';

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

it('parts what the targets read where nothing is shared', () => {
  const graph = graphOf({ a: [], b: ['a'], x: [], y: ['x'], z: ['x'], unread: ['a'], report: ['b', 'y', 'z'] });
  const branches = branchesBelow(graph, ['report']);
  expect(branches).toEqual([['a', 'b'], ['x', 'y', 'z']]); // prettier-ignore
  expect(branches.map((branch) => endsOf(graph, branch))).toEqual([['b'], ['y', 'z']]); // prettier-ignore
});

it('keeps together what a later stage joins, and leaves out the targets', () => {
  const graph = graphOf({ a: [], x: [], both: ['a', 'x'], c: [], d: ['both', 'c'] });
  expect(branchesBelow(graph, ['d'])).toEqual([['a', 'x', 'both'], ['c']]); // prettier-ignore
  expect(branchesBelow(graph, ['both', 'd'])).toEqual([['a'], ['x'], ['c']]); // prettier-ignore
  expect(branchesBelow(graph, ['a'])).toEqual([]);
});
