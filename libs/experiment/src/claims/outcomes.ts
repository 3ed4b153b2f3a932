import { z } from 'zod';
import type { Measurement } from '../ablations/schema.ts';

/** Values by question id, whose mean is a metric. */
export type Outcomes = Readonly<Record<string, number>>;

const outcomesSchema = z.record(z.string(), z.record(z.string(), z.number()));

/**
 * Per-question values of a measurement in its unit, one set for each of its paths, or why there are none.
 *
 * `outcomes.json` holds `{ <path in metrics.json>: { <question id>: value } }`; the mean of the values, times 100 where the metric is in
 * percent, must be the metric. Values that aren't the metric's would give it a wrong interval, so they aren't used.
 *
 * @param metrics the stage's metrics.json
 * @param outcomes its outcomes.json; undefined where it wrote none
 */
export function questionOutcomes(
  metrics: unknown,
  outcomes: unknown,
  { stage, paths, scale, unit }: Pick<Measurement, 'stage' | 'paths' | 'scale' | 'unit'>,
): { strata: readonly Outcomes[] } | { missing: string } {
  if (outcomes === undefined) return { missing: `${stage} writes no per-question results` };
  const parsed = outcomesSchema.safeParse(outcomes);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    return { missing: `outcomes.json of ${stage} is broken at ${path.join('.') || '(top)'}: ${message}` };
  }
  const strata: Outcomes[] = [];
  for (const path of paths) {
    const values = parsed.data[path];
    if (values === undefined || Object.keys(values).length === 0)
      return { missing: `${stage} writes no per-question results of ${path}` };
    const factor = factorOf(values, numberAt(metrics, path), unit === '%' && scale === 1);
    if (factor === undefined) return { missing: `the per-question results of ${path} don't average to the metric` };
    strata.push(Object.fromEntries(Object.entries(values).map(([id, value]) => [id, value * factor * scale])));
  }
  return { strata };
}

/** 100 where the metric is in percent, else 1; undefined when neither brings the values' mean to the metric. */
function factorOf(values: Outcomes, metric: number, percent: boolean): number | undefined {
  const all = Object.values(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const fits = (factor: number) => Math.abs(mean * factor - metric) <= 1e-6 * Math.max(1, Math.abs(metric));
  return (percent ? [100, 1] : [1, 100]).find(fits);
}

function numberAt(metrics: unknown, path: string): number {
  const found = path
    .split('.')
    .reduce<unknown>((node, key) => (node !== null && typeof node === 'object' ? (node as Record<string, unknown>)[key] : undefined), metrics); // prettier-ignore
  return typeof found === 'number' ? found : NaN;
}
