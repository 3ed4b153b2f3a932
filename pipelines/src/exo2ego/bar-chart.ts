import { escape } from '@egolab/pictures';

export interface ChartBar {
  readonly name: string;
  readonly value: number;
}

const WIDTH = 640;
const ROW = 18;
const MARGIN = { top: 8, bottom: 8, left: 190, right: 70 };

/** Horizontal bars with their names and values, as SVG. */
export function barChart(bars: readonly ChartBar[], valueText: (value: number) => string): string {
  const height = MARGIN.top + MARGIN.bottom + ROW * bars.length;
  const room = WIDTH - MARGIN.left - MARGIN.right;
  const largest = bars.reduce((most, { value }) => Math.max(most, value), 0) || 1;
  const rows = bars.map(({ name, value }, i) => {
    const y = MARGIN.top + i * ROW;
    const width = Math.max(0.5, (room * value) / largest);
    const baseline = y + ROW - 5;
    return [
      `<text x="${MARGIN.left - 6}" y="${baseline}" text-anchor="end">${escape(shortened(name))}</text>`,
      `<rect x="${MARGIN.left}" y="${y + 2}" width="${width.toFixed(1)}" height="${ROW - 4}" fill="#3b6ea5"/>`,
      `<text x="${(MARGIN.left + width + 5).toFixed(1)}" y="${baseline}">${escape(valueText(value))}</text>`,
    ].join('');
  });
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="11" fill="#222">`;
  return `${open}<rect width="${WIDTH}" height="${height}" fill="#fff"/>${rows.join('')}</svg>\n`;
}

const LONGEST = 32;
const shortened = (name: string) => (name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name);
