import { relative, join } from 'node:path';
import type { z } from 'zod';
import { UserError } from '@egolab/foundation';
import { describeIssues } from './describe-issues.ts';
import { applyOverrides, parseOverride } from './overrides.ts';
import { readPreset } from './preset.ts';

export interface LoadOptions<Schema extends z.ZodType> {
  schema: Schema;
  /** folder of `<preset>.yaml` files */
  folder: string;
  preset: string;
  /** `key=value` texts, applied in order */
  sets?: readonly string[];
}

/**
 * YAML -> overrides -> schema -> typed object. Everything that is wrong (unknown keys with the nearest valid one, wrong types, missing
 * keys) comes in one UserError, each line with the file and line or the override that holds it.
 */
export function loadConfig<Schema extends z.ZodType>({
  schema,
  folder,
  preset,
  sets = [],
}: LoadOptions<Schema>): z.output<Schema> {
  const source = readPreset(folder, preset, displayPath(join(folder, `${preset}.yaml`)));
  const overrides = sets.map(parseOverride);
  const raw = applyOverrides(source.value, overrides);
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const lines = describeIssues({ issues: result.error.issues, schema, raw, source, overrides });
  throw new UserError({
    what: `the configuration has ${lines.length === 1 ? 'a mistake' : `${lines.length} mistakes`}:\n  ${lines.join('\n  ')}`,
    mend: `every key is listed in ${displayPath(folder)}/*.yaml`,
  });
}

/** Relative to where the user stands, when it is below. */
function displayPath(path: string): string {
  const shown = relative(process.cwd(), path);
  return shown === '' || shown.startsWith('..') ? path : shown;
}
