import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { readTextFile, suggestion, UserError } from '@egolab/foundation';
import { readPaperTable } from '../paper-tables/read.ts';
import type { PaperTable, PaperTableClaim } from '../paper-tables/schema.ts';
import { ablationSchema, budgetsSchema, type Ablation, type AblationBudget, type AblationClaim } from './schema.ts';

/** Where ablations and the papers' tables are: `experiments/ablations` and `experiments/paper-tables`. */
export interface AblationFolders {
  ablations: string;
  paperTables: string;
}

/** `<paper>/<id>` of every ablation, in order. */
export function ablationNames({ ablations }: Pick<AblationFolders, 'ablations'>): string[] {
  if (!existsSync(ablations)) return [];
  const papers = readdirSync(ablations, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return papers
    .flatMap(({ name: paper }) =>
      readdirSync(join(ablations, paper))
        .filter((file) => file.endsWith('.yaml'))
        .map((file) => `${paper}/${file.slice(0, -'.yaml'.length)}`),
    )
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** `<paper>/<id>`, by which an ablation is called. */
export const ablationName = ({ paper, id }: Pick<Ablation, 'paper' | 'id'>): string => `${paper}/${id}`;

/**
 * Read one ablation, with the claims of its paper's table among its own.
 *
 * @param name `exo2ego/table-7`
 * @throws UserError for a name that isn't there (with the nearest one), and for a file that breaks the schema: every mistake with its
 *   file and key
 */
export function readAblation(folders: AblationFolders, name: string): Ablation {
  const names = ablationNames(folders);
  if (!names.includes(name))
    throw new UserError({ what: `there is no ablation "${name}"`, where: 'ablation', mend: suggestion(name, names) });
  const file = join(folders.ablations, `${name}.yaml`);
  const parsed = parsedYaml(file, ablationSchema);
  const ablation = { ...parsed, budget: budgetOf(folders, parsed.budget, file) };
  const elsewhere = misplaced(ablation, name);
  if (elsewhere.length > 0) throw mistakes(file, elsewhere);
  const table = tableOf(folders, ablation, file);
  const unknown = table ? unknownLines(ablation, table) : [];
  if (unknown.length > 0) throw mistakes(file, unknown);
  return { ...ablation, claims: [...claimsOf(ablation, table), ...ablation.claims] };
}

/** All ablations, or those of one paper. */
export function readAblations(folders: AblationFolders, paper?: string): Ablation[] {
  return ablationNames(folders)
    .filter((name) => paper === undefined || name.startsWith(`${paper}/`))
    .map((name) => readAblation(folders, name));
}

/** A file's content by its schema. */
function parsedYaml<Schema extends z.ZodType>(file: string, schema: Schema): z.output<Schema> {
  const document = parseDocument(readTextFile(file));
  const [broken] = document.errors;
  if (broken) throw new UserError({ what: broken.message.split('\n')[0], where: file, mend: 'correct the YAML' });
  const result = schema.safeParse(document.toJS());
  if (result.success) return result.data;
  throw mistakes(
    file,
    result.error.issues.map(({ path, message }) => `${path.join('.') || '(top)'}: ${message}`),
  );
}

/** What an ablation's budget says. */
function budgetOf({ ablations }: AblationFolders, name: string | null, file: string): AblationBudget | null {
  if (name === null) return null;
  const place = join(ablations, 'budgets.yaml');
  const budgets = existsSync(place) ? parsedYaml(place, budgetsSchema) : {};
  if (Object.hasOwn(budgets, name)) return budgets[name];
  throw mistakes(file, [`budget: there is no "${name}" in ${place}; ${suggestion(name, Object.keys(budgets))}`]);
}

const mistakes = (file: string, lines: readonly string[]) =>
  new UserError({ what: `the file has mistakes:\n  ${lines.join('\n  ')}`, where: file });

function tableOf(folders: AblationFolders, { paper, table }: Ablation, file: string): PaperTable | undefined {
  if (table === null) return undefined;
  const path = join(folders.paperTables, paper, `${table}.yaml`);
  if (!existsSync(path)) throw mistakes(file, [`table: there is no "${table}" in ${join(folders.paperTables, paper)}`]);
  return readPaperTable(path);
}

/** An ablation says itself which paper's and which one it is; its place must agree. */
function misplaced({ paper, id }: Ablation, name: string): string[] {
  const [folder, file] = name.split('/');
  return [
    ...(paper === folder ? [] : [`paper: expected "${folder}", the folder; got "${paper}"`]),
    ...(id === file ? [] : [`id: expected "${file}", the file's name; got "${id}"`]),
  ];
}

function unknownLines({ evaluate, variants }: Ablation, table: PaperTable): string[] {
  return Object.entries({ evaluate, variants }).flatMap(([list, entries]) =>
    entries.flatMap((entry, i) =>
      (['row', 'column'] as const).flatMap((axis) => {
        const name = entry[axis];
        if (name === undefined || table[`${axis}s`].some(({ id }) => id === name)) return [];
        return [`${list}.${i}.${axis}: ${table.label} has no ${axis} "${name}"`];
      }),
    ),
  );
}

/** The table's claims in terms of variants and measures, as far as the ablation has their lines. */
function claimsOf(ablation: Ablation, table: PaperTable | undefined): AblationClaim[] {
  return (table?.claims ?? []).flatMap((claim) => translated(ablation, claim) ?? []);
}

function translated({ evaluate, variants }: Ablation, claim: PaperTableClaim): AblationClaim | undefined {
  const [line, across] = claim.axis === 'rows' ? (['row', 'column'] as const) : (['column', 'row'] as const);
  const variantOf = (name: string) => variants.find((each) => each[line] === name)?.id;
  const measureOf = (name: string) => evaluate.find((each) => each[across] === name)?.id;
  const known = (names: (string | undefined)[]) => names.filter((name) => name !== undefined);
  const better = variantOf(claim.better);
  const than = known(claim.than.map(variantOf));
  const measures = known(claim.in.map(measureOf));
  if (better === undefined || than.length === 0 || measures.length === 0) return undefined;
  const exceptions = claim.exceptions.flatMap((exception) => {
    const [other, measure] = [variantOf(exception.than), measureOf(exception.in)];
    return other === undefined || measure === undefined ? [] : [{ than: other, in: measure }];
  });
  return { text: claim.text, source: claim.source, better, than, in: measures, exceptions };
}
