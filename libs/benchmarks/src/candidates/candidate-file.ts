import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonFile, sha256, UserError, writeFileAtomic } from '@egolab/foundation';
import type { Options } from './hardest-negatives.ts';

const candidateFile = z.strictObject({
  benchmark: z.string(),
  /** which sentence encoder found them */
  encoder: z.string(),
  /** SHA-256 of the encoder's name, ids, answers and pool */
  source: z.string(),
  questions: z.record(
    z.string(),
    z.strictObject({ options: z.array(z.string()).min(2), answer: z.number().int().nonnegative() }),
  ),
});

/** Which candidates are meant. */
export interface StoredCandidates {
  /** the file is `<benchmark>-<digest>.json` in it: other questions are another file */
  readonly folder: string;
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
 * @throws UserError when the stored file is damaged, or holds something else than its name says
 */
export function candidates(
  { folder, benchmark, encoder, source }: StoredCandidates,
  build: () => Record<string, Options>,
): Record<string, Options> {
  const digest = sha256(JSON.stringify([encoder, source]));
  const path = join(folder, `${benchmark}-${digest.slice(0, 12)}.json`);
  if (existsSync(path)) {
    const stored = readCandidateFile(path);
    if (stored.benchmark === benchmark && stored.encoder === encoder && stored.source === digest)
      return stored.questions;
    throw new UserError({
      what: `expected candidates of ${benchmark} for ${digest}, got ${stored.benchmark} for ${stored.source}`,
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
