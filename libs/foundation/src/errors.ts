/**
 * A mistake that the user can mend: one message (what, where, how), exit code 2, no stack trace.
 * Everything else that is thrown is an internal failure: exit code 1.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly what: string;
  readonly where: string | undefined;
  readonly mend: string | undefined;

  /**
   * @param what what is wrong, with the expected and the found value
   * @param where the file, key or address that holds it
   * @param mend what to do about it
   */
  constructor({ what, where, mend, cause }: { what: string; where?: string; mend?: string; cause?: unknown }) {
    super(`${where ? `${where}: ` : ''}${what}${mend ? `\n  ${mend}` : ''}`, { cause });
    this.what = what;
    this.where = where;
    this.mend = mend;
  }
}

/** The entry of `candidates` nearest to `name` by edit distance, when it is near enough to be a typing mistake. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** "did you mean X?" or the list of what there is. */
export function suggestion(name: string, candidates: Iterable<string>): string {
  const all = [...candidates];
  const near = nearest(name, all);
  return near ? `did you mean "${near}"?` : `known: ${all.join(', ')}`;
}

/** Levenshtein distance, two rows of the table at a time. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(row[j - 1] + 1, previous[j] + 1, previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    previous = row;
  }
  return previous[b.length];
}
