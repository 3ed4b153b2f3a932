import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, isNode, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import { readTextFile, suggestion, UserError } from '@egolab/foundation';

/** Address of a value in a configuration: keys and list indices from the top. */
export type Path = readonly (string | number)[];

/** A preset as its file holds it. */
export interface Preset {
  file: string;
  value: unknown;
  /** `file:line` of the key at `path`, or of the deepest of its parents that the file has. */
  where(path: Path): string;
}

/** Names of the presets in a folder: `<name>.yaml`. */
export function presetNames(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length))
    .sort();
}

/** Refuse a name that no preset has. */
export function assertPreset(folder: string, name: string): void {
  const names = presetNames(folder);
  if (names.includes(name)) return;
  throw new UserError({ what: `there is no preset "${name}"`, where: '--preset', mend: suggestion(name, names) });
}

/** Read `<folder>/<name>.yaml`. An unknown name, broken YAML or a doubled key is a UserError that says where. */
export function readPreset(folder: string, name: string, file = join(folder, `${name}.yaml`)): Preset {
  assertPreset(folder, name);
  const lines = new LineCounter();
  const document = parseDocument(readTextFile(join(folder, `${name}.yaml`)), { lineCounter: lines, merge: true });
  const [error] = document.errors;
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new UserError({
      what: error.message.split('\n')[0].replace(/ at line \d+.*$/, ''),
      where: `${file}:${line}:${col}`,
      mend: 'correct the YAML',
    });
  }
  return {
    file,
    value: document.toJS() ?? {},
    where: (path) => {
      const offset = offsetOf(document, path);
      return offset === undefined ? file : `${file}:${lines.linePos(offset).line}`;
    },
  };
}

/** Where in the text the key at `path` stands. */
function offsetOf(document: Document, path: Path): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => String(item.key) === String(key));
      if (!pair) return offset;
      offset = isNode(pair.key) ? pair.key.range?.[0] : offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      offset = isNode(node) ? node.range?.[0] : offset;
    } else return offset;
  }
  return offset;
}
