import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { partOf } from '../configuration.ts';
import type { Plan } from '../plan.ts';
import { readRun } from '../run-folder.ts';

/** A configuration, and how long it took. */
export interface TimedRun {
  parameters: Readonly<Record<string, unknown>>;
  /** seconds */
  wallTime: number;
}

/**
 * Seconds that a stage may take: as long as that of its runs whose configuration differs least, by the ratio of their epochs.
 * undefined where none says anything.
 *
 * @param parameters the configuration in question, `training.epochs` in the section that is named after the stage
 */
export function expectedSeconds(
  stage: string,
  parameters: Readonly<Record<string, unknown>>,
  runs: readonly TimedRun[],
): number | undefined {
  const wanted = epochsOf(stage, parameters);
  const telling = runs
    .map((run) => ({ ...run, epochs: epochsOf(stage, run.parameters), distance: distance(run.parameters, parameters) }))
    .filter(({ epochs }) => epochs !== 0 || wanted === 0)
    .sort((a, b) => a.distance - b.distance);
  if (telling.length === 0) return undefined;
  const [{ wallTime, epochs }] = telling;
  return wanted && epochs ? (wallTime * wanted) / epochs : wanted === 0 && epochs ? 0 : wallTime;
}

/** Finds the finished runs of a stage at a plan's preset, whatever their overrides; each stage's folders are read once. */
export function timedRuns(): (plan: Plan, stage: string) => TimedRun[] {
  const known = new Map<string, TimedRun[]>();
  return ({ workspace: { artifacts }, preset }, stage) => {
    const key = join(artifacts, preset, stage);
    if (!known.has(key)) {
      const names = existsSync(artifacts) ? readdirSync(artifacts) : [];
      const own = names.filter((name) => name === preset || name.startsWith(`${preset}+`));
      const runs = own.flatMap((name) => readRun(join(artifacts, name, stage)) ?? []);
      known.set(key, runs);
    }
    return known.get(key)!;
  };
}

/** What a stage of a plan may take. */
export const secondsOfStage = (plan: Plan, stage: string, runs: readonly TimedRun[]): number | undefined =>
  expectedSeconds(stage, partOf(plan.stages.get(stage)!, plan.config), runs);

function epochsOf(stage: string, parameters: Readonly<Record<string, unknown>>): number | undefined {
  const own = parameters[stage] as { training?: { epochs?: unknown } } | undefined;
  const epochs = own?.training?.epochs;
  return typeof epochs === 'number' ? epochs : undefined;
}

/** In how many values two configurations differ; the seed, which takes no time, doesn't count. */
function distance(a: unknown, b: unknown, name?: string): number {
  if (name === 'seed') return 0;
  if (!isGroup(a) || !isGroup(b)) return JSON.stringify(a) === JSON.stringify(b) ? 0 : 1;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].reduce((sum, each) => sum + distance(a[each], b[each], each), 0);
}

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
