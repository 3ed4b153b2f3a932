import type { z } from 'zod';
import { nearest } from '@egolab/foundation';
import { overrideOf, type Override } from './overrides.ts';
import type { Path, Preset } from './preset.ts';
import { keysAt } from './schema-keys.ts';

interface Context {
  issues: readonly z.core.$ZodIssue[];
  schema: z.ZodType;
  /** what was parsed: the preset with its overrides */
  raw: unknown;
  source: Preset;
  overrides: readonly Override[];
}

interface Finding {
  path: Path;
  text: string;
}

/** One line for each mistake: `where  key: what is wrong, what would be right`. */
export function describeIssues({ issues, schema, raw, source, overrides }: Context): string[] {
  const unknown = issues.flatMap((issue) => unknownKeys(issue, schema, raw));
  // a mistyped key is one mistake, not an unknown key and a missing one
  const meant = new Set(unknown.flatMap(({ path, near }) => (near ? [address([...path.slice(0, -1), near])] : [])));
  const others = issues
    .flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? []
        : [{ path: issue.path as Path, text: explain(issue, valueAt(raw, issue.path as Path)) }],
    )
    .filter(({ path }) => !meant.has(address(path)));
  return [...unknown, ...others].map(({ path, text }: Finding) => {
    const override = overrideOf(path, overrides);
    return `${override ? `--set ${override.text}` : source.where(path)}: ${address(path)} ${text}`;
  });
}

function unknownKeys(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  raw: unknown,
): (Finding & { near: string | undefined })[] {
  if (issue.code !== 'unrecognized_keys') return [];
  const parent = issue.path as Path;
  const present = Object.keys((valueAt(raw, parent) ?? {}) as object);
  const valid = keysAt(schema, parent, raw);
  return issue.keys.map((key) => {
    const near = nearest(key, valid) ?? undefined;
    const free = near !== undefined && !present.includes(near) ? near : undefined;
    const hint = near ? `did you mean "${near}"?` : `known: ${valid.join(', ')}`;
    return { path: [...parent, key], near: free, text: `is not a known key; ${hint}` };
  });
}

function explain(issue: z.core.$ZodIssue, got: unknown): string {
  const expected = expectation(issue);
  if (got === undefined) return `is missing; expected ${expected}`;
  return `is ${shown(got)}; expected ${expected}`;
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return kind(issue.expected);
  if (issue.code === 'invalid_value') {
    return `${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
  }
  if (issue.code === 'too_small') {
    return `${issue.inclusive ? 'at least' : 'more than'} ${String(issue.minimum)}${unit(issue.origin)}`;
  }
  if (issue.code === 'too_big') {
    return `${issue.inclusive ? 'at most' : 'less than'} ${String(issue.maximum)}${unit(issue.origin)}`;
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    return [...new Set(issue.errors.flatMap(([first]) => (first ? [expectation(first)] : [])))].join(' or ');
  }
  return `a valid value (${issue.message})`;
}

function kind(expected: string): string {
  if (expected === 'int') return 'a whole number';
  const word = expected === 'record' ? 'object' : expected;
  return `${/^[aeio]/.test(word) ? 'an' : 'a'} ${word}`;
}

const unit = (origin: string) =>
  origin === 'array' || origin === 'set' ? ' entries' : origin === 'string' ? ' characters' : '';

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (node, key) =>
      node !== null && typeof node === 'object' ? (node as Record<string, unknown>)[String(key)] : undefined,
    value,
  );
}

const address = (path: Path) => path.join('.') || '(top)';
