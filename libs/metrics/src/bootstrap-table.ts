/** Values of two runs of one seed, by question id. */
export interface SeedPair {
  seed: number | string;
  first: Readonly<Record<string, number>>;
  second: Readonly<Record<string, number>>;
}

/** `first` - `second`, [seeds, questions]; NaN where a seed didn't ask the question. */
export interface DifferenceTable {
  values: Float64Array;
  seeds: number;
  questions: number;
}

/**
 * Differences of the paired runs. The two runs of a seed must have answered the same questions; two seeds may have drawn others.
 *
 * @throws RangeError without seeds or questions, for a seed that is there twice, for a question that only one of a seed's two runs has,
 *   and for a value that isn't finite; it names them
 */
export function differenceTable(pairs: readonly SeedPair[]): DifferenceTable {
  if (pairs.length === 0) throw new RangeError('expected at least one seed, got none');
  const columns = new Map<string, number>();
  pairs.forEach(({ seed, first, second }, i) => {
    if (pairs.findIndex((other) => other.seed === seed) < i) throw new RangeError(`seed ${seed} is there twice`);
    if (Object.keys(first).length === 0) throw new RangeError(`seed ${seed} has no questions`);
    assertSameQuestions(seed, first, second);
    for (const id of Object.keys(first)) if (!columns.has(id)) columns.set(id, columns.size);
  });
  const values = new Float64Array(pairs.length * columns.size).fill(NaN);
  pairs.forEach(({ seed, first, second }, row) => {
    for (const id of Object.keys(first)) {
      const difference = first[id] - second[id];
      if (!Number.isFinite(difference))
        throw new RangeError(
          `seed ${seed}, question "${id}": expected finite values, got ${first[id]} and ${second[id]}`,
        );
      values[row * columns.size + columns.get(id)!] = difference;
    }
  });
  return { values, seeds: pairs.length, questions: columns.size };
}

function assertSameQuestions(seed: number | string, first: SeedPair['first'], second: SeedPair['second']): void {
  const problems = [
    ['the second', Object.keys(first).filter((id) => !Object.hasOwn(second, id))] as const,
    ['the first', Object.keys(second).filter((id) => !Object.hasOwn(first, id))] as const,
  ].flatMap(([run, ids]) => (ids.length === 0 ? [] : [`${run} run has no value for ${listed(ids)}`]));
  if (problems.length > 0) throw new RangeError(`seed ${seed}: ${problems.join('; ')}`);
}

/** `"q1", "q2", "q3" and 40 more` */
function listed(ids: readonly string[], most = 5): string {
  const named = ids.slice(0, most).map((id) => `"${id}"`);
  return ids.length > most ? `${named.join(', ')} and ${ids.length - most} more` : named.join(', ');
}

/**
 * Mean over some seeds of the mean over some questions; both may be drawn several times. A seed's mean is over those of its own
 * questions that were drawn.
 *
 * @param seeds rows of the table
 * @param questions columns of the table
 * @returns NaN when one of the seeds has none of the questions
 */
export function meanOfDraw(table: DifferenceTable, seeds: ArrayLike<number>, questions: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < seeds.length; i++) {
    const row = seeds[i] * table.questions;
    let [sum, asked] = [0, 0];
    for (let j = 0; j < questions.length; j++) {
      const value = table.values[row + questions[j]];
      if (Number.isNaN(value)) continue;
      sum += value;
      asked++;
    }
    total += sum / asked;
  }
  return total / seeds.length;
}
