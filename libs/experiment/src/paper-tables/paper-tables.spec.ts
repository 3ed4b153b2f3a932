import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { claimComparisons, printedNumber } from './cells.ts';
import { readPaperTable, readPaperTables } from './read.ts';
import type { PaperTable } from './schema.ts';

const folder = fileURLToPath(new URL('../../../../experiments/paper-tables', import.meta.url));
const papers = fileURLToPath(new URL('../../../../../shared/papers', import.meta.url));
const tables = readPaperTables(folder);
const named = tables.map((table) => [`${table.paper} ${table.id}`, table] as const);
const printed = named.flatMap(([name, table]) => (table.text ? [[name, { ...table, text: table.text }] as const] : []));

describe("the papers' tables", () => {
  it('are all there', () => {
    const ids = (paper: string) => tables.filter((table) => table.paper === paper).map(({ id }) => id);
    const numbered = (count: number) => Array.from({ length: count }, (_, i) => `table-${i + 1}`);
    expect(ids('exo2ego')).toEqual([...numbered(16), 'figure-5', 'figure-7', 'figure-8', 'measured-narration']);
    const dtm = [1, 2, 3, '4a', '4b', '4c', '4d', '4e', '4f', 5, 6, 7].map((n) => `table-${n}`);
    expect(ids('egodtm')).toEqual([...dtm, 'measured-depth-probe', 'measured-depth']);
    expect(ids('egom2p')).toEqual([...numbered(4), 'result-gaze', 'measured-held-out', 'measured-unseen']);
  });

  it.each(named)('%s: claims agree with the printed numbers, but for the exceptions that they list', (_name, table) => {
    for (const claim of table.claims) {
      const comparisons = claimComparisons(table, claim);
      const contradicted = comparisons
        .filter(({ holds }) => holds === false)
        .map(({ than, in: across }) => ({ than, in: across }));
      expect(new Set(contradicted.map(key)), claim.text).toEqual(new Set(claim.exceptions.map(key)));
      expect(
        comparisons.some(({ holds }) => holds),
        claim.text,
      ).toBe(true);
    }
  });

  it.skipIf(!existsSync(papers)).each(printed)(
    '%s: what the paper prints there, no more and no less (needs ../shared/papers)',
    (_name, table) => {
      const region = regionOf(table);
      const printed = table.rows.flatMap(({ values }) => values).filter((value) => value !== null);
      for (const value of printed) expect(region, value).toContain(squeezed(value));
      // text that isn't the table's: a figure's numbers stand in prose, and tables 11 and 12 of Exo2Ego quote from their sources
      if (table.id.startsWith('table-') && !['table-11', 'table-12'].includes(table.id)) {
        const titles = table.rows.map(({ title }) => title);
        const { left, missing } = without(numbersIn(region), printed.flatMap(numbersIn));
        expect(missing).toEqual([]);
        expect(without(left, titles.flatMap(numbersIn)).left).toEqual([]);
      }
      if (table.layout === 'rows' && table.id.startsWith('table-')) expectInOrder(table, region);
    },
  );
});

type Printed = PaperTable & { text: NonNullable<PaperTable['text']> };

const key = ({ than, in: across }: { than: string; in: string }) => `${than} in ${across}`;

const texts = new Map<string, string>();

function paperText(file: string): string {
  if (!texts.has(file)) texts.set(file, squeezed(readFileSync(join(papers, file), 'utf8')));
  return texts.get(file)!;
}

/** The table's part of the paper's text, with symbols for their LaTeX names. */
function regionOf({ text }: Printed): string {
  const whole = paperText(text.file);
  const begin = whole.indexOf(squeezed(text.from));
  const end = whole.indexOf(squeezed(text.to), begin);
  expect(begin, `from: ${text.from}`).toBeGreaterThanOrEqual(0);
  expect(end, `to: ${text.to}`).toBeGreaterThan(begin);
  return whole.slice(begin, end);
}

const SYMBOLS: [string, string][] = [
  ['\\ddagger', '‡'],
  ['\\dagger', '†'],
  ['\\uparrow', '↑'],
  ['\\downarrow', '↓'],
  ['\\faSnowflake', '❄'],
  ['\\faFire', '🔥'],
  ['$\\checkmark$', '✓'],
  ['√', '✓'],
  ['**', ''],
  ['<b>', ''],
  ['</b>', ''],
];

