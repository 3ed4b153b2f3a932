import { z } from 'zod';
import { readChoicePredictions, scoreChoices, type ChoiceItem } from '@egolab/benchmarks';
import { readEgoMcq } from '@egolab/ego-data';
import { readJsonFile, suggestion, UserError } from '@egolab/foundation';

interface Benchmark {
  /** questions of the annotation file, by the subsets that are reported */
  items(annotations: string): ChoiceItem[];
  /** the reported values, percent, of the subsets' accuracies */
  report(scores: ReturnType<typeof scoreChoices>): Record<string, number>;
}

const benchmarks: Record<string, Benchmark> = {
  egomcq: {
    items: (file) =>
      readEgoMcq(file).map(({ id, type, choices, answer }) => ({
        id,
        group: type,
        numOptions: choices.length,
        answer,
      })),
    report: (scores) => Object.fromEntries(Object.entries(scores).map(([group, { accuracy }]) => [group, accuracy])),
  },
  egoschema: {
    items: (file) =>
      Object.entries(subsetAnswers(file)).map(([id, answer]) => ({ id, group: 'all', numOptions: 5, answer })),
    report: ({ all }) => ({ accuracy: all.accuracy, n: all.n }),
  },
};

/** Metrics of a benchmark for predictions in a file; the keys are those of the benchmark's own script. */
export function scoreBenchmark(name: string, predictions: string, annotations: string): Record<string, number> {
  const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
  if (!benchmark)
    throw new UserError({
      what: `there is no benchmark "${name}"`,
      where: 'score',
      mend: suggestion(name, Object.keys(benchmarks)),
    });
  return benchmark.report(scoreChoices(benchmark.items(annotations), readChoicePredictions(predictions), predictions));
}

/** EgoSchema's `subset_answers.json`: `{question id: index of the right option}` of the 500 public answers. */
function subsetAnswers(file: string): Record<string, number> {
  const result = z.record(z.string(), z.number().int().min(0).max(4)).safeParse(readJsonFile(file));
  if (result.success && Object.keys(result.data).length > 0) return result.data;
  throw new UserError({
    what: 'expected {question id: 0 to 4}',
    where: file,
    mend: 'name subset_answers.json of EgoSchema',
  });
}
