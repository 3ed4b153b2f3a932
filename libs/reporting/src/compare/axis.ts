/** Where a value lies on an axis. */
export interface Axis {
  /** 0 at the low end, 1 at the high one */
  at(value: unknown): number;
  ticks: readonly { text: string; at: number }[];
}

/** An axis of numbers, with some round ones marked; a single value lies in the middle. */
export function numberAxis(values: readonly number[]): Axis {
  const [low, high] = widened(values);
  const at = (value: unknown) => ((value as number) - low) / (high - low);
  return { at, ticks: roundNumbers(low, high).map((value) => ({ text: shortNumber(value), at: at(value) })) };
}

/** An axis of words and other settings, evenly spaced in their order; numbers alone keep their distances. */
export function settingAxis(values: readonly unknown[], textOf: (value: unknown) => string): Axis {
  const distinct = [...new Map(values.map((value) => [textOf(value), value]))];
  if (distinct.every(([, value]) => typeof value === 'number')) {
    const { at } = numberAxis(distinct.map(([, value]) => value as number));
    return { at, ticks: distinct.map(([text, value]) => ({ text, at: at(value) })) };
  }
  const place = (index: number) => (distinct.length === 1 ? 0.5 : 1 - index / (distinct.length - 1));
  const at = (value: unknown) => place(distinct.findIndex(([text]) => text === textOf(value)));
  return { at, ticks: distinct.map(([text], i) => ({ text, at: place(i) })) };
}

/** The same axis upside down. */
export function flipped({ at, ticks }: Axis): Axis {
  return { at: (value) => 1 - at(value), ticks: ticks.map(({ text, at: place }) => ({ text, at: 1 - place })) };
}

/** Three significant digits. */
export const shortNumber = (value: number): string => Number(value.toPrecision(3)).toString();

function widened(values: readonly number[]): [number, number] {
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const half = low === 0 ? 0.5 : Math.abs(low) / 2;
  return low === high ? [low - half, high + half] : [low, high];
}

/** Three to eight round numbers inside [low, high]. */
function roundNumbers(low: number, high: number): number[] {
  const power = 10 ** Math.floor(Math.log10(high - low));
  const multiples = (step: number) => {
    const first = Math.ceil(low / step);
    return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
  };
  const steps = [5, 2, 1, 0.5, 0.2].map((factor) => multiples(factor * power));
  return steps.find((numbers) => numbers.length >= 3) ?? steps.at(-1)!;
}
