import { Argument, type Command, Option } from 'commander';
import { define, handle } from '../command.ts';
import { benchmarks } from './score/registry.ts';
import { scoreBenchmark } from './score/score-benchmark.ts';

interface Options {
  predictions: string;
  annotations: string;
  json?: boolean;
}

export function addScore(egolab: Command): void {
  const command = define(egolab, 'score', {
    description: "a benchmark's metrics for any model's predictions",
    example: 'npx egolab score egomcq --predictions scores.json --annotations egomcq.json',
  })
    .addArgument(new Argument('<benchmark>', Object.keys(benchmarks).join(', ')))
    .requiredOption('--predictions <file>', 'as the benchmark wants it (below)')
    .requiredOption('--annotations <path>', "the benchmark's own file or folder (below)")
    .addHelpText('after', `\nBenchmarks (predictions; annotations):\n${table()}`);
  for (const option of ownOptions()) command.addOption(option);
  handle<Options>(command, async ({ predictions, annotations, json: _, ...given }, benchmark) => {
    const scores = await scoreBenchmark(benchmark, { predictions, annotations }, given);
    const text = Object.entries(scores).map(
      ([name, value]) => `${name}  ${Number.isInteger(value) ? value : value.toFixed(4)}`,
    );
    return { json: scores, text: text.join('\n') };
  });
}

function table(): string {
  return Object.entries(benchmarks)
    .map(([name, { predictions, annotations }]) => `  ${name.padEnd(18)}${predictions}; ${annotations}`)
    .join('\n');
}

/** One flag for each name; its help says for which benchmark it is. */
function ownOptions(): Option[] {
  const descriptions = new Map<string, string[]>();
  for (const [name, { options = {} }] of Object.entries(benchmarks)) {
    for (const [option, { description, values, default: value }] of Object.entries(options)) {
      const accepted = values ? `: ${values.join(', ')}` : '';
      const otherwise = value === undefined ? '' : ` (default ${value})`;
      const line = `${name}: ${description}${accepted}${otherwise}`;
      descriptions.set(option, [...(descriptions.get(option) ?? []), line]);
    }
  }
  return [...descriptions].map(([option, lines]) => new Option(`--${option} <value>`, lines.join('; ')));
}
