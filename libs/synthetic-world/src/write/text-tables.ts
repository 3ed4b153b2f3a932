/** A CSV cell: in quotes where it holds a comma, a quote or a line break. */
export function csvCell(value: string | number): string {
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A CSV file with a header. */
export function csv(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [header, ...rows].map((row) => `${row.map(csvCell).join(',')}\n`).join('');
}

/** A list as Python prints it: `['mug', 'spoon']`, `[0, 9]`. */
export function pythonList(items: readonly (string | number)[]): string {
  return `[${items.map((item) => (typeof item === 'number' ? item : `'${item}'`)).join(', ')}]`;
}

/** `hh:mm:ss.` and some digits of the second. */
export function clock(seconds: number, digits: number): string {
  const [whole, fraction] = seconds.toFixed(digits).split('.');
  const parts = [Math.floor(Number(whole) / 3600), Math.floor(Number(whole) / 60) % 60, Number(whole) % 60];
  return `${parts.map((part) => String(part).padStart(2, '0')).join(':')}.${fraction}`;
}
