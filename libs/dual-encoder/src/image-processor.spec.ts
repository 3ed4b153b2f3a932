import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@egolab/foundation';
import { afterAll, describe, expect, it } from 'vitest';
import { processImage, readImageProcessor } from './image-processor.ts';
import { CLIP_MEAN, CLIP_STD } from './pixels.ts';

const root = mkdtempSync(join(tmpdir(), 'egolab-image-processor-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function folder(file: string, content: object): string {
  const path = mkdtempSync(join(root, 'model-'));
  writeFileSync(join(path, file), JSON.stringify(content));
  return path;
}

const grey = (height: number, width: number) => ({ data: new Uint8Array(height * width * 3).fill(7), height, width });
const sizeAfter = (path: string, height: number, width: number) => {
  const image = processImage(readImageProcessor(path, 32), grey(height, width), 32, 'images');
  return [image.height, image.width];
};

describe('the image processor of a CLIP folder', () => {
  it("has CLIP's defaults without a file", () => {
    const processor = readImageProcessor(mkdtempSync(join(root, 'empty-')), 32);
    expect(processor.resize(grey(40, 56))).toMatchObject({ height: 32, width: 44 }); // the long side is truncated
    expect([processor.mean, processor.std]).toEqual([CLIP_MEAN, CLIP_STD]);
    expect(processor.crop).toEqual({ height: 32, width: 32 });
  });

  it.each<[string, string, object]>([
    ['sizes as numbers', 'preprocessor_config.json', { size: 32, crop_size: 32 }],
    ['a square without a crop', 'preprocessor_config.json', { size: { height: 32, width: 32 }, do_center_crop: false }],
    [
      'a processor inside another',
      'processor_config.json',
      { image_processor: { size: { shortest_edge: 40 }, crop_size: 32 } },
    ],
  ])('reads %s', (_, file, content) => {
    expect(sizeAfter(folder(file, content), 50, 36)).toEqual([32, 32]);
  });

  it('normalises as it is told', () => {
    const path = folder('preprocessor_config.json', { image_mean: [0.5, 0.5, 0.5], image_std: [0.25, 0.5, 1] });
    expect(readImageProcessor(path, 32)).toMatchObject({ mean: [0.5, 0.5, 0.5], std: [0.25, 0.5, 1] });
    expect(readImageProcessor(folder('preprocessor_config.json', { do_normalize: false }), 32)).toMatchObject({
      mean: [0, 0, 0],
      std: [1, 1, 1],
    });
  });

  it.each<[string, object, RegExp]>([
    ['another filter', { resample: 2 }, /resample: expected 3, bicubic/],
    ['another scale', { rescale_factor: 1 }, /rescale_factor: expected 1\/255/],
    ['another size', { crop_size: 48 }, /expected images of 32 x 32 as config\.json says, got 48 x 48/],
    ['a mean of two channels', { image_mean: [0.5, 0.5] }, /preprocessor_config\.json: image_mean/],
  ])('names %s', (_, content, message) => {
    const read = () => readImageProcessor(folder('preprocessor_config.json', content), 32);
    expect(read).toThrow(UserError);
    expect(read).toThrow(message);
  });

  it('names images that do not come out at the size of the tower', () => {
    const small = folder('preprocessor_config.json', { do_resize: false });
    expect(() => sizeAfter(small, 20, 40)).toThrow(/an image of 20 x 40 becomes 20 x 40, but 32 x 32 is needed/);
    const uncropped = folder('preprocessor_config.json', { do_center_crop: false });
    expect(() => sizeAfter(uncropped, 40, 56)).toThrow(/becomes 32 x 44, but 32 x 32/);
    expect(sizeAfter(uncropped, 64, 64)).toEqual([32, 32]);
  });
});
