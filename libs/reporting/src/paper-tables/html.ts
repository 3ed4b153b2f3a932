import { escape } from '@egolab/pictures';
import type { MeasuredCell, MeasuredTable, Status } from './measure.ts';
import { pageScript, pageStyle } from './page.ts';
import { footnoteText, intervalText, legend, measuredText, missingOf, placeText, runsOf, runText } from './text.ts';

/** Tables as one HTML page without outside references: light and dark, sortable by mouse and keyboard, readable without script. */
export function paperTablesHtml(tables: readonly MeasuredTable[], title: string): string {
  const links = tables.map((each) => `<li><a href="#${anchor(each)}">${escape(`${each.table.paper} ${each.table.label}`)}</a></li>`); // prettier-ignore
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title><style>${pageStyle}</style></head><body>
<main><h1>${escape(title)}</h1>
<p class="note">${escape(legend)}</p>
<nav aria-label="Tables"><ul>${links.join('')}</ul></nav>
${tables.map(section).join('\n')}
</main><script>${pageScript}</script></body></html>
`;
}

const anchor = ({ table }: MeasuredTable) => `${table.paper}-${table.id}`;

function section(measured: MeasuredTable): string {
  const { table, rows } = measured;
  const id = anchor(measured);
  const heads = ['', 'status', ...table.columns.map((column) => column.title)];
  const head = heads.map((text, i) => (i === 0 ? '<td></td>' : `<th scope="col">${escape(text)}</th>`)).join('');
  const body = rows.map(({ status, cells }, i) => {
    const { title, about } = table.rows[i];
    const name = `${escape(title)}${about ? `<small>${escape(about)}</small>` : ''}`;
    return `<tr><th scope="row">${name}</th><td>${mark(status)}</td>${cells.map(cellHtml).join('')}</tr>`;
  });
  return `<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title"><a href="#${id}">${escape(table.paper)}, ${escape(placeText(measured))}</a>: ${escape(table.title)}</h2>
<div class="scroll" role="region" aria-label="${escape(`${table.paper} ${table.label}`)}" tabindex="0"><table>
<thead><tr>${head}</tr></thead>
<tbody>
${body.join('\n')}
</tbody></table></div>
${list(
  'Notes',
  table.footnotes.map((_, i) => escape(footnoteText(measured, i))),
)}
${list(
  'The paper claims',
  table.claims.map(({ text, source }) => escape(`${text} (${source})`)),
)}
${list(
  'Measured by',
  runsOf(measured).map(
    (run) =>
      `<code>${escape(run.stage)}</code>: <span title="${escape(`run ${run.runId}, revision ${run.revision}, data ${run.dataDigest}`)}">${escape(runText(run))}</span>`,
  ),
)}
${list(
  'Not run',
  missingOf(measured).map(
    ({ titles, text, isCommand }) => `${escape(titles)}: ${isCommand ? `<code>${escape(text)}</code>` : escape(text)}`,
  ),
)}
</section>`;
}

function list(title: string, items: readonly string[]): string {
  return items.length === 0
    ? ''
    : `<h3>${escape(title)}</h3><ul class="note">${items.map((item) => `<li>${item}</li>`).join('')}</ul>`;
}

const mark = (status: Status) => `<span class="status ${status.replace(' ', '-')}">${status}</span>`;

function cellHtml(cell: MeasuredCell): string {
  const printed = escape(cell.printed ?? '');
  if (!cell.measured) return `<td>${printed}</td>`;
  const { value, provenance } = cell.measured;
  const interval = intervalText(cell);
  return `<td data-value="${value}"><strong title="${escape(runText(provenance))}">${measuredText(cell)}</strong>${
    interval && `<small>${interval}</small>`
  }<small>paper ${printed || 'prints none'}</small></td>`;
}
