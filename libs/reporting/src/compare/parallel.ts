import { escape } from '@egolab/pictures';
import { flipped, numberAxis, settingAxis, type Axis } from './axis.ts';
import { valueText } from './configuration.ts';
import type { Comparison } from './comparison.ts';
import { measureText } from './format.ts';
import { lineClass } from './page.ts';

const SPACING = 150;
const HEIGHT = 330;
const MARGIN = { left: 30, right: 150, top: 52, bottom: 16 };
/** Characters of an axis's name that fit above it; its title has the rest. */
const NAME = 38;

/** An axis and each variant's place on it; undefined where the variant has no value. */
interface DrawnAxis {
  name: string;
  axis: Axis;
  places: readonly (number | undefined)[];
  texts: readonly string[];
}

/** Parallel coordinates over the settings that vary and the measures, a line a variant; up is better. Empty without two axes. */
export function parallelCoordinates(comparison: Comparison): string {
  const axes = [...settingAxes(comparison), ...measureAxes(comparison)];
  if (axes.length < 2) return '';
  const width = MARGIN.left + (axes.length - 1) * SPACING + MARGIN.right;
  const toX = (index: number) => MARGIN.left + index * SPACING;
  const toY = (at: number) => HEIGHT - MARGIN.bottom - at * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const lines = comparison.variants.map(({ title }, variant) => {
    const runs = unbroken(axes.map(({ places }, i) => (places[variant] === undefined ? undefined : ([toX(i), toY(places[variant])] as const)))); // prettier-ignore
    const values = axes.map(({ name, texts }) => `${name} ${texts[variant]}`).join(', ');
    const drawn = runs.map((points) => `<polyline points="${points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')}"/>`); // prettier-ignore
    return `<g class="line ${lineClass(variant)}" data-variant="${variant}"><title>${escape(`${title}: ${values}`)}</title>${drawn.join('')}</g>`;
  });
  return `<div class="scroll" role="region" aria-label="Parallel coordinates" tabindex="0"><svg class="parallel" width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}" role="img" aria-label="Each variant's settings and measures as a line across ${axes.length} axes; the table has the same values">${lines.join('')}${axes.map((axis, i) => axisSvg(axis, i, toX(i), toY)).join('')}</svg></div>`;
}

function settingAxes({ differences }: Comparison): DrawnAxis[] {
  return differences.map(({ key, values }) => {
    const axis = settingAxis(values, valueText);
    return { name: key, axis, places: values.map(axis.at), texts: values.map(valueText) };
  });
}

function measureAxes({ measures, variants }: Comparison): DrawnAxis[] {
  return measures.flatMap((measure, i) => {
    const means = variants.map(({ cells }) => cells[i].mean);
    const known = means.filter((mean) => mean !== undefined);
    if (known.length === 0) return [];
    const axis = measure.better === 'lower' ? flipped(numberAxis(known)) : numberAxis(known);
    return {
      name: measure.unit ? `${measure.title} (${measure.unit})` : measure.title,
      axis,
      places: means.map((mean) => (mean === undefined ? undefined : axis.at(mean))),
      texts: means.map((mean) => (mean === undefined ? 'not run' : measureText(mean, measure))),
    };
  });
}

/** Names stand on two levels by turns, so that neighbours don't run into each other. */
function axisSvg({ name, axis }: DrawnAxis, index: number, x: number, toY: (at: number) => number): string {
  const short = name.length > NAME ? `${name.slice(0, NAME - 1)}…` : name;
  const ticks = axis.ticks.map(
    ({ text, at }) =>
      `<line class="tick" x1="${x - 4}" x2="${x + 4}" y1="${toY(at).toFixed(1)}" y2="${toY(at).toFixed(1)}"/><text class="value" x="${x + 6}" y="${(toY(at) - 5).toFixed(1)}">${escape(text)}</text>`,
  );
  return `<g><title>${escape(name)}</title><line class="axis" x1="${x}" x2="${x}" y1="${toY(0)}" y2="${toY(1)}"/><text class="name" x="${x - 20}" y="${index % 2 === 0 ? 14 : 32}">${escape(short)}</text>${ticks.join('')}</g>`;
}

type Point = readonly [number, number];

/** The stretches between gaps; a stretch of one point has no line. */
function unbroken(points: readonly (Point | undefined)[]): Point[][] {
  const stretches: Point[][] = [[]];
  for (const point of points) {
    if (point) stretches.at(-1)!.push(point);
    else stretches.push([]);
  }
  return stretches.filter((stretch) => stretch.length > 1);
}
