import fc from 'fast-check';
import { UserError } from '@egolab/foundation';
import { describe, expect, it } from 'vitest';
import { decodeRle, encodeRle, rleArea } from './coco-rle.ts';
import cases from './fixtures/coco_rle.json' with { type: 'json' };

const pixels = (rows: string[]) => Uint8Array.from(rows.join(''), Number);

// made by tools/parity/caption_enrichment.py with pycocotools
describe('COCO run-length encoding against pycocotools', () => {
  it.each(cases)('$name', ({ size, counts, area, rows }) => {
    const rle = { size: size as [number, number], counts };
    const mask = decodeRle(rle);
    expect(rleArea(rle)).toBe(area);
    expect(mask.reduce((sum, value) => sum + value, 0)).toBe(area);
    expect(encodeRle(mask, size[0], size[1])).toEqual(rle);
    if (rows) expect(mask).toEqual(pixels(rows));
  });

  it('gives any mask back', () => {
    const masks = fc
      .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }))
      .chain(([height, width]) =>
        fc.tuple(
          fc.constant([height, width] as const),
          fc.uint8Array({ min: 0, max: 1, minLength: height * width, maxLength: height * width }),
        ),
      );
    fc.assert(
      fc.property(masks, ([[height, width], mask]) => {
        expect(decodeRle(encodeRle(mask, height, width))).toEqual(new Uint8Array(mask));
      }),
    );
  });

  it('refuses counts that are cut, foreign or of another size', () => {
    const { size, counts } = cases[3];
    const where = 'masks.json (frame 3)';
    const broken = (rle: { size: number[]; counts: string | number[] }) => () =>
      decodeRle({ size: rle.size as [number, number], counts: rle.counts }, where);
    expect(broken({ size: [size[0] + 1, size[1]], counts })).toThrow(/masks.json \(frame 3\): expected runs that fill/);
    expect(broken({ size, counts: counts.slice(0, -1) })).toThrow(UserError);
    expect(broken({ size, counts: '\u0001 not counts' })).toThrow(/not compressed COCO counts/);
    expect(broken({ size: [2, 2], counts: [-1, 5] })).toThrow(/runs below zero/);
  });
});
