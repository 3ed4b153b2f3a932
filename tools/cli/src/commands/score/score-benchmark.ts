import { suggestion, UserError } from '@egolab/foundation';
import { type Benchmark, benchmarks, type ScoreFiles, type ScoreOptions, type Scores } from './registry.ts';

/**
 * The official metrics of a benchmark for predictions in a file.
 *
 * @param given options of the command line, without those left out
 * @throws UserError for an unknown benchmark, option or value, and for whatever is wrong with the files
 */
export async function scoreBenchmark(
  name: string,
  files: ScoreFiles,
  given: Readonly<Record<string, string | undefined>> = {},
): Promise<Scores> {
  if (!Object.hasOwn(benchmarks, name))
    throw new UserError({
      what: `there is no benchmark "${name}"`,
      where: 'score',
      mend: suggestion(name, Object.keys(benchmarks)),
    });
  const benchmark = benchmarks[name];
  const options = optionsOf(name, benchmark, given);
  const { score } = await benchmark.load();
  return score(files, options);
}

function optionsOf(
  name: string,
  { options = {} }: Benchmark,
  given: Readonly<Record<string, string | undefined>>,
): ScoreOptions {
  const result: Record<string, string> = {};
  for (const [option, { default: value }] of Object.entries(options)) if (value !== undefined) result[option] = value;
  for (const [option, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(options, option))
      throw new UserError({ what: `${name} takes no --${option}`, where: 'score', mend: takers(option) });
    const { values } = options[option];
    if (values && !values.includes(value))
      throw new UserError({
        what: `--${option}: expected ${values.join(', ')}, got "${value}"`,
        where: `score ${name}`,
        mend: suggestion(value, values),
      });
    result[option] = value;
  }
  return result;
}

function takers(option: string): string {
  const names = Object.keys(benchmarks).filter((name) => Object.hasOwn(benchmarks[name].options ?? {}, option));
  return `it belongs to ${names.join(', ')}`;
}
