import { readHistory, thinned } from '../report/history.ts';
import type { ComparedVariant } from './comparison.ts';

/** A column of history.csv, one line a variant. */
export interface CurveChart {
  stage: string;
  column: string;
  lines: readonly CurveLine[];
}

export interface CurveLine {
  /** index of the variant */
  variant: number;
  /** each seed's curve */
  seeds: readonly Curve[];
  /** over the steps that every seed has; the seed's own where there is one */
  mean: Curve;
}

export interface Curve {
  x: readonly number[];
  y: readonly number[];
}

/** Columns that aren't curves worth a chart. */
const BOOKKEEPING = new Set(['step', 'epoch', 'learningRate', 'samplesPerSecond', 'gradNorm']);

/** Points of a line: more would only be read as thickness. */
const POINTS = 80;

/** Curves of every stage of which the variants have runs of their own; of a stage whose run they share, only the name. */
export function learningCurves(variants: readonly Pick<ComparedVariant, 'runs'>[]): {
  charts: CurveChart[];
  shared: string[];
} {
  const histories = variants.map(({ runs }) => runs.map((run) => historiesOf(run)));
  const stages = [...new Set(histories.flat().flatMap((run) => [...run.keys()]))];
  const isShared = (stage: string) => {
    const bySeed = new Map<number, string[]>();
    variants.forEach(({ runs }, i) =>
      runs.forEach(({ seed }, j) => {
        const key = histories[i][j].get(stage)?.key;
        if (key !== undefined) bySeed.set(seed, [...(bySeed.get(seed) ?? []), key]);
      }),
    );
    const keys = [...bySeed.values()];
    return keys.some((each) => each.length > 1) && keys.every((each) => new Set(each).size === 1);
  };
  const charts = stages
    .filter((stage) => !isShared(stage))
    .flatMap((stage) => {
      const columns = new Set(histories.flat().flatMap((run) => [...(run.get(stage)?.columns.keys() ?? [])]));
      return [...columns]
        .filter((column) => !BOOKKEEPING.has(column))
        .map((column) => ({ stage, column, lines: linesOf(histories, stage, column) }));
    });
  return { charts: charts.filter(({ lines }) => lines.length > 0), shared: stages.filter(isShared) };
}

interface StageHistory {
  key: string;
  step: readonly number[];
  columns: ReadonlyMap<string, readonly number[]>;
}

/** Curves of the stages that led to a run, those of no length left out. */
function historiesOf({ chains }: ComparedVariant['runs'][number]): Map<string, StageHistory> {
  const links = chains.flatMap((chain) => chain.links);
  return new Map(
    links
      .map(({ stage, key, folder }) => [stage, { key, ...readHistory(folder) }] as const)
      .filter(([, { step }]) => step.length > 1),
  );
}

function linesOf(
  histories: readonly (readonly Map<string, StageHistory>[])[],
  stage: string,
  column: string,
): CurveLine[] {
  return histories.flatMap((runs, variant) => {
    const seeds = runs.flatMap((run) => {
      const history = run.get(stage);
      const y = history?.columns.get(column);
      return history && y ? [{ x: history.step, y }] : [];
    });
    if (seeds.length === 0) return [];
    const thin = (curve: Curve) => thinned(curve.x, curve.y, POINTS);
    return [{ variant, seeds: seeds.map(thin), mean: thin(meanCurve(seeds)) }].filter(({ mean }) => mean.x.length > 1);
  });
}

function meanCurve(curves: readonly Curve[]): Curve {
  const [first, ...others] = curves.map(({ x, y }) => new Map(x.map((step, i) => [step, y[i]])));
  const x = [...first.keys()].filter((step) => others.every((other) => other.has(step)));
  const y = x.map((step) => [first, ...others].reduce((sum, curve) => sum + curve.get(step)!, 0) / curves.length);
  return { x, y };
}
