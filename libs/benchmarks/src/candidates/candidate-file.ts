import { existsSync } from 'node:fs';
import { z } from 'zod';
import { readJsonFile, sha256, UserError, writeFileAtomic } from '@egolab/foundation';
import type { Options } from './hardest-negatives.ts';

const candidateFile = z.strictObject({
  benchmark: z.string(),
  /** which sentence encoder found them */
  encoder: z.string(),
  /** SHA-256 of ids, answers and pool */
  source: z.string(),
  questions: z.record(
    z.string(),
    z.strictObject({ options: z.array(z.string()).min(2), answer: z.number().int().nonnegative() }),
  ),
});

/** Where candidates come from: a stored file, which wins, and what makes one. */
export interface StoredCandidates {
  readonly path: string;
  readonly benchmark: string;
  /** name of the sentence encoder */
  readonly encoder: string;
  /** everything that the candidates depend on, in a form that compares */
  readonly source: unknown;
}

/**
 * A benchmark's candidates. Once stored they are read, not made again: between machines a sum in float32 may round otherwise, and a
 * benchmark must stay the same.
 *
 * @throws UserError when the stored file is damaged, or belongs to other questions or another encoder
 */
export function candidates(
  { path, benchmark, encoder, source }: StoredCandidates,
  build: () => Record<string, Options>,
): Record<string, Options> {
  const digest = sha256(JSON.stringify(source));
  if (existsSync(path)) {
    const stored = readCandidateFile(path);
    if (stored.benchmark === benchmark && stored.encoder === encoder && stored.source === digest)
      return stored.questions;
    throw new UserError({
      what: `made for other questions or with another encoder: expected ${benchmark}, ${encoder}, ${digest.slice(0, 12)}; got ${stored.benchmark}, ${stored.encoder}, ${stored.source.slice(0, 12)}`,
      where: path,
      mend: 'remove the file: it is made again from the annotations',
    });
  }
  const questions = build();
  const content = { benchmark, encoder, source: digest, questions };
  writeFileAtomic(path, `${JSON.stringify(content, null, 1)}\n`);
  return questions;
}

/** Read a stored file of candidates. @throws UserError naming what is wrong with it */
export function readCandidateFile(path: string): z.output<typeof candidateFile> {
  const parsed = candidateFile.safeParse(readJsonFile(path, undefined, { uniqueKeys: true }));
  if (!parsed.success) {
    const [{ path: at, message }] = parsed.error.issues;
    throw new UserError({
      what: `not a file of candidates: at ${at.map(String).join('.') || 'the top'}: ${message}`,
      where: path,
      mend: 'remove the file: it is made again from the annotations',
    });
  }
  const file = parsed.data;
  for (const [id, { options, answer }] of Object.entries(file.questions)) {
    if (answer >= options.length)
      throw new UserError({
        what: `at questions.${id}.answer: expected 0 to ${options.length - 1}, got ${answer}`,
        where: path,
      });
  }
  return file;
}
