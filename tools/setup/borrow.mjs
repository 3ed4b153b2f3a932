import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, realpathSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { root } from './paths.mjs';
import { digest } from './process.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/** What decides the machine set-up of a tree. @param {string} tree */
function recipe(tree) {
  const folder = `${tree}/tools/setup`;
  const names = readdirSync(here, { recursive: true }).map(String).filter((name) => /\.(txt|lock|mjs|py)$/.test(name)).sort(); // prettier-ignore
  if (!names.every((name) => existsSync(`${folder}/${name}`))) return undefined;
  return digest(readFileSync(`${tree}/package-lock.json`), ...names.map((name) => readFileSync(`${folder}/${name}`)));
}

/**
 * DVC runs queued and temporary experiments in a copy of the tree that lacks everything git ignores. A copy with the same
 * recipe uses the installed packages of the tree it was taken from; our own libraries still come from the copy, through tsconfig's paths.
 */
export function borrowFromMainTree(mainTree = process.env.DVC_ROOT) {
  if (!mainTree || !existsSync(`${mainTree}/package-lock.json`) || realpathSync(mainTree) === realpathSync(root))
    return false;
  if (recipe(mainTree) !== recipe(root)) return false;
  const made = [
    'node_modules',
    '.venv',
    '.egolab/libtensorflow',
    '.egolab/nvidia',
    '.egolab/models',
    '.egolab/robotics',
  ];
  for (const name of made) {
    if (!existsSync(`${mainTree}/${name}`) || lstatSync(`${root}/${name}`, { throwIfNoEntry: false })) continue;
    mkdirSync(`${root}/.egolab`, { recursive: true });
    symlinkSync(`${mainTree}/${name}`, `${root}/${name}`);
  }
  return true;
}
