import { z } from 'zod';
import { readJsonFile, UserError } from '@egolab/foundation';
import { parseAs } from '../boundary.ts';

export interface RecordFormat {
  /** field that tells records apart; no two may have one value */
  readonly id?: string;
  /** what to do when it is another file */
  readonly mend: string;
}

/** A record and its address for messages: `file (record 17, sample_id "x")`. */
export interface Located<T> {
  readonly record: T;
  readonly where: string;
}

/**
 * Read a JSON list of records, each checked on its own, so that a message names the record.
 * @throws UserError for a missing, cut or foreign file, a field of another kind, or an id that is there twice
 */
export function readRecords<Schema extends z.ZodType>(
  schema: Schema,
  file: string,
  { id, mend }: RecordFormat,
): Located<z.output<Schema>>[] {
  const list = readJsonFile(file, mend, { uniqueKeys: true });
  if (!Array.isArray(list) || list.length === 0)
    throw new UserError({ what: `expected a list of records, got ${kindOf(list)}`, where: file, mend });
  const places = new Map<string, number>();
  return list.map((raw: unknown, index) => {
    const name = id === undefined ? undefined : fieldText(raw, id);
    const where = `${file} (record ${index}${name === undefined ? '' : `, ${id} "${name}"`})`;
    const record = parseAs(schema, raw, where, mend);
    if (name !== undefined) {
      const before = places.get(name);
      if (before !== undefined)
        throw new UserError({
          what: `record ${before} has the same ${id}`,
          where,
          mend: 'keep one of the two records',
        });
      places.set(name, index);
    }
    return { record, where };
  });
}

function fieldText(raw: unknown, field: string): string | undefined {
  const value = typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>)[field] : undefined;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an empty list';
  return value === null ? 'null' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Text that says something. */
export const text = z.string().refine((value) => value.trim() !== '', { error: 'expected text, got an empty string' });

/** An id, written as text or as a whole number. */
export const identity = z.union([text, z.number().int()]).transform(String);
