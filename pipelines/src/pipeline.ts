import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suggestion, UserError } from '@egolab/foundation';
import type { Stage } from './stage.ts';

/** Names of the stages in a folder: one TypeScript file each. */
export function stageNames(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .map((name) => name.slice(0, -'.ts'.length))
    .sort();
}

/** Refuse a name that no stage has, before anything is loaded. */
export function assertStage(folder: string, name: string): void {
  const names = stageNames(folder);
  if (!names.includes(name))
    throw new UserError({ what: `there is no stage "${name}"`, where: 'stage', mend: suggestion(name, names) });
}

/** All stages of a folder, each after the stages that it reads. */
export async function loadStages(folder: string): Promise<Map<string, Stage>> {
  const stages = await Promise.all(stageNames(folder).map((name) => loadStage(folder, name)));
  return inOrder(new Map(stages.map((stage) => [stage.name, stage])));
}

async function loadStage(folder: string, name: string): Promise<Stage> {
  const module = (await import(pathToFileURL(join(folder, `${name}.ts`)).href)) as Record<string, unknown>;
  const stage = Object.values(module).find((value): value is Stage => isStage(value) && value.name === name);
  if (!stage) throw new Error(`${name}.ts: expected an exported defineStage({ name: '${name}', … })`);
  return stage;
}

function isStage(value: unknown): value is Stage {
  return (
    value !== null &&
    typeof value === 'object' &&
    typeof (value as Partial<Stage>).run === 'function' &&
    'inputs' in value
  );
}

/** Topological order; an unknown input or a cycle is a mistake in the code. */
function inOrder(stages: ReadonlyMap<string, Stage>): Map<string, Stage> {
  const ordered = new Map<string, Stage>();
  const visit = (name: string, path: readonly string[]) => {
    const stage = stages.get(name);
    if (!stage) throw new Error(`stage ${path.at(-1)} reads "${name}"; ${suggestion(name, stages.keys())}`);
    if (path.includes(name)) throw new Error(`stages read each other in a circle: ${[...path, name].join(' -> ')}`);
    if (ordered.has(name)) return;
    for (const input of Object.values(stage.inputs)) visit(input, [...path, name]);
    ordered.set(name, stage);
  };
  for (const name of stages.keys()) visit(name, []);
  return ordered;
}

/** `target` and all stages that it reads, directly or not, in the order in which they run. */
export function upTo(stages: ReadonlyMap<string, Stage>, target: string): Stage[] {
  const wanted = new Set([target]);
  const reversed = [...stages.values()].reverse();
  for (const stage of reversed)
    if (wanted.has(stage.name)) for (const input of Object.values(stage.inputs)) wanted.add(input);
  return reversed.reverse().filter(({ name }) => wanted.has(name));
}

/** What a stage reads of the stages that some papers describe: `Exo2Ego section 4.1` is of `exo2ego`. */
export function inputsOfPapers(stages: ReadonlyMap<string, Stage>, name: string, papers: readonly string[]): string[] {
  return Object.values(stages.get(name)!.inputs).filter((input) =>
    papers.includes(stages.get(input)!.paper?.split(' ')[0].toLowerCase() ?? ''),
  );
}
