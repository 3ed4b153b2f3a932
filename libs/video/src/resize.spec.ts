import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clipResize, normalizePixels, resizeBicubic, type RgbImage, shortestEdgeSize } from './index.ts';

interface Encoded {
  readonly height: number;
  readonly width: number;
  readonly data: string;
}

const fixture = JSON.parse(readFileSync(new URL('./fixtures/resize.json', import.meta.url), 'utf8')) as {
  resize: { input: Encoded; output: Encoded }[];
  clip: { input: Encoded; aspect: 'pad' | 'crop'; pixels: string }[];
};
const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
const image = ({ height, width, data }: Encoded): RgbImage => ({ height, width, data: bytes(data) });
const title = ({ height, width }: Encoded) => `${height}x${width}`;

describe('resizeBicubic is bit-equal to Pillow', () => {
  it.each(fixture.resize.map((sample) => [title(sample.input), title(sample.output), sample] as const))(
    '%s to %s',
    (_from, _to, { input, output }) => {
      expect(resizeBicubic(image(input), output.height, output.width)).toEqual(image(output));
    },
  );
});

describe('clipResize and normalizePixels equal CLIPImageProcessor', () => {
  it.each(fixture.clip.map((sample) => [title(sample.input), sample.aspect, sample] as const))(
    '%s with %s',
    (_size, _aspect, { input, aspect, pixels }) => {
      const expected = new Float32Array(bytes(pixels).buffer);
      const got = normalizePixels(clipResize(image(input), { shortestEdge: 32 }, aspect).data);
      expect(got.length).toBe(expected.length);
      for (let i = 0; i < got.length; i++) expect(Math.abs(got[i] - expected[i])).toBeLessThan(1e-6);
    },
  );
});

it('truncates the long side', () => {
  expect(shortestEdgeSize(40, 56, 32)).toEqual({ height: 32, width: 44 });
});
