import type { Tree } from '@nx/devkit';
import { camelCase, checkName, sentenceCase } from './names.ts';

export interface ComponentOptions {
  name: string;
  layer: 'core' | 'data' | 'model' | 'evaluation' | 'experiment';
  purpose?: string;
}

/** `nx g ./tools:component NAME --layer=LAYER`: a library with its README, one source file and its spec. */
export default function component(tree: Tree, { name, layer, purpose }: ComponentOptions): void {
  checkName(name);
  const folder = `libs/${name}`;
  if (tree.exists(`${folder}/project.json`)) throw new Error(`${folder} is there already`);
  const files = {
    'project.json': projectFile(name, layer),
    'README.md': readme(name, layer, purpose || `What ${name} is for, in one sentence.`),
    'src/index.ts': `export { ${camelCase(name)} } from './${name}.ts';\n`,
    [`src/${name}.ts`]: source(name),
    [`src/${name}.spec.ts`]: spec(name),
  };
  for (const [path, content] of Object.entries(files)) tree.write(`${folder}/${path}`, content);
}

const projectFile = (name: string, layer: string) =>
  `{
  "name": "${name}",
  "projectType": "library",
  "sourceRoot": "libs/${name}/src",
  "tags": ["layer:${layer}"],
  "targets": { "test": {}, "lint": {} }
}
`;

const readme = (name: string, layer: string, purpose: string) => `# ${name}

${purpose}

\`\`\`ts
import { ${camelCase(name)} } from '@egolab/${name}';
\`\`\`

Layer: ${layer}. Tests: \`npx nx run ${name}:test\`.
`;

const source = (name: string) => `/** ${sentenceCase(name)} of a value. */
export function ${camelCase(name)}(value: number): number {
  return value;
}
`;

const spec = (name: string) => `import { describe, expect, it } from 'vitest';
import { ${camelCase(name)} } from './${name}.ts';

describe('${camelCase(name)}', () => {
  it('keeps the value', () => {
    expect(${camelCase(name)}(1)).toBe(1);
  });
});
`;
