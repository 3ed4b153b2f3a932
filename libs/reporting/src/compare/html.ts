import { escape } from '@egolab/pictures';
import { variantAccount } from './account-html.ts';
import { valueText } from './configuration.ts';
import type { Comparison } from './comparison.ts';
import { curveChart } from './curve-chart.ts';
import { cellText, deltaSide, deltaText, deltaTitle, measureHead, missingLines } from './format.ts';
import { compareScript, compareStyle, lineClass } from './page.ts';
import { parallelCoordinates } from './parallel.ts';
import { remarks } from './text.ts';

export interface CompareHtmlOptions {
  /** the address of a run's folder, as seen from the page */
  folderLink(folder: string): string;
}

/** The comparison as one HTML page without outside references: light and dark, usable by keyboard, readable without script and on paper. */
export function comparisonHtml(comparison: Comparison, options: CompareHtmlOptions): string {
  const { title, preset, notes, variants } = comparison;
  const parallel = parallelCoordinates(comparison);
  const sections = [
    section('table', 'Variants', table(comparison, options)),
    section('claims', 'Claims', claims(comparison)),
    section('axes', 'Settings and measures', parallel && `${UP}${legend(comparison)}${parallel}`),
    section('curves', 'Learning curves', curves(comparison)),
    section('missing', 'Not run', missing(comparison)),
    section('remarks', 'Remarks', list(remarks(comparison).map(escape))),
  ].filter((each) => each !== '');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,"><title>${escape(title)}</title><style>${compareStyle}</style></head><body>
<main><h1>${escape(title)}</h1>
${notes.map((note) => `<p class="note">${escape(note)}</p>`).join('\n')}
<p class="note">Preset ${escape(preset)}. Pinned on top, the baseline: ${escape(variants[0].title)}. Only settings that vary are shown. Under a value, its difference from the baseline with the 95 % interval; ± is the standard deviation over seeds.</p>
${sections.join('\n')}
</main><script type="application/json" id="variants">${JSON.stringify(variants.map((each) => each.title)).replaceAll('<', '\\u003c')}</script><script>${compareScript}</script></body></html>
`;
}

const UP = '<p class="note">A line is a variant; up is better where a direction is known.</p>';

const section = (id: string, title: string, body: string) =>
  body === ''
    ? ''
    : `<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title"><a href="#${id}">${title}</a></h2>\n${body}</section>`;

const list = (items: readonly string[]) =>
  items.length === 0 ? '' : `<ul class="note">${items.map((item) => `<li>${item}</li>`).join('')}</ul>`;

function table(comparison: Comparison, options: CompareHtmlOptions): string {
  const { variants, differences, measures } = comparison;
  const heads = [
    ...measures.map((measure) => `<th scope="col">${escape(measureHead(measure))}</th>`),
    '<th scope="col">seeds</th>',
    ...differences.map(({ key }) => `<th scope="col" class="setting">${escape(key).replaceAll('.', '.<wbr>')}</th>`),
  ];
  const rows = variants.map((variant, i) => {
    const cells = [
      ...measures.map((_, j) => cellHtml(comparison, i, j)),
      `<td>${variant.runs.length}</td>`,
      ...differences.map(({ values }) => `<td class="setting">${escape(valueText(values[i]))}</td>`),
    ];
    const name = `${swatch(i)} ${escape(variant.title)}${i === 0 ? '<small>baseline</small>' : ''}`;
    return `<tr class="head"><th scope="row">${name}</th>${cells.join('')}</tr>
<tr class="more"><td colspan="${cells.length + 1}"><details class="account"><summary>Seeds, settings and runs of ${escape(variant.title)}</summary>${variantAccount(comparison, i, options)}</details></td></tr>`;
  });
  return `<div class="scroll" role="region" aria-label="Variants" tabindex="0"><table>
<thead><tr><td></td>${heads.join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></div>`;
}

function cellHtml({ variants, measures }: Comparison, row: number, column: number): string {
  const [variant, measure] = [variants[row], measures[column]];
  const cell = variant.cells[column];
  const value = escape(cellText(cell, measure, variant));
  if (cell.mean === undefined) return `<td><span class="missing">${value}</span></td>`;
  const delta = deltaText(cell, measure);
  const side = deltaSide(cell, measure);
  return `<td class="delta"><strong>${value}</strong>${
    delta &&
    `<small class="${side ?? ''}" title="${escape(deltaTitle(cell, measure))}">${escape(delta)}${side ? ` ${side}` : ''}</small>`
  }</td>`;
}

/** The line by which a variant is known in the charts. */
const swatch = (variant: number) =>
  `<svg class="swatch ${lineClass(variant)}" viewBox="0 0 26 8" aria-hidden="true"><line class="swatch" x1="0" x2="26" y1="4" y2="4"/></svg>`;

/** The variants' lines; pressing some fades the others in all charts. */
function legend({ variants }: Comparison): string {
  const buttons = variants.map(
    ({ title, runs }, i) =>
      `<li><button type="button" aria-pressed="false" data-variant="${i}">${swatch(i)}${escape(title)}${runs.length === 0 ? ' (not run)' : ''}</button></li>`,
  );
  return `<ul class="keys" aria-label="Bring out the lines of">${buttons.join('')}</ul>`;
}

function claims(comparison: Comparison): string {
  const items = comparison.claims.map(({ text, source, verdict, sentence, comparisons }) => {
    const each = comparisons.map(
      (one) =>
        `<li><span class="${one.verdict}">${one.verdict}</span>: ${escape(one.sentence)}${one.excepted ? " Left out of the verdict: the paper's own numbers say otherwise here." : ''}</li>`,
    );
    const all =
      each.length < 2
        ? ''
        : `<details><summary>${each.length} comparisons</summary><ul class="note">${each.join('')}</ul></details>`;
    return `<li><span class="verdict ${verdict}">${verdict}</span>${escape(text)} <span class="note">(${escape(source)})</span><small>${escape(sentence)}</small>${all}</li>`;
  });
  return items.length === 0 ? '' : `<ul class="claims">${items.join('\n')}</ul>`;
}

function curves(comparison: Comparison): string {
  const { curves: charts, shared, variants } = comparison;
  const same = shared.length === 0 ? '' : `<p class="note">All variants share the runs of ${shared.map(escape).join(', ')}.</p>`; // prettier-ignore
  if (charts.length === 0) return '';
  const titles = variants.map(({ title }) => title);
  const seeds = charts.some(({ lines }) => lines.some((line) => line.seeds.length > 1)) ? ' Faint lines are seeds, the others their mean.' : ''; // prettier-ignore
  return `${same}<p class="note">Point at a chart, or give it the focus and use the arrow keys, to read its values.${seeds}</p>
${legend(comparison)}
<div class="charts">${charts.map((chart) => curveChart(chart, titles)).join('\n')}</div>`;
}

function missing(comparison: Comparison): string {
  return list(
    missingLines(comparison).map(
      ({ titles, reason, command }) => `${escape(titles)}: ${escape(reason)}; <code>${escape(command)}</code>`,
    ),
  );
}
