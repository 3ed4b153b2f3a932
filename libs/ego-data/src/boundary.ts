import { z } from 'zod';
import { readJsonFile, UserError } from '@egolab/foundation';

/** Problems named in one message at most. */
const maxProblems = 5;

/**
 * Check data from outside against a schema.
 * @throws UserError naming the file and, per problem, the address in it: `annotations.3c48.0.descriptions.2.timestamp`
 */
export function parseAs<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  file: string,
  mend?: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  const named = issues
    .slice(0, maxProblems)
    .map(({ path, message }) => `at ${path.map(String).join('.') || 'the top'}: ${message}`);
  const rest = issues.length > maxProblems ? `; and ${issues.length - maxProblems} more` : '';
  throw new UserError({
    what: `not in the expected format: ${named.join('; ')}${rest}`,
    where: file,
    mend: mend ?? 'compare it with the data set’s documentation, or download it again',
  });
}

/** Read a JSON file, in which no object has a key twice, and check it against a schema. */
export function readAs<Schema extends z.ZodType>(schema: Schema, file: string, mend?: string): z.output<Schema> {
  return parseAs(schema, readJsonFile(file, mend, { uniqueKeys: true }), file, mend);
}

/** A flag that files write as true, "1", "true", "True", 1, null or leave out. */
export const flag = z
  .union([z.boolean(), z.number(), z.string(), z.null()])
  .optional()
  .transform((value) => value === true || value === 1 || (typeof value === 'string' && /^(1|true|yes)$/i.test(value)));

/** A number that files also write as text. */
export const numeric = z.union([z.number(), z.string().trim().min(1).transform(Number).pipe(z.number())], {
  error: 'expected a number',
});
