import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { readTextFile, suggestion, UserError } from '@egolab/foundation';
import { paperTableSchema, type PaperTable } from './schema.ts';

/** Papers that have tables: the folders of `experiments/paper-tables`. */
export function paperNames(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/**
 * Tables of one paper or of all, in the papers' order.
 *
 * @throws UserError for a paper that isn't there (with the nearest one), and for files that break the schema: every mistake with its
 *   file and key
 */
export function readPaperTables(folder: string, paper?: string): PaperTable[] {
  const papers = paperNames(folder);
  if (paper !== undefined && !papers.includes(paper)) {
    throw new UserError({ what: `there are no tables of "${paper}"`, where: 'paper', mend: suggestion(paper, papers) });
  }
  return papers
    .filter((name) => paper === undefined || name === paper)
    .flatMap((name) =>
      readdirSync(join(folder, name))
        .filter((file) => file.endsWith('.yaml'))
        .sort(byNumber)
        .map((file) => readPaperTable(join(folder, name, file))),
    );
}

/** Read and check `<paper>/<id>.yaml`. Everything that is wrong comes in one UserError, a line for each with the address of the key. */
export function readPaperTable(file: string): PaperTable {
  const document = parseDocument(readTextFile(file));
  const [broken] = document.errors;
  if (broken) throw new UserError({ what: broken.message.split('\n')[0], where: file, mend: 'correct the YAML' });
  const result = paperTableSchema.safeParse(document.toJS());
  const problems = result.success
    ? misplaced(result.data, file)
    : result.error.issues.map(({ path, message }) => `${path.join('.') || '(top)'}: ${message}`);
  if (problems.length > 0 || !result.success) {
    throw new UserError({ what: `the table has mistakes:\n  ${problems.join('\n  ')}`, where: file });
  }
  return result.data;
}

/** A table says itself which paper's and which one it is; its place must agree. */
function misplaced({ paper, id }: PaperTable, file: string): string[] {
  const [folder, name] = file.split('/').slice(-2);
  return [
    ...(paper === folder ? [] : [`paper: expected "${folder}", the folder; got "${paper}"`]),
    ...(`${id}.yaml` === name ? [] : [`id: expected "${name.replace(/\.yaml$/, '')}", the file's name; got "${id}"`]),
  ];
}

/** Tables, then figures, then results, then our own; each by number and letter. */
function byNumber(a: string, b: string): number {
  const order = ['table', 'figure', 'result', 'measured'];
  const kind = (file: string) => order.indexOf(file.split('-')[0]);
  return kind(a) - kind(b) || a.localeCompare(b, 'en', { numeric: true });
}
