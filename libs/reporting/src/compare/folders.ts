import { basename, dirname, join, relative, resolve } from 'node:path';
import { existsSync } from 'node:fs';
import { digest } from '@egolab/experiment';
import { readJsonFile } from '@egolab/foundation';
import type { CompareRequest, Measure, RequestedRun } from './request.ts';
import { chainParameters, readRunChain, runFinder, type ChainLink } from './run-chain.ts';

/** What accompanies a metric in metrics.json and isn't one. */
const COMPANIONS = new Set(['low', 'high', 'chance', 'n', 'correct']);

interface Group {
  id: string;
  identity: string;
  links: ChainLink[];
}

/**
 * A comparison of run folders: those of one configuration are seeds of one variant, the first folder's is the baseline. Every number of
 * their metrics.json is a measure; no direction is known, so nothing is judged.
 *
 * @throws UserError for a folder without a finished run
 */
export function compareFoldersRequest(
  folders: readonly string[],
  { root, mlflowPage }: { root: string; mlflowPage?: CompareRequest['mlflowPage'] },
): CompareRequest {
  const groups: Group[] = [];
  const find = runFinder();
  for (const folder of folders.map((each) => resolve(each))) {
    const chain = readRunChain(folder, find);
    const link = chain.links.at(-1)!;
    const { seed: _, ...parameters } = chainParameters(chain);
    const identity = digest([link.stage, parameters]);
    const group = groups.find(
      (each) => each.identity === identity && each.links.every(({ seed }) => seed !== link.seed),
    );
    if (group) group.links.push(link);
    else groups.push({ id: `run-${groups.length + 1}`, identity, links: [link] });
  }
  const measures = measuresOf(groups.flatMap(({ links }) => links));
  const links = groups.flatMap((group) => group.links);
  return {
    title: `${links.length} runs compared`,
    notes: [
      'Runs of one configuration are seeds of one variant. No direction is known of these numbers, so none is called better.',
    ],
    preset: [...new Set(links.map(({ preset }) => preset))].join(', '),
    measures,
    baseline: groups[0].id,
    variants: groups.map(({ id, links: runs }) => ({
      id,
      title: titleOf(runs[0], links, root),
      runs: runs.map((link): RequestedRun => runOf(link, measures)),
    })),
    claims: [],
    mlflowPage,
  };
}

function runOf({ stage, seed, folder, preset, sets }: ChainLink, measures: readonly Measure[]): RequestedRun {
  const measurements = measures.map(({ id, title, unit }) => ({ id, title, unit, stage, paths: [id], scale: 1 }));
  const command = [
    `npx nx run pipelines:${stage} --configuration=${preset}`,
    ...sets.map((set) => `--set '${set}'`),
  ].join(' ');
  return { seed, folders: { [stage]: folder }, measurements, command };
}

/** `micro/stage2`; below another folder than the others', its whole place. */
function titleOf({ folder }: ChainLink, links: readonly ChainLink[], root: string): string {
  const short = (path: string) => join(basename(dirname(path)), basename(path));
  const unique = links.every((other) => other.folder === folder || short(other.folder) !== short(folder));
  return unique ? short(folder) : relative(root, folder);
}

function measuresOf(links: readonly ChainLink[]): Measure[] {
  const paths = links.flatMap(({ folder }) => {
    const file = join(folder, 'metrics.json');
    return existsSync(file) ? numbersIn(readJsonFile(file)) : [];
  });
  return [...new Set(paths)].map((path) => ({
    id: path,
    title: path.replace(/\.value$/, '').replaceAll('.', ' '),
    unit: '',
  }));
}

/** Dotted paths of the numbers of a JSON value, but for what only accompanies a metric. */
function numbersIn(value: unknown, prefix: readonly string[] = []): string[] {
  if (typeof value === 'number') return COMPANIONS.has(prefix.at(-1) ?? '') ? [] : [prefix.join('.')];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, child]) => numbersIn(child, [...prefix, key]));
}
