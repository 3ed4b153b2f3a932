import { existsSync, rmSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { ablationNames } from '@egolab/experiment';
import { UserError, writeFileAtomic } from '@egolab/foundation';
import { readMeasuredTables, resultFiles } from '@egolab/reporting';
import { ablationReports } from '../report.ts';
import { workspace as ownWorkspace, type Workspace } from '../workspace.ts';
import { ablateCommand } from './compare-request.ts';
import { ablationFolders } from './runs.ts';

/**
 * Write what was measured at a preset as text files to commit, from what lies in `artifacts`: nothing is run. Pages of ablations that
 * have no runs here any more are deleted, other files stay.
 *
 * @param folder `docs/results/<preset>`
 * @returns the written files, relative to the folder
 * @throws UserError when no ablation has run here: the pages of another machine aren't deleted for nothing
 */
export async function writeResults(
  folder: string,
  preset: string,
  workspace: Workspace = ownWorkspace,
): Promise<string[]> {
  const { root, artifacts } = workspace;
  const ablations = await ablationReports(preset, workspace);
  const place = relative(root, resolve(folder)).split(sep).join('/');
  const command = `npx egolab ablate --preset ${preset} --write ${place}`;
  const tables = readMeasuredTables({ folder: join(root, 'experiments/paper-tables'), artifacts, preset });
  const files = resultFiles({ ablations, tables, root, command });
  const names = ablationNames(ablationFolders(workspace));
  const pages = names.flatMap((name) => ['md', 'csv', 'json'].map((format) => `${name}.${format}`));
  if (!pages.some((page) => files.has(page))) {
    const mend = `run one first: \`${ablateCommand(names[0], { preset, sets: [], seeds: 3 })}\``;
    throw new UserError({ what: `no ablation has run at ${preset} here`, where: '--write', mend });
  }
  for (const [name, content] of files) writeFileAtomic(join(folder, name), content);
  for (const page of pages.filter((name) => !files.has(name) && existsSync(join(folder, name))))
    rmSync(join(folder, page));
  return [...files.keys()];
}
