/** Limits of MLflow's server (mlflow/utils/validation.py, 3.17): longer values are cut there without a word, so we cut them here. */
export const limits = {
  metricsPerBatch: 1000,
  paramsPerBatch: 100,
  tagsPerBatch: 100,
  entitiesPerBatch: 1000,
  bytesPerBatch: 900_000, // nominally 1e6 with the envelope
  keyLength: 250,
  paramValueLength: 6000,
  tagValueLength: 8000,
} as const;

/**
 * A name that MLflow accepts for a metric, parameter or tag: word characters, `/`, `.`, `-`, space, and a clean path.
 * `R@5` becomes `R_at_5`, `usage (%)` becomes `usage _percent_`.
 */
export function cleanName(name: string): string {
  const mapped = name
    .replace(/@/g, '_at_')
    .replace(/%/g, 'percent')
    .replace(/[^\p{L}\p{N}_/.\- ]/gu, '_');
  const path = mapped.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
  const clean = path.join('/').slice(0, limits.keyLength);
  if (clean === '') throw new Error(`MLflow needs a name, got "${name}"`);
  return clean;
}

/** JSON has no NaN or infinity (a null fails the whole batch); MLflow takes them as strings. */
export const encodeValue = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

/** The first `length` characters, marked when something was cut. */
export const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;

/** Parameters as MLflow holds them: nested keys joined by dots, every value text. */
export function flatten(values: Record<string, unknown>, prefix = ''): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const name = prefix + key;
    if (value !== null && typeof value === 'object' && !Array.isArray(value))
      Object.assign(flat, flatten(value as Record<string, unknown>, `${name}.`));
    else flat[cleanName(name)] = typeof value === 'string' ? value : JSON.stringify(value);
  }
  return flat;
}
