import { join } from 'node:path';
import {
  ablationName,
  digest,
  measurementsOf,
  overridesOf,
  type Ablation,
  type AblationVariant,
} from '@egolab/experiment';
import { UserError } from '@egolab/foundation';
import { partOf } from '../configuration.ts';
import { assertStage, upTo } from '../pipeline.ts';
import { planFor, type Choice, type Plan } from '../plan.ts';
import { readRun } from '../run-folder.ts';
import { workspace as ownWorkspace, type Workspace } from '../workspace.ts';

/** Which runs an ablation consists of, beside its variants. */
export interface AblationChoice extends Partial<Choice> {
  /** each variant is run with this many seeds: the preset's and those that follow it (default 1) */
  seeds?: number;
}

/** One variant with one seed. */
export interface AblationRun {
  /** id of the variant */
  variant: string;
  seed: number;
  /** `key=value` overrides of the preset: the budget's, those that all runs share, the variant's, the seed's */
  sets: readonly string[];
  /** `artifacts/<variant>/<stage>` of every stage that the measured ones read, themselves included, in running order */
  folders: Readonly<Record<string, string>>;
  /** whether every measured stage has a finished run of this configuration */
  complete: boolean;
  plan: Plan;
}

export interface AblationRuns {
  ablation: Ablation;
  preset: string;
  seeds: readonly number[];
  /** seed by seed, in the order of the variants */
  runs: readonly AblationRun[];
}

/** Where ablations and the papers' tables are in a checkout. */
export const ablationFolders = ({ root }: Workspace) => ({
  ablations: join(root, 'experiments/ablations'),
  paperTables: join(root, 'experiments/paper-tables'),
});

/**
 * The runs of an ablation and where their results lie, whether they are there or not. Every variant's configuration is resolved, so a
 * mistyped override fails here.
 *
 * @throws UserError that names ablation, variant and key
 */
export async function ablationRuns(
  ablation: Ablation,
  { preset = 'micro', sets = [], seeds = 1 }: AblationChoice = {},
  workspace: Workspace = ownWorkspace,
): Promise<AblationRuns> {
  const base = await planFor(workspace, { preset, sets });
  const numbers = Array.from({ length: seeds }, (_, i) => base.config.seed + i);
  const runs: AblationRun[] = [];
  for (const seed of numbers) {
    for (const variant of ablation.variants) {
      const own = [
        ...overridesOf(ablation, variant, preset, sets),
        ...(seed === base.config.seed ? [] : [`seed=${seed}`]),
      ];
      const plan = await checked(ablation, variant, () => planFor(workspace, { preset, sets: own }));
      const measured = measuredStages(ablation, variant);
      await checked(ablation, variant, async () => measured.forEach((stage) => assertStage(workspace.stages, stage)));
      runs.push({
        variant: variant.id,
        seed,
        sets: own,
        folders: foldersOf(plan, measured),
        complete: measured.every((stage) => isFinished(plan, stage)),
        plan,
      });
    }
  }
  return { ablation, preset, seeds: numbers, runs };
}

/** The same runs after some work: what is complete now. */
export function refreshed(grid: AblationRuns): AblationRuns {
  const runs = grid.runs.map((run) => ({
    ...run,
    complete: measuredStages(grid.ablation, variantOf(grid.ablation, run)).every((stage) =>
      isFinished(run.plan, stage),
    ),
  }));
  return { ...grid, runs };
}

/** The stages that measure a variant. */
export function measuredStages(ablation: Ablation, variant: AblationVariant): string[] {
  return [...new Set(measurementsOf(ablation, variant).map(({ stage }) => stage))];
}

async function checked<T>(ablation: Ablation, { id }: AblationVariant, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError({
      what: `variant "${id}": ${error.what}`,
      where: `experiments/ablations/${ablationName(ablation)}.yaml`,
      mend: error.mend,
      cause: error,
    });
  }
}

/** The variant of a run. */
export function variantOf(ablation: Ablation, run: Pick<AblationRun, 'variant'>): AblationVariant {
  return ablation.variants.find(({ id }) => id === run.variant)!;
}

function foldersOf(plan: Plan, measured: readonly string[]): Record<string, string> {
  const needed = new Set(measured.flatMap((stage) => upTo(plan.stages, stage).map(({ name }) => name)));
  const names = [...plan.stages.keys()].filter((name) => needed.has(name));
  return Object.fromEntries(names.map((name) => [name, plan.folderOf(name)]));
}

/** Whether the stage's folder holds a finished run of the plan's configuration. */
function isFinished(plan: Plan, name: string): boolean {
  const record = readRun(plan.folderOf(name));
  return record !== undefined && digest(record.parameters) === digest(partOf(plan.stages.get(name)!, plan.config));
}
