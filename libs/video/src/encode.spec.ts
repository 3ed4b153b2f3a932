import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readGreyPng, readPng, VideoWriter, writePng, writeVideo } from './index.ts';

const root = mkdtempSync(join(tmpdir(), 'egolab-encode-'));
const folder = () => mkdtempSync(join(root, 'out-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 2654435761) >>> 24);

describe('writeVideo', () => {
  it('gives equal bytes for equal frames, whole or frame by frame', async () => {
    const out = folder();
    const frames = { data: noise(6 * 32 * 48 * 3), numFrames: 6, height: 32, width: 48 };
    await writeVideo(join(out, 'a.mp4'), frames, { fps: 8 });
    const writer = new VideoWriter(join(out, 'b.mp4'), { width: 48, height: 32, fps: 8 });
    for (let t = 0; t < 6; t++) await writer.write(frames.data.subarray(t * 32 * 48 * 3, (t + 1) * 32 * 48 * 3));
    await writer.close();
    expect(readFileSync(join(out, 'a.mp4')).equals(readFileSync(join(out, 'b.mp4')))).toBe(true);
    expect(readdirSync(out).sort()).toEqual(['a.mp4', 'b.mp4']);
  });

  it('refuses odd sides for yuv420p and half frames, and leaves nothing behind', async () => {
    const out = folder();
    expect(() => new VideoWriter(join(out, 'a.mp4'), { width: 33, height: 32, fps: 8 })).toThrow(
      /even sides, got 33x32/,
    );
    const short = { data: noise(100), numFrames: 1, height: 32, width: 32 };
    await expect(writeVideo(join(out, 'b.mp4'), short, { fps: 8 })).rejects.toThrow(/3072 bytes, got 100 bytes/);
    expect(readdirSync(out)).toEqual([]);
  });
});

describe('PNG', () => {
  it('keeps 8-bit RGB and 16-bit depth exactly', () => {
    const out = folder();
    const rgb = { data: noise(5 * 7 * 3), height: 5, width: 7, channels: 3 } as const;
    writePng(join(out, 'rgb.png'), rgb);
    expect(readPng(join(out, 'rgb.png'))).toEqual(rgb);
    const depth = {
      data: Uint16Array.from({ length: 35 }, (_, i) => i * 1871),
      height: 5,
      width: 7,
      channels: 1,
    } as const;
    writePng(join(out, 'depth.png'), depth);
    expect(readGreyPng(join(out, 'depth.png'))).toEqual(depth);
  });
});
