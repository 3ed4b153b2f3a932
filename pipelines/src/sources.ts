import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { sha256 } from '@egolab/foundation';

/** The code that a stage runs, relative to the workspace. */
export interface Sources {
  /** `libs/<name>/src`, whole */
  libraries: string[];
  /** files of the pipelines project that the stage's file imports, itself included */
  files: string[];
}

const imports = /^\s*(?:import|export)\s+(?!type\b)(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm;

/** Follow the imports of a stage's file; a type import runs nothing. A library counts whole, with those that it imports. */
export function sourcesOf(root: string, file: string): Sources {
  const libraries = new Set<string>();
  const files = new Set<string>();
  const follow = (from: string) => {
    for (const match of readFileSync(from, 'utf8').matchAll(imports)) {
      const specifier = match[1] ?? match[2];
      if (specifier.startsWith('.')) visitFile(resolve(dirname(from), specifier));
      else visitLibrary(/^@egolab\/(.+)$/.exec(specifier)?.[1] ?? (specifier === 'mlflow-js' ? specifier : undefined));
    }
  };
  const visitFile = (path: string) => {
    const name = relative(root, path);
    if (name.startsWith('libs/') || files.has(name)) return;
    files.add(name);
    follow(path);
  };
  const visitLibrary = (name: string | undefined) => {
    const folder = `libs/${name}/src`;
    if (name === undefined || libraries.has(folder)) return;
    libraries.add(folder);
    codeFiles(join(root, folder))
      .filter((path) => path.endsWith('.ts'))
      .forEach(follow);
  };
  visitFile(resolve(root, file));
  return { libraries: [...libraries].sort(), files: [...files].sort() };
}

/** One hash of all that code. */
export function sourceDigest(root: string, { libraries, files }: Sources): string {
  const paths = [
    ...files.map((file) => join(root, file)),
    ...libraries.flatMap((folder) => codeFiles(join(root, folder))),
  ];
  return sha256(paths.map((path) => `${relative(root, path)} ${sha256(readFileSync(path))}`).join('\n'));
}

/** Code that stages run: TypeScript, the native kernels, Python beside it, and tables of texts. */
const CODE = /\.(ts|mjs|cc|h|py|json)$/;

/** Files of code below a folder, tests and their fixtures aside. */
function codeFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return entry.name === 'fixtures' ? [] : codeFiles(path);
      return CODE.test(entry.name) && !entry.name.endsWith('.spec.ts') ? [path] : [];
    })
    .sort();
}
