import type { GeneratorCallback, Tree } from '@nx/devkit';
import { camelCase, checkName, sentenceCase } from './names.ts';

export interface StageOptions {
  name: string;
  title?: string;
  paper?: string;
}

/** `nx g ./tools:stage NAME`: a stage as a value in pipelines/src/stages, with its spec. */
export default function stage(
  tree: Tree,
  { name, title = sentenceCase(name), paper }: StageOptions,
): GeneratorCallback {
  checkName(name);
  const file = `pipelines/src/stages/${name}.ts`;
  if (tree.exists(file)) throw new Error(`${file} is there already`);
  tree.write(file, source(name, title, paper));
  tree.write(`pipelines/src/stages/${name}.spec.ts`, spec(name));
  return () => {
    process.stdout.write(
      `Next: give "${name}" its parameters in experiments/presets/*.yaml, and dvc.yaml the stage.\n`,
    );
  };
}

const quoted = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;

const source = (name: string, title: string, paper: string | undefined) => `import { z } from 'zod';
import { defineStage } from '../stage.ts';

/** ${paper ? `${paper}. ` : ''}What it learns from what, with which loss; what is frozen. */
export const ${camelCase(name)} = defineStage({
  name: '${name}',
  title: ${quoted(title)},
  paper: ${paper ? quoted(paper) : 'null'},
  params: z.strictObject({
    numValues: z.number().int().positive(),
  }),
  sections: {},
  inputs: {},
  outputs: ['model.json'],
  async run({ params, random, out }) {
    const values = Array.from({ length: params.numValues }, () => random.uniform());
    out.write('model.json', JSON.stringify(values));
    return { metrics: { numValues: values.length } };
  },
});
`;

const spec = (name: string) => `import { describe, expect, it } from 'vitest';
import { ${camelCase(name)} } from './${name}.ts';

describe('${name}', () => {
  it('refuses parameters that mean nothing', () => {
    expect(${camelCase(name)}.params.safeParse({ numValues: 0 }).success).toBe(false);
  });
});
`;
