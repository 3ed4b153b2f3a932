import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { nearest, readJsonFile, UserError } from '@egolab/foundation';

/** Names that become parts of a path. */
const name = z.string().regex(/^[\w+-]+$/, 'letters, digits, +, - and _');

const recordSchema = z.object({
  stage: name,
  preset: name,
  variant: name,
  sets: z.array(z.string()),
  seed: z.number(),
  key: z.string(),
  parameters: z.record(z.string(), z.unknown()),
  inputs: z.record(z.string(), z.object({ stage: name, key: z.string() })),
});

/** A finished run of a stage: its folder, and of its record what tells runs apart. */
export interface ChainLink extends z.output<typeof recordSchema> {
  folder: string;
}

/** A run and the runs that it was made from. */
export interface RunChain {
  /** stages before those that read them; the run itself is the last */
  links: readonly ChainLink[];
  /** stages that have run again since, so that what this run was made from is known no more */
  lost: readonly string[];
}

/** Finds finished runs by key; a stage's folders are read once. */
export type RunFinder = (artifacts: string, stage: string, key: string) => ChainLink | undefined;

/** Looks in every `<variant>/<stage>/` of an artifacts folder. */
export function runFinder(): RunFinder {
  const known = new Map<string, ReadonlyMap<string, ChainLink>>();
  return (artifacts, stage, key) => {
    const place = join(artifacts, stage);
    if (!known.has(place)) {
      const links = readdirSync(artifacts).flatMap((variant) => readLink(join(artifacts, variant, stage)) ?? []);
      known.set(place, new Map(links.map((link) => [link.key, link])));
    }
    return known.get(place)!.get(key);
  };
}

/**
 * Read the run in `artifacts/<variant>/<stage>/` and, through the keys of its inputs, every run before it. A run of another key is
 * another run, and isn't taken for the one that was read.
 *
 * @throws UserError when the folder holds no finished run, or a record that is none
 */
export function readRunChain(folder: string, find: RunFinder = runFinder()): RunChain {
  const links = new Map<string, ChainLink>();
  const lost = new Set<string>();
  const seen = new Set<string>();
  const visit = (link: ChainLink) => {
    seen.add(link.stage);
    for (const { stage, key } of Object.values(link.inputs)) {
      if (seen.has(stage)) continue;
      const input = find(dirname(dirname(link.folder)), stage, key);
      if (input) visit(input);
      else lost.add(stage);
    }
    links.set(link.stage, link);
  };
  const run = readLink(folder);
  if (!run)
    throw new UserError({ what: 'there is no finished run (no run.json)', where: folder, mend: mendFor(folder) });
  visit(run);
  return { links: [...links.values()], lost: [...lost].filter((stage) => !links.has(stage)) };
}

/** The run folder that was meant, or the command that would make it. */
function mendFor(folder: string): string {
  const [artifacts, variant, stage] = [dirname(dirname(folder)), basename(dirname(folder)), basename(folder)];
  const list = (parent: string) => (existsSync(parent) ? readdirSync(parent, { withFileTypes: true }) : []);
  const names = list(artifacts)
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: other }) => list(join(artifacts, other)).map((entry) => `${other}/${entry.name}`))
    .filter((each) => existsSync(join(artifacts, each, 'run.json')));
  const near = nearest(`${variant}/${stage}`, names);
  const command = `npx nx run pipelines:${stage} --configuration=${variant.split('+')[0]}`;
  return `${near ? `did you mean "${join(artifacts, near)}"? ` : ''}\`${command}\` makes ${variant.includes('+') ? 'it with the overrides of that variant' : 'it'}`;
}

function readLink(folder: string): ChainLink | undefined {
  const file = join(folder, 'run.json');
  if (!existsSync(file)) return undefined;
  const parsed = recordSchema.safeParse(readJsonFile(file));
  if (parsed.success) return { ...parsed.data, folder };
  const lines = parsed.error.issues.map(({ path, message }) => `${path.join('.') || '(top)'}: ${message}`);
  throw new UserError({ what: `the run's record has mistakes:\n  ${lines.join('\n  ')}`, where: file });
}

/** The configuration of a run and of all that it was made from. */
export function chainParameters({ links }: RunChain): Record<string, unknown> {
  return Object.assign({}, ...links.map(({ parameters }) => parameters)) as Record<string, unknown>;
}
