import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suggestion, UserError } from '@egolab/foundation';
import { workspace } from './workspace.ts';

interface Project {
  targets: Record<string, { configurations?: Record<string, unknown> }>;
}

/**
 * Nx runs a target's default configuration where it lacks the one that was asked for; refuse to train another preset than that.
 *
 * @param asked what Nx was called with (`tools/nx/asked-configuration.mjs`); undefined: nothing, or not by Nx
 * @throws UserError for one that no target of the pipelines has
 */
export function refuseUnknownConfiguration(asked = process.env['EGOLAB_CONFIGURATION'], root = workspace.root): void {
  if (asked === undefined) return;
  const file = 'pipelines/project.json';
  const { targets } = JSON.parse(readFileSync(join(root, file), 'utf8')) as Project;
  const known = new Set(Object.values(targets).flatMap(({ configurations = {} }) => Object.keys(configurations)));
  if (known.has(asked)) return;
  throw new UserError({
    what: `the pipelines have no configuration "${asked}"`,
    where: `--configuration, ${file}`,
    mend: `${suggestion(asked, known)} Any file of experiments/presets can be named with \`--preset\` instead`,
  });
}
