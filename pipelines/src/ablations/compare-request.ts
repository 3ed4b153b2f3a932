import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ablationName, budgetSets, measurementsOf, readAblation, type Ablation } from '@egolab/experiment';
import { UserError } from '@egolab/foundation';
import type { CompareRequest, RequestedRun } from '@egolab/reporting';
import { partOf } from '../configuration.ts';
import { readRun } from '../run-folder.ts';
import type { Workspace } from '../workspace.ts';
import { ablationFolders, ablationRuns, type AblationRun, type AblationRuns } from './runs.ts';

/**
 * An ablation at a preset as a comparison: every variant with every seed that some variant has run with.
 *
 * @throws UserError for an unknown ablation (with the nearest one), a preset or override that doesn't exist, and when nothing has run
 *   (with the command that would)
 */
export async function ablationRequest(
  name: string,
  choice: { preset: string; sets: readonly string[] },
  workspace: Workspace,
): Promise<CompareRequest> {
  const request = await ablationRequestIfRun(readAblation(ablationFolders(workspace), name), choice, workspace);
  if (request) return request;
  throw new UserError({
    what: `no variant of "${name}" has run at ${choice.preset}`,
    where: 'compare',
    mend: `run them: \`${ablateCommand(name, choice)}\``,
  });
}

/** What runs an ablation. */
export function ablateCommand(
  name: string,
  { preset, sets, seeds = 1 }: { preset: string; sets: readonly string[]; seeds?: number },
): string {
  return [
    `npx egolab ablate ${name} --preset ${preset}`,
    ...sets.map((set) => `--set '${set}'`),
    ...(seeds > 1 ? [`--seeds ${seeds}`] : []),
  ].join(' ');
}

/** The same of an ablation that has been read; undefined when nothing of it has run. */
export async function ablationRequestIfRun(
  ablation: Ablation,
  { preset, sets }: { preset: string; sets: readonly string[] },
  workspace: Workspace,
): Promise<CompareRequest | undefined> {
  const first = await ablationRuns(ablation, { preset, sets }, workspace);
  const seeds = seedsToLookFor(first, workspace);
  const found = seeds === 1 ? first : await ablationRuns(ablation, { preset, sets, seeds }, workspace);
  const ran = found.seeds.filter((seed) => found.runs.some((run) => run.seed === seed && run.complete));
  if (ran.length === 0) return undefined;
  const command = ablateCommand(ablationName(ablation), { preset, sets, seeds });
  return {
    title: `${ablation.paper}, ${ablation.title}`,
    notes: [`From ${ablation.source}.`, ...budgetNote(ablation, preset), ...ablation.notes],
    preset,
    measures: ablation.evaluate.map(({ id, title, unit, better }) => ({ id, title, unit, better })),
    baseline: ablation.baseline,
    variants: ablation.variants.map(({ id, title }) => ({
      id,
      title,
      runs: ran.map((seed) => requestedRun(ablation, found, id, seed, command)),
    })),
    claims: ablation.claims,
  };
}

/** What all variants are given less of than the preset gives, for readers; nothing where that is nothing. */
export const budgetNote = ({ budget }: Pick<Ablation, 'budget'>, preset: string): string[] =>
  budget && budgetSets(budget, preset).length > 0
    ? [
        `A smaller budget than ${preset}'s, the same for all variants: ${budget.about} (${budget.at[preset].join(', ')}).`,
      ]
    : [];

function requestedRun(
  ablation: Ablation,
  { runs }: AblationRuns,
  id: string,
  seed: number,
  command: string,
): RequestedRun {
  const run = runs.find((each) => each.variant === id && each.seed === seed)!;
  const measurements = measurementsOf(
    ablation,
    ablation.variants.find((each) => each.id === id)!,
  );
  const folders = Object.fromEntries(measurements.map(({ stage }) => [stage, run.folders[stage]]));
  if (run.complete) return { seed, folders, measurements, command };
  const stale = Object.values(folders).some((folder) => readRun(folder) !== undefined);
  const reason = stale ? 'its run had another configuration than the preset now has' : 'not run';
  return { seed, folders, measurements, command, missing: { reason, parameters: planned(run) } };
}

/** The configuration that a run would have: the parts that its stages read. */
function planned({ folders, plan }: AblationRun): Record<string, unknown> {
  const parts = Object.keys(folders).map((stage) => partOf(plan.stages.get(stage)!, plan.config));
  return Object.assign({}, ...parts) as Record<string, unknown>;
}

/** How many seeds there are to look for, from the preset's on: as far as any finished run of the measured stages goes. */
function seedsToLookFor({ ablation, preset, seeds: [first] }: AblationRuns, { artifacts }: Workspace): number {
  const measured = ablation.variants.flatMap((variant) => measurementsOf(ablation, variant).map(({ stage }) => stage));
  const variants = existsSync(artifacts) ? readdirSync(artifacts) : [];
  const found = variants
    .filter((variant) => variant === preset || variant.startsWith(`${preset}+`))
    .flatMap((variant) =>
      [...new Set(measured)].flatMap((stage) => readRun(join(artifacts, variant, stage))?.seed ?? []),
    );
  return Math.min(Math.max(first, ...found) - first + 1, MOST_SEEDS);
}

/** A stray run with a far-off seed doesn't make thousands of places to look at. */
const MOST_SEEDS = 20;