function squeezed(text: string): string {
  return SYMBOLS.reduce((result, [name, symbol]) => result.replaceAll(name, symbol), text)
    .replace(/\s+/g, ' ')
    .trim();
}

/** Every word with a digit, references left out. */
function numbersIn(text: string): string[] {
  return squeezed(text)
    .replace(/\[\d+\]/g, ' ')
    .split(/\s+|,(?!\d{3}\b)/)
    .filter((word) => /\d/.test(word))
    .map((word) => word.replace(/[†‡()]/g, ''));
}

/** `words` less one occurrence for each of `taken`, and those of `taken` that weren't there. */
function without(words: readonly string[], taken: readonly string[]) {
  const left = [...words];
  const missing = taken.filter((word) => {
    const at = left.indexOf(word);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return { left, missing };
}

/** The values stand in the text in the order of the rows, each row's in the order of its columns. */
function expectInOrder({ rows }: Printed, region: string): void {
  let at = 0;
  for (const { id, values } of rows) {
    for (const value of values) {
      if (value === null) continue;
      const found = region.indexOf(squeezed(value), at);
      expect(found, `${id}: ${value}`).toBeGreaterThanOrEqual(at);
      at = found + squeezed(value).length;
    }
  }
}

describe('printed values', () => {
  it.each([
    ['61.3', 61.3],
    ['47.7†', 47.7],
    ['53.2 ↓', 53.2],
    ['42.7 ↑ 3.3', 42.7],
    ['54%', 54],
    ['0.18s', 0.18],
    ['1e-3', 0.001],
    ['5,031', 5031],
    ['261.3K', 261_300],
    ['28.3/2.7', undefined],
    ['-', undefined],
    ['2-5', undefined],
    [null, undefined],
  ])('%s', (printed, value) => expect(printedNumber(printed)).toBe(value));
});

describe('a file with mistakes', () => {
  const write = (text: string) => {
    const place = join(mkdtempSync(join(tmpdir(), 'tables-')), 'p');
    mkdirSync(place);
    writeFileSync(join(place, 'table-1.yaml'), text);
    return join(place, 'table-1.yaml');
  };
  const good = `paper: p
id: table-1
label: Table 1
title: t
section: '1'
text: { file: p.txt, from: a, to: b }
columns: [{ id: a, title: A }]
rows: [{ id: x, title: X, ours: true, values: ['1'] }]
`;

  it('measures crossings: {row} and {column} stand for what the lines say', () => {
    const grid = `${good.replace('id: x,', 'id: x, at: x_x,')}measured: [{ rows: [x], columns: [a], stage: s, path: 'm.{row}.{column}' }]\n`;
    expect(readPaperTable(write(grid)).measured).toEqual([
      { row: 'x', column: 'a', stage: 's', path: 'm.x_x.a', chance: undefined, scale: 1 },
    ]);
  });

  it('is fine without', () => expect(readPaperTable(write(good)).rows[0].values).toEqual(['1']));

  it.each([
    ['too few values', good.replace("['1']", '[]'), /rows\.0\.values: expected 1 values, one a column; got 0/],
    ['a bare number', good.replace("['1']", '[1]'), /rows\.0\.values\.0: .*expected string/],
    ['an unknown key', `${good}clams: []\n`, /Unrecognized key: "clams"/],
    [
      'a footnote on nothing',
      `${good}footnotes: [{ text: t, rows: [y] }]\n`,
      /footnotes\.0\.rows\.0: there is no "y" in rows/,
    ],
    ['the wrong folder', good.replace('paper: p', 'paper: q'), /paper: expected "p", the folder; got "q"/],
    ['broken YAML', `${good}rows: [`, /table-1\.yaml/],
    [
      'a measurement of others',
      `${good.replace('ours: true, ', '')}measured: [{ row: x, column: a, stage: s, path: m }]\n`,
      /measured\.0: neither row "x" nor column "a" is marked "ours" or "baseline"/,
    ],
    [
      'a cell measured twice',
      `${good}measured: [{ rows: [x], columns: [a, a], stage: s, path: m }]\n`,
      /measured\.0: row "x", column "a" is measured twice/,
    ],
    ['a print without its place', good.replace(/text: .*\n/, ''), /text: expected the place in the paper/],
  ])('names its address: %s', (_what, text, message) => expect(() => readPaperTable(write(text))).toThrow(message));
});
