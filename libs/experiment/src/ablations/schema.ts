import { z } from 'zod';

const id = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower case, digits and hyphens');

/** A name that a variant fills in: `evaluate-{after}` with `with: { after: stage2 }`. */
const PLACEHOLDER = /\{([a-z]+)\}/g;

/** One number by which variants are compared: the mean of one or several values in a stage's `metrics.json`. */
const measure = z.strictObject({
  id,
  title: z.string().min(1),
  /** stage that measures it; `{name}` stands for what a variant's `with` says */
  stage: z.string().min(1),
  /** dotted path in the stage's `metrics.json`, or several whose mean counts; `{name}` as above */
  path: z.union([z.string().min(1), z.array(z.string().min(1)).min(2)]),
  better: z.enum(['higher', 'lower']),
  /** `%`, `m`, … */
  unit: z.string().default(''),
  /** brings the stage's number to this unit: 100 from fractions to percent */
  scale: z.number().positive().default(1),
  /** the line of the paper's table that shows it */
  row: id.optional(),
  column: id.optional(),
});

const overrides = z.array(z.string().min(1));

/** The preset with some overrides. */
const variant = z.strictObject({
  id,
  title: z.string().min(1),
  /** `key=value`, as `--set` takes them */
  set: overrides.default([]),
  /** more of them at some presets, by name, where one value can't fit all; a preset that isn't named has none */
  at: z.record(z.string(), overrides).default({}),
  /** what `{name}` stands for in the stages and paths of `evaluate` */
  with: z.record(z.string().regex(/^[a-z]+$/, 'lower-case letters'), z.string().min(1)).default({}),
  /** the line of the paper's table that this is */
  row: id.optional(),
  column: id.optional(),
});

/** An expected ordering: variant `better` beats each of the variants `than` in each of the measures `in`. */
const claim = z.strictObject({
  text: z.string().min(1),
  /** section or table that states it */
  source: z.string(),
  better: id,
  than: z.array(id).min(1),
  in: z.array(id).min(1),
  /** where the paper's own printed numbers say otherwise */
  exceptions: z.array(z.strictObject({ than: id, in: id })).default([]),
});

/** An ablation as data: `experiments/ablations/<paper>/<id>.yaml`. */
export const ablationSchema = z
  .strictObject({
    /** the folder's name */
    paper: id,
    /** the file's name */
    id,
    title: z.string().min(1),
    /** section or table of the paper, or the decision of docs/decisions.md, that it is about */
    source: z.string().min(1),
    /** id of the paper's table, whose claims become this ablation's; null: no table shows it */
    table: id.nullable(),
    /** what is done otherwise here than in the paper */
    notes: z.array(z.string().min(1)).default([]),
    /** one of experiments/ablations/budgets.yaml, which holds for all variants alike; null: the preset's own */
    budget: id.nullable().default(null),
    evaluate: z.array(measure).min(1),
    /** id of the variant that the others are compared with */
    baseline: id,
    variants: z.array(variant).min(2),
    claims: z.array(claim).default([]),
  })
  .superRefine((ablation, context) => {
    for (const problem of inconsistencies(ablation)) context.addIssue({ code: 'custom', ...problem });
  });

/** What all variants of some ablations are given less of than the preset gives. */
const budget = z.strictObject({
  /** as the tables say it */
  about: z.string().min(1),
  /** `key=value` overrides by preset; one that isn't named has its own budget */
  at: z.record(z.string(), z.array(z.string().min(1)).min(1)),
});
export type AblationBudget = z.output<typeof budget>;

/** `experiments/ablations/budgets.yaml`: budgets by name. Ablations that name the same one share their baseline's runs. */
export const budgetsSchema = z.record(id, budget);

/** An ablation as it is read: its budget with what it says. */
export interface Ablation extends Omit<z.output<typeof ablationSchema>, 'budget'> {
  budget: AblationBudget | null;
}
export type AblationVariant = Ablation['variants'][number];
export type AblationClaim = Ablation['claims'][number];

/** A variant's overrides of a preset. The budget comes first and may be overridden by `sets`, those of the whole ablation by the variant. */
export const overridesOf = (
  { budget: given }: Pick<Ablation, 'budget'>,
  { set, at }: AblationVariant,
  preset: string,
  sets: readonly string[] = [],
): string[] => [...budgetSets(given, preset), ...sets, ...set, ...(at[preset] ?? [])];

