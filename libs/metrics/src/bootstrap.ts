import { Random } from '@egolab/foundation';
import { differenceTable, meanOfDraw, type DifferenceTable, type SeedPair } from './bootstrap-table.ts';
import type { Interval } from './interval.ts';
import { studentQuantile } from './student.ts';

/** How much a first model differs from a second one on the same questions and seeds. */
export interface PairedEffect {
  /** mean of first - second, in the values' unit */
  difference: number;
  /** `difference` over the standard deviation of the paired differences (Cohen's d_z); undefined where they don't vary */
  standardised: number | undefined;
  interval: Interval;
  /** distinct questions; 0 where only the means of whole runs are known */
  questions: number;
  seeds: number;
  method: 'paired-bootstrap' | 'paired-t';
}

export interface BootstrapOptions {
  /** of the resampling, not of the runs; the same seed gives the same interval (default: 0) */
  seed?: number;
  /** resamples (default: 10,000, which fixes a 95 % end to about 0.03 standard errors; fewer, to 2,000, beyond 400 questions) */
  replicates?: number;
  /** coverage of the interval (default: 0.95) */
  confidence?: number;
}

/**
 * Paired two-level bootstrap (Owen 2007, "The pigeonhole bootstrap"): a resample draws seeds and, independently, questions, both with
 * replacement; all of its seeds answer the same drawn questions, since a hard question is hard for every seed. Pairing comes first:
 * each seed's two runs are subtracted question by question, so what both find hard cancels.
 *
 * The interval is the percentile one. BCa would correct bias and skewness with a jackknife over independent units; there is none over
 * two crossed levels, its acceleration would rest on two or three seeds, and means of differences are nearly symmetric anyway.
 * With few seeds the interval can't reach beyond the seeds seen: where the seeds' noise dominates, three of them cover the truth in
 * about 75 % of cases, not 95 % (libs/metrics/README.md has the simulation). One seed says nothing of other seeds.
 *
 * @param pairs one entry a seed; the two runs of a seed have the same question ids
 * @throws RangeError for what `differenceTable` names
 */
export function pairedBootstrap(pairs: readonly SeedPair[], options?: BootstrapOptions): PairedEffect {
  return stratifiedBootstrap([pairs], options);
}

/**
 * As `pairedBootstrap`, for the mean of several metrics that have questions of their own (an average over benchmarks): questions are drawn
 * within each, seeds for all of them together.
 *
 * @param strata one entry a metric, each with the same seeds in the same order
 */
export function stratifiedBootstrap(
  strata: readonly (readonly SeedPair[])[],
  { seed = 0, replicates, confidence = 0.95 }: BootstrapOptions = {},
): PairedEffect {
  const tables = strata.map(differenceTable);
  assertSameSeeds(strata);
  const random = new Random(seed).split('paired bootstrap');
  const seeds = new Uint32Array(tables[0].seeds);
  const questions = tables.map((table) => new Uint32Array(table.questions));
  const asked = tables.reduce((sum, table) => sum + table.questions, 0);
  const resamples = replicates ?? Math.round(Math.min(10_000, Math.max(2_000, 4e6 / asked)));
  const means = Float64Array.from({ length: resamples }, () => {
    draw(seeds, random);
    return average(tables.map((table, i) => drawnMean(table, seeds, questions[i], random)));
  }).sort();
  const difference = average(tables.map((table) => meanOfDraw(table, indices(table.seeds), indices(table.questions))));
  return {
    difference,
    standardised: standardised(difference, tables.map(questionMeans)),
    interval: [percentile(means, (1 - confidence) / 2), percentile(means, (1 + confidence) / 2)],
    questions: asked,
    seeds: seeds.length,
    method: 'paired-bootstrap',
  };
}

function assertSameSeeds(strata: readonly (readonly SeedPair[])[]): void {
  if (strata.length === 0) throw new RangeError('expected at least one metric, got none');
  const seedsOf = (pairs: readonly SeedPair[]) => pairs.map(({ seed }) => seed).join(', ');
  const other = strata.find((pairs) => seedsOf(pairs) !== seedsOf(strata[0]));
  if (other)
    throw new RangeError(`expected the same seeds of every metric, got ${seedsOf(strata[0])} and ${seedsOf(other)}`);
}

/** Mean over the drawn seeds and freshly drawn questions; drawn again when one of the seeds was asked none of them. */
function drawnMean(table: DifferenceTable, seeds: Uint32Array, questions: Uint32Array, random: Random): number {
  for (;;) {
    draw(questions, random);
    const mean = meanOfDraw(table, seeds, questions);
    if (!Number.isNaN(mean)) return mean;
  }
}

/**
 * Paired t interval over seeds, for metrics without per-question values.
 *
 * @param differences first - second, one a seed
 * @throws RangeError for fewer than two seeds, or a difference that isn't finite
 */
export function pairedSeeds(differences: readonly number[], confidence = 0.95): PairedEffect {
  if (differences.length < 2) throw new RangeError(`expected at least 2 seeds, got ${differences.length}`);
  const broken = differences.find((difference) => !Number.isFinite(difference));
  if (broken !== undefined) throw new RangeError(`expected finite differences, got ${broken}`);
  const { mean, deviation } = moments(differences);
  const half =
    (studentQuantile((1 + confidence) / 2, differences.length - 1) * deviation) / Math.sqrt(differences.length);
  return {
    difference: mean,
    standardised: standardised(mean, [differences]),
    interval: [mean - half, mean + half],
    questions: 0,
    seeds: differences.length,
    method: 'paired-t',
  };
}

/** Mean and standard deviation (n - 1; NaN of a single value). */
export function moments(values: ArrayLike<number>): { mean: number; deviation: number } {
  let mean = 0;
  for (let i = 0; i < values.length; i++) mean += values[i] / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

/** Linear interpolation between the sorted values, as numpy's percentile. */
export function percentile(sorted: ArrayLike<number>, fraction: number): number {
  const at = fraction * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

function draw(into: Uint32Array, random: Random): void {
  for (let i = 0; i < into.length; i++) into[i] = random.integer(0, into.length - 1);
}

const indices = (length: number) => Uint32Array.from({ length }, (_, i) => i);

/** Each question's difference, averaged over the seeds that asked it. */
function questionMeans({ values, seeds, questions }: DifferenceTable): Float64Array {
  return Float64Array.from({ length: questions }, (_, question) => {
    let [sum, asked] = [0, 0];
    for (let seed = 0; seed < seeds; seed++) {
      const value = values[seed * questions + question];
      if (Number.isNaN(value)) continue;
      sum += value;
      asked++;
    }
    return sum / asked;
  });
}

const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Over the root of the mean variance of the strata. Equal differences leave a deviation of rounding errors only, which is none. */
function standardised(difference: number, strata: readonly ArrayLike<number>[]): number | undefined {
  const deviation = Math.sqrt(average(strata.map((values) => moments(values).deviation ** 2)));
  return deviation > 1e-12 * Math.abs(difference) ? difference / deviation : undefined;
}
