import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  datasetKinds,
  detectDatasets,
  validateDataset,
  type DatasetKind,
  type ValidationReport,
} from '@egolab/ego-data';
import { suggestion, UserError } from '@egolab/foundation';

/** Check every dataset in a folder, or in the folders directly below it (as `data.root` has them). */
export async function validateFolder(
  folder: string,
  { kind, videos }: { kind?: string; videos?: string },
): Promise<ValidationReport[]> {
  if (kind !== undefined && !isKind(kind))
    throw new UserError({
      what: `there is no kind of dataset "${kind}"`,
      where: '--kind',
      mend: suggestion(kind, datasetKinds),
    });
  const here = detectDatasets(folder).map((found) => ({ root: folder, found }));
  const candidates =
    here.length > 0
      ? here
      : foldersIn(folder).flatMap((root) => detectDatasets(root).map((found) => ({ root, found })));
  const chosen = candidates.filter(({ found }) => kind === undefined || found === kind);
  if (chosen.length === 0) {
    throw new UserError({
      what: `no dataset was found${kind ? ` of kind ${kind}` : ''}`,
      where: folder,
      mend: `known kinds: ${datasetKinds.join(', ')}`,
    });
  }
  const reports: ValidationReport[] = [];
  for (const { root, found } of chosen) {
    process.stderr.write(`checking ${found} in ${root} …\n`);
    reports.push(await validateDataset(root, found, { videos }));
  }
  return reports;
}

const isKind = (kind: string): kind is DatasetKind => (datasetKinds as readonly string[]).includes(kind);

function foldersIn(folder: string): string[] {
  return existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => join(folder, name))
    : [];
}
