import { parseDocument } from 'yaml';
import { UserError } from '@egolab/foundation';
import type { Path } from './preset.ts';

/** One `--set key=value`. */
export interface Override {
  /** as it was typed */
  text: string;
  path: string[];
  value: unknown;
}

/**
 * `stage2.training.optimizer.learningRate=2e-4`: a dotted key and a YAML value. Scalars have YAML 1.2's types (`2e-4` is a number,
 * `true` a boolean, `null` nothing), lists and objects its flow style (`[1, 2]`, `{a: 1}`).
 */
export function parseOverride(text: string): Override {
  const split = text.indexOf('=');
  const path = text.slice(0, Math.max(split, 0)).trim().split('.');
  if (split < 0 || path.some((key) => key === '')) {
    throw new UserError({
      what: 'expected key=value',
      where: `--set ${text}`,
      mend: 'for example --set stage2.training.optimizer.learningRate=2e-4',
    });
  }
  const document = parseDocument(text.slice(split + 1));
  if (document.errors.length > 0) {
    throw new UserError({
      what: 'the value is not YAML',
      where: `--set ${text}`,
      mend: 'quote text that holds any of : [ ] { } #, as in --set \'a.b="x: y"\'',
    });
  }
  return { text, path, value: document.toJS() as unknown };
}

/**
 * A copy of `value` in which each override's value stands at its path.
 * @throws UserError for a path into a list that isn't one of its places, or the one behind its last
 */
export function applyOverrides(value: unknown, overrides: readonly Override[]): unknown {
  return overrides.reduce((result, override) => replaceAt(result, override.path, override), value);
}

function replaceAt(value: unknown, [key, ...rest]: string[], override: Override): unknown {
  if (key === undefined) return override.value;
  if (Array.isArray(value)) {
    const copy: unknown[] = [...value];
    const index = placeIn(copy, key, override);
    copy[index] = replaceAt(copy[index], rest, override);
    return copy;
  }
  const entries = value !== null && typeof value === 'object' ? Object.entries(value) : [];
  const before = entries.find(([name]) => name === key)?.[1] as unknown;
  return Object.fromEntries([...entries.filter(([name]) => name !== key), [key, replaceAt(before, rest, override)]]);
}

function placeIn(list: readonly unknown[], key: string, { text }: Override): number {
  if (/^\d+$/.test(key) && Number(key) <= list.length) return Number(key);
  throw new UserError({
    what: `expected a place in a list, 0 to ${list.length}, got "${key}"`,
    where: `--set ${text}`,
    mend: 'or set the whole list, as in --set key=[1, 2]',
  });
}

/** The last override that set the value at `path`, or a part of it. */
export function overrideOf(path: Path, overrides: readonly Override[]): Override | undefined {
  return overrides.findLast((override) => override.path.every((key, i) => i >= path.length || key === String(path[i])));
}
