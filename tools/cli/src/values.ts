import { InvalidArgumentError } from 'commander';

/** Parser of an option that is a number in [low, high]. */
export function number(low = -Infinity, high = Infinity): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < low || value > high)
      throw new InvalidArgumentError(`expected a number ${range(low, high)}.`);
    return value;
  };
}

/** Parser of an option that is a number above 0. */
export function positive(text: string): number {
  const value = number(0)(text);
  if (value === 0) throw new InvalidArgumentError('expected a number above 0.');
  return value;
}

/** Parser of an option that is a whole number in [low, high]. */
export function integer(low = -Infinity, high = Infinity): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || text.trim() === '' || value < low || value > high)
      throw new InvalidArgumentError(`expected a whole number ${range(low, high)}.`);
    return value;
  };
}

const range = (low: number, high: number) => (high === Infinity ? `of at least ${low}` : `from ${low} to ${high}`);
