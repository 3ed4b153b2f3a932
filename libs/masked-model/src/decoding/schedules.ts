import { z } from 'zod';

/**
 * How many of `total` tokens each of `steps` steps decodes, in equal parts, the larger ones first; steps that would decode nothing
 * are left out (4M's linear schedule).
 */
export function linearSchedule(total: number, steps: number): number[] {
  const bounds = Array.from({ length: steps + 1 }, (_, i) => Math.floor((total * i) / steps));
  const counts = bounds.slice(1).map((bound, i) => bound - bounds[i]);
  return counts.sort((a, b) => b - a).filter((count) => count > 0);
}

/**
 * MaskGIT's cosine schedule (Chang et al. 2022) as 4M counts it: the rounded differences of (1 + cos(pi i / steps)) / 2, the last
 * step taking what remains.
 */
export function cosineSchedule(total: number, steps: number): number[] {
  const masked = (i: number) => 0.5 * (1 + Math.cos((Math.PI * i) / steps));
  let remaining = total;
  const counts = Array.from({ length: steps }, (_, i) => {
    const wanted = i === steps - 1 ? remaining : Math.round(total * (masked(i) - masked(i + 1)));
    const count = Math.min(wanted, remaining); // rounding up often must not hand out more than there is
    remaining -= count;
    return count;
  });
  return counts.filter((count) => count > 0);
}

export const temperatureScheduleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant') }),
  /** falls with the share of tokens that are still to be decoded */
  z.strictObject({ kind: z.literal('linear') }),
  /** falls as 1 / x^power, and with the share as well, from the start's temperature to `minimum` */
  z.strictObject({ kind: z.literal('onex'), minimum: z.number().min(0), power: z.number().positive() }),
]);
export type TemperatureSchedule = z.infer<typeof temperatureScheduleSchema>;

/** Temperatures below this would divide by zero. */
const COLDEST = 1e-9;

/** The end of 4M's `onex` curve, which begins at 1. */
const ONEX_END = 100;

/** The temperature of each step of a token schedule (4M's schedules). */
export function temperatures(start: number, schedule: TemperatureSchedule, counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let decoded = 0;
  const remaining = counts.map((count) => (total - (decoded += count)) / total); // after each step
  switch (schedule.kind) {
    case 'constant':
      return counts.map(() => start);
    case 'linear':
      return counts.map((_, step) => Math.max(COLDEST, step === 0 ? start : start * remaining[step - 1]));
    case 'onex': {
      const { minimum, power } = schedule;
      const y = (i: number) => (1 + ((ONEX_END - 1) * i) / Math.max(1, total - 1)) ** -power;
      const [first, last] = [y(0), ONEX_END ** -power];
      const falling = (step: number) => remaining[step] * ((y(step) - last) / (first - last));
      return counts.map((_, step) => Math.max(COLDEST, minimum + (start - minimum) * falling(step)));
    }
  }
}
