import { join } from 'node:path';
import { existsSync } from 'node:fs';
import { judgeClaim, measuredValue, questionOutcomes, type ClaimJudgement, type SeedResult } from '@egolab/experiment';
import { readJsonFile, UserError } from '@egolab/foundation';
import { readStageRun, type Provenance } from '../paper-tables/stage-run.ts';
import { cellsOf, type ComparedCell } from './cells.ts';
import { flatten, varyingKeys, type FlatConfiguration, type VaryingKey } from './configuration.ts';
import { learningCurves, type CurveChart } from './curves.ts';
import type { CompareRequest, Measure, RequestedRun, RequestedVariant } from './request.ts';
import { chainParameters, readRunChain, runFinder, type RunChain, type RunFinder } from './run-chain.ts';

/** Where a measured stage's numbers come from. */
export interface ComparedStage extends Provenance {
  folder: string;
  mlflowPage?: string;
}

/** A variant with one seed, as far as it has run. */
export interface ComparedRun {
  seed: number;
  stages: readonly ComparedStage[];
  /** the stage that each measure comes from */
  measured: readonly string[];
  chains: readonly RunChain[];
  /** by measure; undefined where the metrics don't have it */
  results: ReadonlyMap<string, SeedResult>;
  /** what the numbers lack */
  remarks: readonly string[];
}

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
    else missing.push({ seed: run.seed, reason: found.reason, command: found.command });
  }
  return { id, title, runs: finished, missing };
}

function readRun(
  run: RequestedRun,
  { measures, mlflowPage }: CompareRequest,
  find: RunFinder,
): ComparedRun | { reason: string; command: string } {
  const outcomes = Object.entries(run.folders).map(([stage, folder]) => ({ stage, run: readStageRun(folder, stage) }));
  const lacking = outcomes.find(({ run }) => 'missing' in run);
  if (lacking) return { reason: `${lacking.stage}: ${(lacking.run as { missing: string }).missing}`, command: `npx nx run pipelines:${lacking.stage}` }; // prettier-ignore
  const stages = outcomes.map(({ stage, run: outcome }) => {
    const { provenance, metrics } = outcome as Exclude<typeof outcome, { missing: string }>;
    return { stage, metrics, provenance, folder: run.folders[stage] };
  });
  const results = new Map<string, SeedResult>();
  const remarks = new Set<string>();
  run.measurements.forEach((measurement, i) => {
    const { metrics, folder } = stages.find(({ stage }) => stage === measurement.stage)!;
    const value = measuredValue(metrics, measurement);
    if (value === undefined) {
      remarks.add(`${measurement.stage} measured no ${measurement.paths.join(', ')}`);
      return;
    }
    const questions = questionOutcomes(metrics, readOutcomes(folder), measurement);
    if ('missing' in questions) remarks.add(questions.missing);
    results.set(measures[i].id, {
      seed: run.seed,
      value,
      ...('strata' in questions && { outcomes: questions.strata }),
    });
  });
  const chains = stages.map(({ folder }) => readRunChain(folder, find));
  for (const stage of new Set(chains.flatMap(({ lost }) => lost)))
    remarks.add(`${stage} has run again since, or is gone: what this run was made from is known no more`);
  const provenances = stages.map(({ provenance, folder }) => ({
    ...provenance,
    folder,
    mlflowPage: mlflowPage?.(provenance.runId),
  }));
  const measured = run.measurements.map(({ stage }) => stage);
  return { seed: run.seed, stages: provenances, measured, chains, results, remarks: [...remarks] };
}

function readOutcomes(folder: string): unknown {
  const file = join(folder, 'outcomes.json');
  return existsSync(file) ? readJsonFile(file) : undefined;
}

/** The first run's configuration; of a variant that hasn't run, the one that it would have. */
function configurationOf({ id, runs: requested }: RequestedVariant, runs: readonly ComparedRun[]): FlatConfiguration {
  const [run] = runs;
  if (run) return flatten(Object.assign({}, ...run.chains.map(chainParameters)));
  const planned = requested.find(({ missing }) => missing)?.missing?.parameters;
  if (!planned) throw new UserError({ what: `variant "${id}" has no run and no configuration`, where: 'compare' });
  return flatten(planned);
}
