import { fileURLToPath } from 'node:url';
import { createTree } from '@nx/devkit/testing';
import { check, resolveConfig } from 'prettier';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Tree } from '@nx/devkit';
import component from './component.ts';
import stage from './stage.ts';

let tree: Tree;
beforeEach(() => {
  tree = createTree();
});

const paths = () => tree.listChanges().map(({ path }) => path).filter((path) => path !== '.prettierrc').sort(); // prettier-ignore

it('makes files that are formatted as the repository wants', async () => {
  component(tree, { name: 'depth-decoder', layer: 'model' });
  stage(tree, { name: 'depth-pretrain', title: 'Pretraining', paper: 'EgoDTM section 3' });
  const options = (await resolveConfig(fileURLToPath(import.meta.url)))!;
  for (const filepath of paths())
    expect(await check(tree.read(filepath, 'utf8')!, { ...options, filepath }), filepath).toBe(true);
});

describe('nx g ./tools:component', () => {
  it('makes a room with README, sources and spec in its layer', () => {
    component(tree, { name: 'depth-decoder', layer: 'model', purpose: 'Depth from features.' });
    expect(paths()).toEqual(
      ['README.md', 'project.json', 'src/depth-decoder.spec.ts', 'src/depth-decoder.ts', 'src/index.ts'].map(
        (path) => `libs/depth-decoder/${path}`,
      ),
    );
    expect(JSON.parse(tree.read('libs/depth-decoder/project.json', 'utf8')!)).toMatchObject({
      name: 'depth-decoder',
      tags: ['layer:model'],
      targets: { test: {}, lint: {} },
    });
    expect(tree.read('libs/depth-decoder/README.md', 'utf8')).toContain('Depth from features.');
    expect(tree.read('libs/depth-decoder/src/index.ts', 'utf8')).toBe(
      "export { depthDecoder } from './depth-decoder.ts';\n",
    );
  });

  it('keeps what is there', () => {
    component(tree, { name: 'video', layer: 'data' });
    expect(() => component(tree, { name: 'video', layer: 'data' })).toThrow('libs/video is there already');
  });

  it.each(['Video', '../video', 'a_b', ''])('refuses the name "%s"', (name) => {
    expect(() => component(tree, { name, layer: 'data' })).toThrow(/kebab-case/);
  });
});

describe('nx g ./tools:stage', () => {
  it('makes a stage with its spec', () => {
    stage(tree, { name: 'depth-pretrain', title: "EgoDTM's pretraining", paper: 'EgoDTM section 3' });
    expect(paths()).toEqual(['pipelines/src/stages/depth-pretrain.spec.ts', 'pipelines/src/stages/depth-pretrain.ts']);
    const source = tree.read('pipelines/src/stages/depth-pretrain.ts', 'utf8')!;
    expect(source).toContain('export const depthPretrain = defineStage({');
    expect(source).toContain("title: 'EgoDTM\\'s pretraining'");
    expect(() => stage(tree, { name: 'depth-pretrain' })).toThrow(/is there already/);
  });
});
