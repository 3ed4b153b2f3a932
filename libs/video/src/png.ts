import { PNG } from 'pngjs';
import { existsSync, readFileSync } from 'node:fs';
import { UserError, writeFileAtomic } from '@egolab/foundation';

/** A still image in C order, `[height, width, channels]`: uint8, or uint16 for one channel (depth in millimetres). */
export interface Image<Data extends Uint8Array | Uint16Array = Uint8Array> {
  readonly data: Data;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** Write a PNG: 8-bit RGB, 8-bit grey, or 16-bit grey when the data are uint16. */
export function writePng(path: string, image: Image<Uint8Array | Uint16Array>): void {
  writeFileAtomic(path, pngBytes(image));
}

/** The bytes that {@link writePng} writes. */
export function pngBytes(image: Image<Uint8Array | Uint16Array>): Buffer {
  const { data, width, height, channels } = image;
  if (data.length !== width * height * channels) {
    throw new Error(
      `expected ${height}x${width}x${channels} = ${height * width * channels} values, got ${data.length}`,
    );
  }
  const deep = data instanceof Uint16Array;
  if (deep && channels !== 1) throw new Error('16-bit PNG: expected one channel, got three');
  const colorType = channels === 3 ? 2 : 0;
  const png = new PNG({
    width,
    height,
    bitDepth: deep ? 16 : 8,
    colorType,
    inputColorType: colorType,
    inputHasAlpha: false,
  });
  png.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength); // pngjs swaps 16-bit samples to big endian itself
  const options = { bitDepth: deep ? 16 : 8, colorType, inputColorType: colorType, inputHasAlpha: false } as const;
  return PNG.sync.write(png, options);
}

/** Read a PNG as 8-bit RGB; transparency is dropped. */
export function readPng(path: string): Image {
  const { width, height, data } = decode(path, false);
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) rgb.set(data.subarray(pixel * 4, pixel * 4 + 3), pixel * 3);
  return { data: rgb, width, height, channels: 3 };
}

/** Read a 16-bit (or 8-bit) grey PNG without rescaling, such as depth in millimetres. */
export function readGreyPng(path: string): Image<Uint16Array> {
  const { width, height, data } = decode(path, true);
  const grey = Uint16Array.from({ length: width * height }, (_, pixel) => data[pixel * 4]);
  return { data: grey, width, height, channels: 1 };
}

function decode(path: string, skipRescale: boolean): PNG {
  if (!existsSync(path)) throw new UserError({ what: 'there is no such file', where: path });
  try {
    return PNG.sync.read(readFileSync(path), { skipRescale });
  } catch (error) {
    throw new UserError({
      what: `not a readable PNG: ${(error as Error).message}`,
      where: path,
      mend: 'the file may be cut: copy it again',
      cause: error,
    });
  }
}
