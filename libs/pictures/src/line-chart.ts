/** A line of a chart; points with a non-finite value are left out. */
export interface Series {
  name: string;
  x: number[];
  y: number[];
}

const WIDTH = 360;
const HEIGHT = 190;
const MARGIN = { left: 52, right: 10, top: 26, bottom: 30 };
/** A page may set the variables, so that the lines suit its ground. */
const COLOURS = ['--series-1, #2563eb', '--series-2, #dc2626', '--series-3, #059669', '--series-4, #9333ea'].map(
  (colour) => `var(${colour})`,
);

/** A small line chart as a stand-alone SVG element; text and grid take the colour of the page's text. */
export function lineChart(title: string, series: readonly Series[], xLabel = 'step'): string {
  const points = series.map(({ x, y }) =>
    x.map((value, i) => [value, y[i]] as const).filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b)),
  );
  const all = points.flat();
  if (all.length === 0) return '';
  const [x0, x1] = range(all.map(([x]) => x));
  const [y0, y1] = range(all.map(([, y]) => y));
  const toX = (x: number) => MARGIN.left + ((x - x0) / (x1 - x0)) * (WIDTH - MARGIN.left - MARGIN.right);
  const toY = (y: number) => HEIGHT - MARGIN.bottom - ((y - y0) / (y1 - y0)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const colour = (i: number) => COLOURS[i % COLOURS.length];

  const grid = ticks(y0, y1).map(
    (y) =>
      `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${toY(y).toFixed(1)}" y2="${toY(y).toFixed(1)}" stroke="currentColor" stroke-opacity="0.15"/>` +
      `<text x="${MARGIN.left - 6}" y="${(toY(y) + 3).toFixed(1)}" text-anchor="end">${format(y)}</text>`,
  );
  const labels = ticks(x0, x1).map(
    (x) => `<text x="${toX(x).toFixed(1)}" y="${HEIGHT - MARGIN.bottom + 14}" text-anchor="middle">${format(x)}</text>`,
  );
  const lines = points.map(
    (line, i) =>
      `<polyline fill="none" style="stroke:${colour(i)}" stroke-width="1.6" points="${line.map(([x, y]) => `${toX(x).toFixed(1)},${toY(y).toFixed(1)}`).join(' ')}"/>`,
  );
  const legend =
    series.length < 2
      ? []
      : series.map(
          ({ name }, i) =>
            `<text x="${WIDTH - MARGIN.right}" y="${MARGIN.top + 4 + 13 * i}" text-anchor="end" style="fill:${colour(i)}">${escape(name)}</text>`,
        );
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" fill="currentColor" ` +
    `font-family="system-ui, sans-serif" font-size="10" role="img" aria-label="${escape(title)}">` +
    `<text x="${MARGIN.left}" y="14" font-size="12" font-weight="600">${escape(title)}</text>` +
    [...grid, ...labels, ...lines, ...legend].join('') +
    `<text x="${(WIDTH + MARGIN.left) / 2}" y="${HEIGHT - 3}" text-anchor="middle">${escape(xLabel)}</text></svg>`
  );
}

function range(values: number[]): [number, number] {
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

/** Three to six round numbers inside [low, high]. */
function ticks(low: number, high: number): number[] {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

function format(value: number): string {
  return Number(value.toPrecision(3)).toString();
}

/** Text for inside HTML and SVG. */
export function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
