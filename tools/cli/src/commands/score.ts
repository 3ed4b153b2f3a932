import { Argument, type Command } from 'commander';
import { define, handle } from '../command.ts';

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
    .addArgument(new Argument('<benchmark>', 'egomcq or egoschema'))
    .requiredOption('--predictions <file>', 'JSON: {question id: [score for each choice]}, or {question id: index}')
    .requiredOption('--annotations <file>', "the benchmark's own file: egomcq.json; subset_answers.json of EgoSchema");
  handle<Options>(command, async ({ predictions, annotations }, benchmark) => {
    const { scoreBenchmark } = await import('../score-benchmark.ts');
    const scores = scoreBenchmark(benchmark, predictions, annotations);
    const text = Object.entries(scores).map(
      ([name, value]) => `${name}  ${Number.isInteger(value) ? value : value.toFixed(2)}`,
    );
    return { json: scores, text: text.join('\n') };
  });
}
