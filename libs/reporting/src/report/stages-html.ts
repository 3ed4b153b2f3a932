import { escape, lineChart, type ReadPicture } from '@egolab/pictures';
import { heading, table } from '../page/page.ts';
import { runAnchor, runHtml } from '../page/run-html.ts';
import { durationText } from '../paper-tables/text.ts';
import { thinned, type History } from './history.ts';
import type { StageReport } from './read.ts';

/** Columns of history.csv that say how a run went rather than what it learned. */
const BOOKKEEPING = ['learningRate', 'samplesPerSecond', 'gradNorm'];
/** Charts that a stage shows at once: as many as fit a line, or all losses up to two lines; the others are folded. */
const [LINE, LINES] = [3, 6];

/** Stages in a table, then each with what it has to show. */
export function stagesHtml(
  stages: readonly StageReport[],
  label: string,
  commandOf: (stage: string) => string,
): string {
  const heads = [
    { text: 'stage', left: true },
    { text: 'described in', left: true },
    ...['steps', 'loss', 'samples/s', 'wall time', 'device', 'seed', 'revision', 'data', 'run'].map((text) => ({
      text,
    })),
  ];
  const rows = stages.map((stage) => stageRow(stage, commandOf(stage.name)));
  return `${table(`Stages: ${label}`, heads, rows)}\n${stages.map(stageHtml).join('\n')}`;
}

function stageRow({ name, title, paper, run, missing, history }: StageReport, command: string): string {
  const head = `<th scope="row"><a href="#${stageAnchor(name)}">${escape(title)}</a><small><code>${escape(name)}</code></small></th><td class="text">${escape(paper ?? '')}</td>`;
  if (!run) {
    const why = missing === 'not run' ? '' : `${escape(missing!)}: `;
    return `<tr>${head}<td class="text" colspan="9"><span class="status">not run</span> ${why}<code>${escape(command)}</code></td></tr>`;
  }
  const { revision, dirty, device, seed, wallTime, dataDigest, runId } = run.provenance;
  const short = (id: string) => `<code>${escape(id.slice(0, 8))}</code>`;
  const last = (column: string) => history.columns.get(column)?.at(-1);
  const cells = [
    String(history.step.at(-1) ?? ''),
    last('loss')?.toPrecision(4) ?? '',
    last('samplesPerSecond')?.toFixed(1) ?? '',
    durationText(wallTime),
    escape(device),
    String(seed),
    `${short(revision)}${dirty ? '<small>with changes</small>' : ''}`,
    short(dataDigest),
    `<a href="#${runAnchor(name)}">${short(runId)}</a>`,
  ];
  const values = [undefined, undefined, undefined, wallTime];
  return `<tr>${head}${cells.map((cell, i) => `<td${values[i] === undefined ? '' : ` data-value="${values[i]}"`}>${cell}</td>`).join('')}</tr>`;
}

/** Where a page shows a stage. */
export const stageAnchor = (stage: string): string => `stage-${stage}`;

/** A stage's curves, pictures and run; nothing of one that hasn't run. */
function stageHtml({ name, title, run, history, pictures }: StageReport): string {
  if (!run) return `<section id="${stageAnchor(name)}" aria-labelledby="${stageAnchor(name)}-title">${heading(4, stageAnchor(name), title)}<p class="status">not run</p></section>`; // prettier-ignore
  return `<section id="${stageAnchor(name)}" aria-labelledby="${stageAnchor(name)}-title">
${heading(4, stageAnchor(name), title)}
${curvesHtml(history)}
${pictures.length > 0 ? `<div class="pictures">${pictures.map(pictureHtml).join('\n')}</div>` : ''}
${runHtml(run, history.csv)}</section>`;
}

function curvesHtml({ step, columns }: History): string {
  if (step.length < 2) return '';
  const names = [...columns.keys()].filter((name) => name !== 'epoch');
  const losses = names.filter((name) => !BOOKKEEPING.includes(name)).flatMap((name) => chart(name, step, columns));
  const others = names.filter((name) => BOOKKEEPING.includes(name)).flatMap((name) => chart(name, step, columns));
  const drawn = [...losses, ...others];
  const shown = Math.min(LINES, Math.max(LINE, losses.length));
  const folded = drawn.slice(shown);
  return `<div class="charts">${drawn.slice(0, shown).join('\n')}</div>${
    folded.length > 0
      ? `\n<details><summary>${folded.length} more</summary><div class="charts">${folded.join('\n')}</div></details>`
      : ''
  }`;
}

/** None for a column without values. */
function chart(name: string, step: readonly number[], columns: History['columns']): string[] {
  const { x, y, of } = thinned(step, columns.get(name)!);
  const svg = lineChart(of > 1 ? `${name} (means of ${of} steps)` : name, [{ name, x, y }]);
  return svg === '' ? [] : [svg];
}

function pictureHtml({ title, caption, alt, format, bytes }: ReadPicture): string {
  const type = format === 'svg' ? 'image/svg+xml' : 'image/png';
  const data = Buffer.from(bytes).toString('base64');
  return `<figure><div class="plate"><img src="data:${type};base64,${data}" alt="${escape(alt)}"></div><figcaption><strong>${escape(title)}.</strong> ${escape(caption)}</figcaption></figure>`;
}
