import { escape } from '@egolab/pictures';
import { numberAxis, shortNumber } from './axis.ts';
import type { Curve, CurveChart } from './curves.ts';
import { lineClass } from './page.ts';

const WIDTH = 360;
const HEIGHT = 190;
const MARGIN = { left: 48, right: 12, top: 8, bottom: 30 };

/**
 * A chart of learning curves, a line for each variant and a faint one for each of its seeds. Pointing at it, or the arrow keys once it
 * has the focus, read the values at a step.
 *
 * @param titles of the variants
 */
export function curveChart({ stage, column, lines }: CurveChart, titles: readonly string[]): string {
  const curves = lines.flatMap(({ mean, seeds }) => [mean, ...seeds]);
  const [x, y] = [numberAxis(curves.flatMap((curve) => curve.x)), numberAxis(curves.flatMap((curve) => curve.y))];
  const toX = (value: number) => MARGIN.left + x.at(value) * (WIDTH - MARGIN.left - MARGIN.right);
  const toY = (value: number) => HEIGHT - MARGIN.bottom - y.at(value) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const grid = y.ticks.map(({ text, at }) => {
    const height = (HEIGHT - MARGIN.bottom - at * (HEIGHT - MARGIN.top - MARGIN.bottom)).toFixed(1);
    return `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${height}" y2="${height}"/><text x="${MARGIN.left - 5}" y="${Number(height) + 3}" text-anchor="end">${text}</text>`; // prettier-ignore
  });
  const steps = x.ticks.map(({ text, at }) => {
    const place = MARGIN.left + at * (WIDTH - MARGIN.left - MARGIN.right);
    return `<text x="${place.toFixed(1)}" y="${HEIGHT - MARGIN.bottom + 13}" text-anchor="middle">${text}</text>`;
  });
  const path = ({ x: xs, y: ys }: Curve) => xs.map((value, i) => `${toX(value).toFixed(1)},${toY(ys[i]).toFixed(1)}`).join(' '); // prettier-ignore
  const drawn = lines.map(({ variant, mean, seeds }) => {
    const faint =
      seeds.length > 1 ? seeds.map((seed) => `<polyline class="seed" points="${path(seed)}"/>`).join('') : '';
    return `<g class="line ${lineClass(variant)}" data-variant="${variant}">${faint}<polyline points="${path(mean)}"/></g>`;
  });
  const title = `${stage}: ${column}`;
  const spoken = lines.map(({ variant, mean }) => `${titles[variant]} ${shortNumber(mean.y[0])} to ${shortNumber(mean.y.at(-1)!)}`); // prettier-ignore
  return `<figure class="plot" tabindex="0" role="group" aria-label="${escape(`${title}; the arrow keys read values`)}" data-curves="${escape(JSON.stringify(readable(lines)))}">
<figcaption>${escape(title)}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(`${title} by step. ${spoken.join('; ')}`)}">${[...grid, ...steps, ...drawn].join('')}
<line class="cursor" y1="${MARGIN.top}" y2="${HEIGHT - MARGIN.bottom}" visibility="hidden"/><text x="${(WIDTH + MARGIN.left) / 2}" y="${HEIGHT - 3}" text-anchor="middle">step</text></svg>
<p class="readout" aria-live="polite"></p></figure>`;
}

/** What the page's script needs to read values: the drawing's horizontal scale, and the lines. */
function readable(lines: CurveChart['lines']): object {
  const x = lines.flatMap(({ mean, seeds }) => [mean, ...seeds]).flatMap((curve) => curve.x);
  const digits = (values: readonly number[]) => values.map((value) => Number(value.toPrecision(4)));
  return {
    from: MARGIN.left / WIDTH,
    to: 1 - MARGIN.right / WIDTH,
    low: x.reduce((a, b) => Math.min(a, b)),
    high: x.reduce((a, b) => Math.max(a, b)),
    width: WIDTH,
    lines: lines.map(({ variant, mean }) => ({ variant, x: digits(mean.x), y: digits(mean.y) })),
  };
}
