import { writeVideo } from './encode.ts';

const [columns, rows, block] = [4, 3, 8];

/** Size of the frames that {@link writeNumberedVideo} makes. */
export const numberedSize = { width: columns * block, height: rows * block } as const;

/** For tests: a video whose frames show their own index in binary, twelve black or white blocks. */
export async function writeNumberedVideo(path: string, numFrames: number, fps: number): Promise<void> {
  const { width, height } = numberedSize;
  const data = new Uint8Array(numFrames * height * width * 3);
  for (let t = 0; t < numFrames; t++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const bit = Math.floor(y / block) * columns + Math.floor(x / block);
        data.fill(((t >> bit) & 1) * 255, ((t * height + y) * width + x) * 3, ((t * height + y) * width + x + 1) * 3);
      }
    }
  }
  await writeVideo(path, { data, numFrames, height, width }, { fps, keyframeInterval: 50 });
}

/** The indices that frames of a numbered video show, whatever square or full size they were decoded to. */
export function readNumbers(data: Uint8Array, height: number, width: number): number[] {
  const frameBytes = height * width * 3;
  return Array.from({ length: data.length / frameBytes }, (_, t) => {
    let number = 0;
    for (let bit = 0; bit < columns * rows; bit++) {
      const y = Math.floor(((Math.floor(bit / columns) + 0.5) * height) / rows);
      const x = Math.floor((((bit % columns) + 0.5) * width) / columns);
      if (data[t * frameBytes + (y * width + x) * 3] > 127) number |= 1 << bit;
    }
    return number;
  });
}
