import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { polygonRuns, runLengths } from './index.ts';

const cases = JSON.parse(readFileSync(new URL('fixtures/coco_polygons.json', import.meta.url), 'utf8')) as {
  height: number;
  width: number;
  polygons: number[][];
  counts: string;
}[];

it('fills polygons, also those that leave the image, as pycocotools does', () => {
  for (const { height, width, polygons, counts } of cases)
    expect(polygonRuns(polygons, height, width)).toEqual(runLengths({ size: [height, width], counts }));
});

it('a square, by hand', () => {
  // columns 1 and 2, rows 1 and 2 of 4 x 4
  expect(polygonRuns([[1, 1, 3, 1, 3, 3, 1, 3]], 4, 4)).toEqual([5, 2, 2, 2, 5]);
  expect(polygonRuns([[9, 9, 12, 9, 12, 12]], 4, 4)).toEqual([16]);
});