/** What a budget overrides at a preset; nothing where it doesn't name the preset. */
export const budgetSets = (given: AblationBudget | null, preset: string): readonly string[] => given?.at[preset] ?? [];

/** One number of one variant: where it is measured, and how it is shown. */
export interface Measurement {
  /** of the measure in `evaluate` */
  id: string;
  title: string;
  stage: string;
  /** dotted paths in the stage's `metrics.json`; the value is their mean */
  paths: readonly string[];
  better: 'higher' | 'lower';
  unit: string;
  scale: number;
}

/** What is measured of a variant, in the order of `evaluate`: placeholders filled in. */
export function measurementsOf(ablation: Pick<Ablation, 'evaluate'>, variant: AblationVariant): Measurement[] {
  const filled = (text: string) => text.replace(PLACEHOLDER, (whole, name: string) => variant.with[name] ?? whole);
  return ablation.evaluate.map(({ id: name, title, stage, path, better, unit, scale }) => ({
    id: name,
    title,
    stage: filled(stage),
    paths: [path].flat().map(filled),
    better,
    unit,
    scale,
  }));
}

/** The measurement's value in a stage's metrics, in its unit; undefined when one of its paths holds no finite number. */
export function measuredValue(
  metrics: unknown,
  { paths, scale }: Pick<Measurement, 'paths' | 'scale'>,
): number | undefined {
  const values = paths.map((path) => path.split('.').reduce(child, metrics));
  if (!values.every((value): value is number => typeof value === 'number' && Number.isFinite(value))) return undefined;
  return (scale * values.reduce((sum, value) => sum + value, 0)) / values.length;
}

function child(node: unknown, key: string): unknown {
  return node !== null && typeof node === 'object' ? (node as Record<string, unknown>)[key] : undefined;
}

interface Problem {
  path: (string | number)[];
  message: string;
}

/** What the types can't say: ids that are unique and exist, placeholders that every variant fills in. */
function inconsistencies(ablation: Omit<Ablation, 'budget'>): Problem[] {
  const { evaluate, variants, baseline, claims } = ablation;
  const problems: Problem[] = [];
  const known = {
    evaluate: new Set(evaluate.map((each) => each.id)),
    variants: new Set(variants.map((each) => each.id)),
  };
  const expect = (list: 'evaluate' | 'variants', name: string, path: Problem['path']) => {
    if (!known[list].has(name)) problems.push({ path, message: `there is no "${name}" in ${list}` });
  };
  for (const [list, lines] of Object.entries({ evaluate, variants })) {
    lines.forEach((each, i) => {
      if (lines.findIndex((other) => other.id === each.id) < i)
        problems.push({ path: [list, i, 'id'], message: `"${each.id}" is there twice` });
    });
  }
  expect('variants', baseline, ['baseline']);
  claims.forEach((each, i) => {
    expect('variants', each.better, ['claims', i, 'better']);
    each.than.forEach((name, j) => expect('variants', name, ['claims', i, 'than', j]));
    each.in.forEach((name, j) => expect('evaluate', name, ['claims', i, 'in', j]));
  });
  const names = evaluate.flatMap(({ stage, path }) =>
    [stage, path].flat().flatMap((text) => [...text.matchAll(PLACEHOLDER)].map((match) => match[1])),
  );
  variants.forEach((each, i) => {
    for (const name of new Set(names)) {
      if (each.with[name] === undefined)
        problems.push({ path: ['variants', i, 'with'], message: `expected "${name}", which evaluate asks for` });
    }
    for (const name of Object.keys(each.with)) {
      if (!names.includes(name))
        problems.push({ path: ['variants', i, 'with', name], message: 'evaluate has no such placeholder' });
    }
    const twin = variants.findIndex((other) => sameRuns(other, each));
    if (twin < i) problems.push({ path: ['variants', i], message: `is the same as variant "${variants[twin].id}"` });
  });
  return problems;
}

const sameRuns = (a: AblationVariant, b: AblationVariant) => identity(a) === identity(b);

const identity = ({ set, at, with: filled }: AblationVariant) =>
  JSON.stringify([[...set].sort(), Object.entries(at).sort(), Object.entries(filled).sort()]);
