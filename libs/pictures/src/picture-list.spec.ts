import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lineChart } from './line-chart.ts';
import { pictureFormat, readPictures } from './picture-list.ts';

const svg = lineChart('a chart', [{ name: 'a', x: [1, 2], y: [3, 4] }]);
const entry = { file: 'pictures/a-1.svg', title: 't', caption: 'c', alt: 'a' };

const folder = (list: unknown, files: Record<string, string> = { 'pictures/a-1.svg': svg }) => {
  const place = mkdtempSync(join(tmpdir(), 'pictures-'));
  mkdirSync(join(place, 'pictures'));
  writeFileSync(join(place, 'pictures.json'), JSON.stringify(list));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(place, name), content);
  return place;
};

describe('readPictures', () => {
  it('reads what the list names; no list, no pictures', () => {
    expect(readPictures(folder([entry]))).toEqual([{ ...entry, format: 'svg', bytes: Buffer.from(svg) }]);
    expect(readPictures(mkdtempSync(join(tmpdir(), 'pictures-')))).toEqual([]);
  });

  it.each([
    ['a path that leads out', [{ ...entry, file: '../a.svg' }], /0\.file: pictures\/<name>\.png or \.svg/],
    ['no alternative text', [{ ...entry, alt: '' }], /0\.alt: /],
    ['too many', Array(7).fill(entry), /Too big/i],
    ['no list', {}, /expected array/],
    ['a missing file', [{ ...entry, file: 'pictures/b.svg' }], /0\.file: there is no pictures\/b\.svg/],
  ])('refuses %s', (_what, list, message) => expect(() => readPictures(folder(list))).toThrow(message));

  it('refuses a file that is something else than its name says', () => {
    const place = folder([{ ...entry, file: 'pictures/a.png' }], { 'pictures/a.png': svg });
    expect(() => readPictures(place)).toThrow(/a\.png: expected PNG; got SVG/);
  });
});

describe('pictureFormat', () => {
  it.each([
    [Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0), 'png'],
    [Buffer.from(`<?xml version="1.0"?>\n${svg}`), 'svg'],
    [Buffer.from('<svg viewBox="0 0 1 1"/>'), undefined],
    [Buffer.from('GIF89a'), undefined],
    [new Uint8Array(), undefined],
  ])('%#', (bytes, format) => expect(pictureFormat(bytes)).toBe(format));
});

it('a chart without points is empty, and a flat line is drawn', () => {
  expect(lineChart('empty', [{ name: 'a', x: [1], y: [NaN] }])).toBe('');
  expect(lineChart('flat', [{ name: 'a', x: [1, 2], y: [3, 3] }])).not.toContain('NaN');
  expect(lineChart('<two>', [{ name: 'a', x: [1], y: [1] }, { name: '<b>', x: [2], y: [2] }])).toMatch(/&lt;two&gt;.*&lt;b&gt;/s); // prettier-ignore
});
