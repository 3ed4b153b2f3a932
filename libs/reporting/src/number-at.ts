/** The finite number at a dotted path of a JSON value, or undefined. */
export function numberAt(value: unknown, path: string): number | undefined {
  let at = value;
  for (const key of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return typeof at === 'number' && Number.isFinite(at) ? at : undefined;
}

/** The same with another last key: `a.accuracy` and `n` make `a.n`. */
export const besides = (path: string, key: string): string => [...path.split('.').slice(0, -1), key].join('.');

/** Whether what stands beside the number at `path` is its interval, its chance level and its count: beside `accuracy` and `value`. */
export const hasCompanions = (path: string): boolean => /(^|\.)(accuracy|value)$/.test(path);

/** The chance level of the number at `path`: where the table says, else `chance` beside `accuracy` or `value`. */
export function chanceAt(value: unknown, path: string, stated: string | undefined): number | undefined {
  if (stated !== undefined) return numberAt(value, stated);
  return hasCompanions(path) ? numberAt(value, besides(path, 'chance')) : undefined;
}
