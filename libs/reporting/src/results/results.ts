import { relative, sep } from 'node:path';
import { renderComparison } from '../compare/render.ts';
import type { ComparedStage } from '../compare/read-run.ts';
import { line } from '../paper-tables/markdown.ts';
import { renderMeasuredTables, type MeasuredTables } from '../paper-tables/render.ts';
import type { AblationReport } from '../report/ablations-html.ts';
import { partitioned } from '../report/ablations-html.ts';
import { ablationPage, revisionText, type ComparedAblation } from './ablation-page.ts';

/** What results are written from. */
export interface ResultsSources {
  /** every ablation, run or not */
  ablations: readonly AblationReport[];
  /** the papers' tables with what the preset's own stages measured */
  tables: MeasuredTables;
  /** folders of runs are named relative to it */
  root: string;
  /** writes these files anew */
  command: string;
}

/**
 * What was measured, as text files to commit: an index, each ablation that has something to compare as Markdown, CSV and JSON, and the
 * papers' tables. The same runs give the same files.
 *
 * @returns content by path: `README.md`, `tables.md`, `tables.csv`, `<paper>/<ablation>.md`, `.csv`, `.json`
 */
export function resultFiles(sources: ResultsSources): ReadonlyMap<string, string> {
  const { compared, others } = partitioned(sources.ablations);
  const ablations = compared.map((each) => withoutRoot(each, sources.root));
  const files = new Map([
    ['README.md', indexPage(ablations, others, sources)],
    ['tables.md', ended(renderMeasuredTables(sources.tables, 'md'))],
    ['tables.csv', renderMeasuredTables(sources.tables, 'csv')],
  ]);
  const folderLink = (folder: string) => folder;
  for (const ablation of ablations) {
    const name = `${ablation.paper}/${ablation.id}`;
    files.set(`${name}.md`, ablationPage(ablation));
    for (const format of ['csv', 'json'] as const)
      files.set(`${name}.${format}`, renderComparison(ablation.comparison, format, { folderLink }));
  }
  return files;
}

/** Folders as they are called from the root, so that every checkout calls them the same. */
function withoutRoot(ablation: ComparedAblation, root: string): ComparedAblation {
  const short = ({ folder, ...stage }: ComparedStage) => ({
    ...stage,
    folder: relative(root, folder).split(sep).join('/'),
  });
  const variants = ablation.comparison.variants.map((variant) => ({
    ...variant,
    runs: variant.runs.map((run) => ({ ...run, stages: run.stages.map(short) })),
  }));
  return { ...ablation, comparison: { ...ablation.comparison, variants } };
}

function indexPage(
  ablations: readonly ComparedAblation[],
  others: readonly AblationReport[],
  { tables, command }: ResultsSources,
): string {
  const head = ['ablation', 'about', 'variants', 'seeds', 'claims', 'revision', 'device'];
  return [
    `# What was measured at preset ${tables.preset}`,
    '',
    `Written by \`${command}\` from the runs on the machine that it ran on; no number here was typed. A page names the run, revision, data digest and device of each number; its CSV and JSON hold everything that is known of it.`,
    '',
    '## Ablations',
    '',
    line(head),
    line(head.map(() => '---')),
    ...ablations.map(indexLine),
    '',
    ...(others.length > 0 ? ['Not run:', ''] : []),
    ...others.map((each) => `- ${each.paper}/${each.id}, ${each.title}: \`${each.command}\``),
    ...(others.length > 0 ? [''] : []),
    "## The papers' tables",
    '',
    `[tables.md](tables.md) and [tables.csv](tables.csv): every table with what the stages of the preset measured, beside what the paper prints.`,
    '',
  ].join('\n');
}

function indexLine({ paper, id, title, comparison: { variants, claims } }: ComparedAblation): string {
  const stages = variants.flatMap(({ runs }) => runs.flatMap((run) => run.stages));
  const seeds = new Set(variants.flatMap(({ runs }) => runs.map(({ seed }) => seed)));
  const distinct = (texts: readonly string[]) => [...new Set(texts)].sort().join(', ');
  const count = (verdict: string) => claims.filter((claim) => claim.verdict === verdict).length;
  const verdicts = ['held', 'reversed', 'undecided'].filter((verdict) => count(verdict) > 0);
  return line([
    `[${paper}/${id}](${paper}/${id}.md)`,
    title,
    String(variants.filter(({ runs }) => runs.length > 0).length),
    [...seeds].sort((a, b) => a - b).join(', '),
    verdicts.map((verdict) => `${count(verdict)} ${verdict}`).join(', ') || 'none stated',
    distinct(stages.map(revisionText)),
    distinct(stages.map(({ device }) => device)),
  ]);
}

const ended = (text: string) => `${text.trimEnd()}\n`;
