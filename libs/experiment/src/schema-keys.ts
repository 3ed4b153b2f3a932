import { z } from 'zod';
import type { Path } from './preset.ts';

/** The keys that an object at `path` may have; of a union, those of the options that fit the value's discriminator. */
export function keysAt(schema: z.ZodType, path: Path, raw: unknown): string[] {
  const [key, ...rest] = path;
  const objects = objectsOf(schema, raw);
  if (key === undefined) return [...new Set(objects.flatMap((object) => Object.keys(object.shape)))];
  const child = raw !== null && typeof raw === 'object' ? (raw as Record<string, unknown>)[String(key)] : undefined;
  const children = [
    ...objects.flatMap((object) => (object.shape[String(key)] ? [object.shape[String(key)] as z.ZodType] : [])),
    ...elementsOf(schema),
  ];
  return [...new Set(children.flatMap((next) => keysAt(next, rest, child)))];
}

/** The object schemas that `schema` may stand for. */
function objectsOf(schema: z.ZodType, raw: unknown): z.ZodObject[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) return [inner];
  if (inner instanceof z.ZodUnion) {
    const options = inner.options.flatMap((option) => objectsOf(option as z.ZodType, raw));
    const fitting = options.filter((option) => discriminatorsFit(option, raw));
    return fitting.length > 0 ? fitting : options;
  }
  return [];
}

function discriminatorsFit(option: z.ZodObject, raw: unknown): boolean {
  return Object.entries(option.shape).every(
    ([key, field]) =>
      !(field instanceof z.ZodLiteral) || field.safeParse((raw as Record<string, unknown>)[key]).success,
  );
}

/** What a list or record holds. */
function elementsOf(schema: z.ZodType): z.ZodType[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodArray) return [inner.element as z.ZodType];
  if (inner instanceof z.ZodRecord) return [inner.valueType as z.ZodType];
  return [];
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodReadonly
  )
    return unwrap(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodPipe) return unwrap(schema.in as z.ZodType);
  return schema;
}
