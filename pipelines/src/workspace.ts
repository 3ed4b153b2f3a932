import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '@egolab/foundation';

/** Where things are in a checkout. */
export interface Workspace {
  root: string;
  /** `<preset>.yaml` files */
  presets: string;
  /** one file a stage, named as the stage */
  stages: string;
  /** what stages have written: `<preset>/<stage>/` */
  artifacts: string;
  /** what an interrupted stage goes on from; never a DVC output, which DVC deletes before a stage runs */
  state: string;
  /** tracking records on their way to the server; those of a DVC experiment's temporary tree outlive it in the main one */
  journal: string;
}

export function workspaceAt(root: string): Workspace {
  return {
    root,
    presets: join(root, 'experiments/presets'),
    stages: join(root, 'pipelines/src/stages'),
    artifacts: join(root, 'artifacts'),
    state: join(root, '.egolab/state'),
    journal: join(process.env['DVC_ROOT'] ?? root, '.egolab/mlflow/journal'),
  };
}

/** The checkout that this file belongs to. */
export const workspace = workspaceAt(fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, ''));

/**
 * DVC runs queued and temporary experiments in a copy of the tree whose `node_modules` may belong to the live one. Libraries that came
 * from there would run code other than what DVC records, and nothing would fail; so refuse.
 * @param resolve where a module would be loaded from, as a file URL (`import.meta.resolve`)
 */
export function assertOwnLibraries(root: string, resolve: (specifier: string) => string): void {
  const own = realpathSync(root);
  const libraries = readdirSync(join(root, 'libs')).filter((name) =>
    existsSync(join(root, 'libs', name, 'src/index.ts')),
  );
  for (const library of libraries) {
    const file = realpathSync(fileURLToPath(resolve(library === 'mlflow-js' ? library : `@egolab/${library}`)));
    if (file.startsWith(`${own}/`)) continue;
    throw new UserError({
      what: `library ${library} would be loaded from ${file}, outside this tree (${own})`,
      where: 'TSX_TSCONFIG_PATH',
      mend: 'start stages with tools/cli/egolab.mjs of this tree, and with no TSX_TSCONFIG_PATH of another one',
    });
  }
}
