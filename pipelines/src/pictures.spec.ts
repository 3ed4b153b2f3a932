import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomic } from '@egolab/foundation';
import { readPictures } from '@egolab/pictures';
import { expect, it } from 'vitest';
import { writePictures, type StagePicture } from './pictures.ts';

const picture: StagePicture = {
  name: 'way-0',
  title: 'A way',
  caption: 'from above',
  alt: 'a line',
  bytes: '<svg xmlns="http://www.w3.org/2000/svg"/>',
};

const output = () => {
  const folder = mkdtempSync(join(tmpdir(), 'pictures-'));
  return {
    folder,
    path: (name: string) => join(folder, name),
    write: (name: string, content: string) => writeFileAtomic(join(folder, name), content),
  };
};

it('writes what the report reads, also when there is nothing to show', () => {
  const out = output();
  writePictures(out, [picture]);
  expect(readPictures(out.folder)).toMatchObject([{ file: 'pictures/way-0.svg', title: 'A way', format: 'svg' }]);
  writePictures(out, []);
  expect(readPictures(out.folder)).toEqual([]);
});

it.each([
  ['neither PNG nor SVG', [{ ...picture, bytes: 'GIF89a' }], /way-0: expected PNG or SVG/],
  ['too large', [{ ...picture, bytes: `${picture.bytes as string}${' '.repeat(150_000)}` }], /at most 150000 bytes/],
  ['two of one name', [picture, picture], /one name/],
  ['a name that is a path', [{ ...picture, name: '../x' }], /pictures\/<name>/],
])('refuses %s', (_what, pictures, message) => expect(() => writePictures(output(), pictures)).toThrow(message));
