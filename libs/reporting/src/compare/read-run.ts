import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { measuredValue, questionOutcomes, type SeedResult } from '@egolab/experiment';
import { readJsonFile } from '@egolab/foundation';
import { readStageRun, type Provenance, type StageRun } from '../paper-tables/stage-run.ts';
import type { CompareRequest, RequestedRun } from './request.ts';
import { readRunChain, type RunChain, type RunFinder } from './run-chain.ts';

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

/**
 * Read what a run's measured stages left; of a stage without a number that may be shown, why.
 *
 * @throws UserError for records, metrics or per-question results that are broken
 */
export function readRun(
  { seed, folders, measurements }: RequestedRun,
  { measures, mlflowPage }: Pick<CompareRequest, 'measures' | 'mlflowPage'>,
  find: RunFinder,
): ComparedRun | { reason: string } {
  const runs = new Map<string, StageRun>();
  for (const [stage, folder] of Object.entries(folders)) {
    const outcome = readStageRun(folder, stage);
    if ('missing' in outcome) return { reason: `${stage}: ${outcome.missing}` };
    runs.set(stage, outcome);
  }
  const results = new Map<string, SeedResult>();
  const remarks = new Set<string>();
  measurements.forEach((measurement, i) => {
    const { stage } = measurement;
    const result = resultOf(measurement, seed, runs.get(stage)!.metrics, folders[stage]);
    if (result.remark) remarks.add(result.remark);
    if (result.result) results.set(measures[i].id, result.result);
  });
  const chains = Object.values(folders).map((folder) => readRunChain(folder, find));
  for (const stage of chains.flatMap(({ lost }) => lost))
    remarks.add(`${stage} has run again since, or is gone: what this run was made from is known no more`);
  const stages = [...runs].map(([stage, { provenance }]) => ({
    ...provenance,
    folder: folders[stage],
    mlflowPage: mlflowPage?.(provenance.runId),
  }));
  return { seed, stages, measured: measurements.map(({ stage }) => stage), chains, results, remarks: [...remarks] };
}

function resultOf(
  measurement: RequestedRun['measurements'][number],
  seed: number,
  metrics: unknown,
  folder: string,
): { result?: SeedResult; remark?: string } {
  const value = measuredValue(metrics, measurement);
  if (value === undefined) return { remark: `${measurement.stage} measured no ${measurement.paths.join(', ')}` };
  const questions = questionOutcomes(metrics, readOutcomes(folder), measurement);
  if ('missing' in questions) return { result: { seed, value }, remark: questions.missing };
  return { result: { seed, value, outcomes: questions.strata } };
}

function readOutcomes(folder: string): unknown {
  const file = join(folder, 'outcomes.json');
  const mend = 'run the stage again: the file was changed or cut';
  return existsSync(file) ? readJsonFile(file, mend, { uniqueKeys: true }) : undefined;
}
