import type { Clip } from './decode.ts';

/**
 * A clip as the caches hold it: frames that repeat (short clips, images) are stored once.
 * Layout, little endian: uint16 number of frames T, uint16 number of stored frames U, T x uint16 stored frame of each,
 * U frames.
 */
export function packClip({ data, indices, numFrames }: Clip): Uint8Array {
  const frameBytes = data.length / numFrames;
  const slots = new Map<number, number>();
  for (const index of indices) if (!slots.has(index)) slots.set(index, slots.size);
  const header = Uint16Array.of(numFrames, slots.size, ...indices.map((index) => slots.get(index)!));
  const packed = new Uint8Array(header.byteLength + slots.size * frameBytes);
  packed.set(new Uint8Array(header.buffer));
  indices.forEach((index, t) => {
    const frame = data.subarray(t * frameBytes, (t + 1) * frameBytes);
    packed.set(frame, header.byteLength + slots.get(index)! * frameBytes);
  });
  return packed;
}

/** The frames of a packed clip in a fresh array, uint8 `[time, height, width, 3]`. */
export function unpackClip(packed: Uint8Array): Uint8Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const [numFrames, stored] = [view.getUint16(0, true), view.getUint16(2, true)];
  const begin = 4 + 2 * numFrames;
  const frameBytes = (packed.length - begin) / stored;
  const data = new Uint8Array(numFrames * frameBytes);
  for (let t = 0; t < numFrames; t++) {
    const from = begin + view.getUint16(4 + 2 * t, true) * frameBytes;
    data.set(packed.subarray(from, from + frameBytes), t * frameBytes);
  }
  return data;
}
