import { escape } from '@egolab/pictures';
import { table } from '../page/page.ts';
import { valueLink } from '../page/run-html.ts';
import { digits } from '../paper-tables/text.ts';
import type { Learned, Reference, Verdict } from './learned.ts';
import type { SystemReport } from './read.ts';

/** How a verdict is marked, so that colour isn't all that says it. */
const MARKS: Record<Verdict, string> = { better: '▲', worse: '▼', undecided: '○' };

/** What the verdicts mean. */
export const verdictLegend =
  '▲ better, ▼ worse: the whole 95 % interval lies on that side of the number that it stands beside; ○ undecided: it reaches over it. ' +
  'Where both have values by question, the interval is that of their paired difference; a value without an interval is compared as it is. ' +
  'The picture shows the value with its interval and, as dashed strokes, the numbers beside it.';

/** The key numbers of all systems in one table. */
export function learnedHtml(systems: readonly SystemReport[], commandOf: (stage: string) => string): string {
  const rows = systems.flatMap((system) =>
    system.learned.map((learned) => {
      const name = `<th scope="row">${escape(learned.title)}<small>${escape(system.title)}${arrow(learned)}</small></th>`;
      return `<tr>${name}${learned.measured ? measuredCells(learned) : missingCells(learned, commandOf(learned.stage))}</tr>`;
    }),
  );
  const heads = [
    { text: 'result', left: true },
    { text: 'measured' },
    { text: 'n' },
    { text: 'beside', left: true, unsorted: true },
    { text: 'picture', left: true, unsorted: true },
  ];
  return table('What was learned', heads, rows);
}

const arrow = ({ better, unit }: Learned) => `${unit && `, ${escape(unit)}`}, ${better} is better`;

function measuredCells(learned: Learned): string {
  const { value, interval, n, provenance } = learned.measured!;
  const range = interval ? interval.map((end) => digits(end, learned.unit)).join(' – ') : 'no interval';
  return [
    `<td class="own" data-value="${value}">${valueLink(digits(value, learned.unit), provenance)}<small>${range}</small></td>`,
    `<td>${n ?? ''}</td>`,
    `<td class="text">${learned.beside.map((reference) => verdictHtml(reference, learned)).join('')}</td>`,
    `<td class="text">${whisker(learned)}</td>`,
  ].join('');
}

const missingCells = ({ missing }: Learned, command: string) =>
  `<td><span class="status">not run</span></td><td></td><td class="text" colspan="2"><small>${missing === 'not run' ? '' : `${escape(missing!)}: `}<code>${escape(command)}</code></small></td>`;

const verdictHtml = ({ title, value, verdict, provenance }: Reference, { unit, measured }: Learned) =>
  `<span class="verdict"><span class="${measured?.interval ? verdict : 'status'}">${MARKS[verdict]} ${verdict}</span> ${escape(`${verdict === 'undecided' ? 'against' : 'than'} ${title}`)} ${valueLink(digits(value, unit), provenance)}</span>`;

const [WIDTH, HEIGHT, EDGE] = [192, 24, 4];

/** Value, interval and references on one axis from zero; the cells beside it say the same in numbers. */
function whisker({ measured, beside }: Learned): string {
  const { value, interval = [value, value] } = measured!;
  const most = Math.max(...interval, value, ...beside.map((reference) => reference.value), Number.MIN_VALUE);
  const least = Math.min(0, ...interval, value, ...beside.map((reference) => reference.value));
  const at = (number: number) => (EDGE + ((number - least) / (most - least)) * (WIDTH - 2 * EDGE)).toFixed(1);
  const middle = HEIGHT / 2;
  const stroke = (x: string, y1: number, y2: number, style: string) =>
    `<line x1="${x}" x2="${x}" y1="${y1}" y2="${y2}" ${style}/>`;
  return `<svg class="whisker" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true"><line x1="${EDGE}" x2="${WIDTH - EDGE}" y1="${middle}" y2="${middle}" style="stroke:var(--line)"/>${beside
    .map((reference) =>
      stroke(at(reference.value), 3, HEIGHT - 3, 'style="stroke:var(--soft);stroke-width:1.5;stroke-dasharray:3 2"'),
    ) // prettier-ignore
    .join(
      '',
    )}<line x1="${at(interval[0])}" x2="${at(interval[1])}" y1="${middle}" y2="${middle}" style="stroke:var(--series-1);stroke-width:2.5"/><circle cx="${at(value)}" cy="${middle}" r="4" style="fill:var(--series-1)"/></svg>`;
}
