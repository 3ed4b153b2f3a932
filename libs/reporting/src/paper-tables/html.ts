import { escape } from '@egolab/pictures';
import { heading, list, page, table as tableHtml, type Contents, type Head } from '../page/page.ts';
import { runAnchor, runHtml, valueLink } from '../page/run-html.ts';
import type { MeasuredCell, MeasuredTable, Status } from './measure.ts';
import type { StageRun } from './stage-run.ts';
import {
  besideText,
  cellText,
  footnoteText,
  intervalText,
  isMeasured,
  isOwn,
  measuredText,
  missingOf,
  placeText,
  runsOf,
  runText,
  statusTexts,
} from './text.ts';

/** Tables as one HTML page, with the runs that their numbers come from. */
export function paperTablesHtml(tables: readonly MeasuredTable[], runs: readonly StageRun[], title: string): string {
  const papers = [...new Set(tables.map(({ table }) => table.paper))];
  const of = (paper: string) => tables.filter(({ table }) => table.paper === paper);
  const contents = papers.map((paper) => ({ anchor: paper, title: paper, ...tableContents(of(paper)) }));
  const sections = papers.map(
    (paper) => `<section id="${paper}" aria-labelledby="${paper}-title">${heading(2, paper, paper)}
${tablesHtml(of(paper), 3)}</section>`,
  );
  const measured = `<section id="runs" aria-labelledby="runs-title">${heading(2, 'runs', 'Runs')}
${runs.length > 0 ? runs.map((run) => runHtml(run)).join('\n') : '<p class="soft">No stage has run.</p>'}</section>`;
  const main = `<h1>${escape(title)}</h1>${legendHtml()}${sections.join('\n')}\n${measured}`;
  return page(title, [...contents, { anchor: 'runs', title: 'Runs' }], main);
}

/** What cells and statuses mean. */
export const legendHtml = (): string =>
  `<p class="note">${escape(cellText)}</p><dl class="legend">${statusTexts.map(([status, text]) => `<div><dt>${escape(status)}</dt><dd>${escape(text)}</dd></div>`).join('')}</dl>`;

/** Tables of one paper: those with a measured value in full, the others folded. */
export function tablesHtml(tables: readonly MeasuredTable[], level: 3 | 4): string {
  const shown = tables.filter(isMeasured);
  const folded = tables.filter((each) => !isMeasured(each));
  return [
    ...shown.map(
      (each) => `<section id="${tableAnchor(each)}" aria-labelledby="${tableAnchor(each)}-title">
${heading(level, tableAnchor(each), `${placeText(each)}: ${each.table.title}`)}
${content(each)}</section>`,
    ),
    folded.length > 0 ? '<p class="label">Nothing measured yet</p>' : '',
    ...folded.map(
      (
        each,
      ) => `<details class="table" id="${tableAnchor(each)}"><summary>${escape(each.table.label)}: ${escape(each.table.title)}</summary>
${content(each)}</details>`,
    ),
  ].join('\n');
}

/** Links to tables: those with a measured value, and the folded others. */
export function tableContents(tables: readonly MeasuredTable[]): Pick<Contents, 'below' | 'folded'> {
  const link = (each: MeasuredTable) => ({ anchor: tableAnchor(each), title: each.table.label });
  const folded = tables.filter((each) => !isMeasured(each)).map(link);
  return {
    below: tables.filter(isMeasured).map(link),
    folded: { title: `${folded.length} unmeasured`, below: folded },
  };
}

const tableAnchor = ({ table }: MeasuredTable) => `${table.paper}-${table.id}`;

/** A table with its notes, claims, runs, and what would fill the rest. */
function content(measured: MeasuredTable): string {
  const { table, rows } = measured;
  const own = isOwn(table);
  const heads: Head[] = [
    { text: 'row', left: true },
    { text: 'status', left: true },
    ...table.columns.map(({ title }) => ({ text: title })),
  ];
  const body = rows.map(({ status, cells }, i) => {
    const { title, about, group, ours, baseline } = table.rows[i];
    const repeated = i > 0 && table.rows[i - 1].group === group;
    const above = group ? `<small class="group${repeated ? ' repeated' : ''}">${escape(group)}</small>` : '';
    const beneath = about ? `<small>${escape(about)}</small>` : '';
    const kind = ours ? ' class="ours"' : baseline ? ' class="baseline"' : '';
    return `<tr${kind}><th scope="row">${above}${escape(title)}${beneath}</th><td class="text">${mark(status)}</td>${cells.map((cell) => cellHtml(cell, own)).join('')}</tr>`;
  });
  return [
    tableHtml(`${table.paper} ${table.label}: ${table.title}`, heads, body),
    '<div class="beneath">',
    list('Notes', table.footnotes.map((_, i) => escape(footnoteText(measured, i)))), // prettier-ignore
    list('The paper claims', table.claims.map(({ text, source }) => escape(`${text} (${source})`))), // prettier-ignore
    list('Measured by', runsOf(measured).map((run) => `<code>${escape(run.stage)}</code>: <a href="#${runAnchor(run.stage)}">${escape(runText(run))}</a>`)), // prettier-ignore
    list('Not run', missingOf(measured).map(({ titles, texts, areCommands }) => `${escape(titles)}: ${texts.map((text) => (areCommands ? `<code>${escape(text)}</code>` : escape(text))).join('; ')}`)), // prettier-ignore
    '</div>',
  ].join('\n');
}

const mark = (status: Status) => `<span class="status ${status.replace(' ', '-')}">${status}</span>`;

/** Longer texts than this go over several lines. */
const LONG = 24;

function cellHtml(cell: MeasuredCell, own: boolean): string {
  const printed = escape(cell.printed ?? '');
  if (!cell.measured) return `<td${printed.length > LONG ? ' class="long"' : ''}>${printed}</td>`;
  const { value, provenance } = cell.measured;
  const small = [intervalText(cell), ...besideText(cell), ...(own ? [] : [`paper ${cell.printed ?? 'prints none'}`])];
  const beneath = small.filter((text) => text !== '').map((text) => `<small>${escape(text)}</small>`);
  return `<td class="own" data-value="${value}">${valueLink(measuredText(cell), provenance)}${beneath.join('')}</td>`;
}
