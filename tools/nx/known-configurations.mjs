import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const name = 'known-configurations';

/** Nx takes the default configuration where there is none of the name: a mistyped preset would train `micro`. */
export function preTasksExecution(_options, { argv, workspaceRoot }) {
  const { targets } = JSON.parse(readFileSync(join(workspaceRoot, 'pipelines/project.json'), 'utf8'));
  const mistake = unknownConfiguration(argv, targets);
  if (mistake !== undefined) throw new Error(mistake);
}

/** What is wrong with the configuration of `nx run pipelines:<target>`, if anything. */
export function unknownConfiguration(argv, targets) {
  const [, target, third] = argv.find((word) => word.startsWith('pipelines:'))?.split(':') ?? [];
  const at = argv.findIndex((word) => /^(-c|--configuration)(=|$)/.test(word));
  const given = at < 0 ? third : (argv[at].split('=')[1] ?? argv[at + 1]);
  const known = Object.keys(targets[target]?.configurations ?? {});
  if (given === undefined || known.length === 0 || known.includes(given)) return undefined;
  return `--configuration: there is no preset "${given}"\n  known: ${known.join(', ')}`;
}
