import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Random } from '@egolab/foundation';
import { decodeFrames, VideoWriter } from './index.ts';

const [fps, seconds, width, height] = [10, 180, 32, 32];
const options = { numFrames: 16, sampler: 'videollama2-v1', size: 32 } as const;

/** Three minutes of slow change; noise between 12 and 16 s, which makes up most of the file and which no sampled frame needs. */
async function threeMinutes(path: string): Promise<void> {
  const random = new Random(1);
  const writer = new VideoWriter(path, { fps, width, height });
  const frame = new Uint8Array(width * height * 3);
  for (let index = 0; index < fps * seconds; index++) {
    const noisy = index > 122 && index < 158;
    for (let i = 0; i < frame.length; i++) frame[i] = noisy ? random.integer(0, 255) : (index * 200) / (fps * seconds);
    await writer.write(frame.slice());
  }
  await writer.close();
}

it('samples a three-minute video by seeking: what lies between is never decoded', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'egolab-long-'));
  const [whole, damaged] = [join(folder, 'whole.mp4'), join(folder, 'damaged.mp4')];
  await threeMinutes(whole);
  const bytes = readFileSync(whole);
  bytes.fill(0xff, Math.floor(bytes.length * 0.35), Math.floor(bytes.length * 0.65));
  writeFileSync(damaged, bytes);
  const expected = await decodeFrames(whole, options);
  const sampled = await decodeFrames(damaged, options);
  expect(sampled.indices).toEqual(expected.indices);
  expect(Buffer.compare(sampled.data, expected.data)).toBe(0);
  // the same damage shows where its seconds are asked for
  await expect(decodeFrames(damaged, { ...options, start: 12, end: 16 })).rejects.toThrow(/cut or damaged/);
}, 60_000);
