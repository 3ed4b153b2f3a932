import { judgeClaim, type ClaimJudgement } from '@egolab/experiment';
import { cellsOf, type ComparedCell } from './cells.ts';
import { flatten, varyingKeys, type FlatConfiguration, type VaryingKey } from './configuration.ts';
import { learningCurves, type CurveChart } from './curves.ts';
import { readRun, type ComparedRun } from './read-run.ts';
import type { CompareRequest, Measure, RequestedVariant } from './request.ts';
import { chainParameters, readRunChain, runFinder, type RunFinder } from './run-chain.ts';

export interface ComparedVariant {
  id: string;
  title: string;
  runs: readonly ComparedRun[];
  missing: readonly { seed: number; reason: string; command: string }[];
  /** one a measure */
  cells: readonly ComparedCell[];
}

/** Variants beside each other: the baseline first. */
export interface Comparison {
  title: string;
  notes: readonly string[];
  preset: string;
  measures: readonly Measure[];
  variants: readonly ComparedVariant[];
  /** the keys in which the variants' configurations differ; values in the order of the variants */
  differences: readonly VaryingKey[];
  claims: readonly ClaimJudgement[];
  curves: readonly CurveChart[];
  /** stages whose curves are left out, as all variants share their run */
  shared: readonly string[];
}

/**
 * Read what a comparison asks for: results, configurations, curves; and judge its claims.
 *
 * @throws UserError for run folders whose records, metrics or curves are broken
 */
export function compareVariants(request: CompareRequest): Comparison {
  const { measures, baseline, claims } = request;
  const ordered = [...request.variants].sort((a, b) => Number(b.id === baseline) - Number(a.id === baseline));
  const find = runFinder();
  const read = ordered.map((variant) => readVariant(variant, request, find));
  const cells = cellsOf(measures, read.map(({ runs }) => runs.map(({ results }) => results))); // prettier-ignore
  const variants = read.map((variant, i) => ({ ...variant, cells: cells[i] }));
  const evaluate = measures.flatMap(({ better, ...measure }) => (better ? [{ ...measure, better }] : []));
  const resultsOf = (variant: string, measure: string) =>
    read.find(({ id }) => id === variant)!.runs.flatMap(({ results }) => results.get(measure) ?? []);
  const { charts, shared } = learningCurves(variants);
  return {
    title: request.title,
    notes: request.notes,
    preset: request.preset,
    measures,
    variants,
    differences: varyingKeys(ordered.map((variant, i) => configurationOf(variant, read[i].runs))),
    claims: claims.map((claim) => judgeClaim(claim, { ablation: { evaluate, variants: request.variants }, resultsOf })),
    curves: charts,
    shared,
  };
}

function readVariant(
  { id, title, runs }: RequestedVariant,
  request: CompareRequest,
  find: RunFinder,
): Omit<ComparedVariant, 'cells'> {
  const finished: ComparedRun[] = [];
  const missing: { seed: number; reason: string; command: string }[] = [];
  for (const run of runs) {
    const found = run.missing ?? readRun(run, request, find);
    if ('results' in found) finished.push(found);
    else missing.push({ seed: run.seed, reason: found.reason, command: run.command });
  }
  return { id, title, runs: finished, missing };
}

/** The first run's configuration; of a variant that hasn't run, the one that it would have. */
function configurationOf({ runs: [wanted] }: RequestedVariant, [run]: readonly ComparedRun[]): FlatConfiguration {
  const chains =
    run?.chains ?? (wanted.missing ? [] : Object.values(wanted.folders).map((folder) => readRunChain(folder)));
  return flatten(Object.assign({}, wanted.missing?.parameters, ...chains.map(chainParameters)));
}
