import type { ComparedVariant, Comparison } from './comparison.ts';
import type { ComparedRun } from './read-run.ts';

/** The comparison as plain values: everything that is known of each variant, but for the curves' points. */
export function comparisonJson(comparison: Comparison): object {
  const { title, notes, preset, measures, variants, differences, claims, curves, shared } = comparison;
  return {
    title,
    notes,
    preset,
    baseline: variants[0].id,
    measures,
    variants: variants.map((variant, i) => ({
      id: variant.id,
      title: variant.title,
      configuration: Object.fromEntries(differences.map(({ key, values }) => [key, values[i] ?? null])),
      status: variant.runs.length === 0 ? 'not run' : 'run',
      cells: measures.map((measure, j) => ({ measure: measure.id, ...variant.cells[j] })),
      runs: variant.runs.map(runRecord),
      missing: variant.missing,
    })),
    claims,
    curves: curves.map(({ stage, column }) => ({ stage, column })),
    shared,
  };
}

function runRecord({ seed, stages, results, remarks }: ComparedRun): object {
  const values = [...results].map(([measure, { value, outcomes }]) => ({
    measure,
    value,
    questions: outcomes?.reduce((sum, each) => sum + Object.keys(each).length, 0) ?? 0,
  }));
  return { seed, stages, values, remarks };
}

const HEADER = [
  ...['variant', 'variant_title', 'baseline', 'seed', 'measure', 'unit', 'better', 'status', 'value', 'mean', 'sd'],
  ...['seeds', 'difference', 'low', 'high', 'standardised', 'questions', 'method'],
  ...['stage', 'run_id', 'revision', 'dirty', 'data_digest', 'device', 'folder', 'command'],
];

type Field = string | number | boolean | null | undefined;

/** A line for each variant, seed and measure; the variant's mean and its difference from the baseline are repeated on each. */
export function comparisonCsv(comparison: Comparison): string {
  const { variants, measures, differences } = comparison;
  const keys = differences.map(({ key }) => key);
  const records = variants.flatMap((variant, i) =>
    measures.flatMap((_, j) =>
      lines(comparison, variant, i, j).map((line) => [
        ...line,
        ...differences.map(({ values }) => configured(values[i])),
      ]),
    ),
  );
  return [[...HEADER, ...keys], ...records].map((record) => `${record.map(field).join(',')}\n`).join('');
}

function lines({ measures }: Comparison, variant: ComparedVariant, index: number, column: number): Field[][] {
  const measure = measures[column];
  const { mean, deviation, values, difference, effect } = variant.cells[column];
  const line = (seed: number, status: string, value?: number): Field[] => [
    ...[variant.id, variant.title, index === 0, seed, measure.id, measure.unit, measure.better, status, value],
    ...[mean, deviation, values.length, difference, ...(effect?.interval ?? [undefined, undefined])],
    ...[effect?.standardised, effect?.questions, effect?.method],
  ];
  return [
    ...variant.runs.map((run) => {
      const result = run.results.get(measure.id);
      const status = result ? 'run' : 'not measured';
      return [...line(run.seed, status, result?.value), ...provenance(run, column)];
    }),
    ...variant.missing.map(({ seed, command }) => [...line(seed, 'not run'), ...Array<Field>(7).fill(''), command]),
  ];
}

/** Of the stage that measured, where several did. */
function provenance({ stages, measured }: ComparedRun, column: number): Field[] {
  const stage = stages.find((each) => each.stage === measured[column])!;
  return [stage.stage, stage.runId, stage.revision, stage.dirty, stage.dataDigest, stage.device, stage.folder, ''];
}

const configured = (value: unknown): Field => (value === undefined || typeof value === 'string' ? value : JSON.stringify(value)); // prettier-ignore

function field(value: Field): string {
  const text = String(value ?? '');
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
