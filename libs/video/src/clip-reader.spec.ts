import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClipReader, decodeFrames } from './index.ts';
import { DiskCache } from './decode-cache.ts';
import { writeNumberedVideo } from './numbered-video.ts';
import { Semaphore } from './semaphore.ts';

const folder = mkdtempSync(join(tmpdir(), 'egolab-reader-'));
const cache = () => mkdtempSync(join(folder, 'cache-'));
const video = (index: number) => join(folder, `${index}.mp4`);
const options = { numFrames: 4, sampler: 'videollama2-v1', size: 16, aspect: 'pad' } as const;
const clips = Array.from({ length: 30 }, (_, i) => ({ media: video(i % 3), start: i / 20, end: i / 20 + 0.6 }));
const files = (path: string) =>
  readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(async () => {
  for (let i = 0; i < 3; i++) await writeNumberedVideo(video(i), 40, 8);
});

describe('ClipReader', () => {
  it('gives what decoding gives, from the decoder, memory and disk', async () => {
    const cacheFolder = cache();
    const reader = new ClipReader({ ...options, cacheFolder });
    const first = await reader.readMany(clips);
    expect(reader.stats).toMatchObject({ decoded: 30, memoryHits: 0, diskHits: 0 });
    for (const [i, clip] of clips.entries()) {
      if (i % 7 === 0) expect(first[i]).toEqual((await decodeFrames(clip.media, { ...clip, ...options })).data);
    }
    expect(await reader.readMany(clips)).toEqual(first);
    expect(reader.stats).toMatchObject({ decoded: 30, memoryHits: 30 });
    const later = new ClipReader({ ...options, cacheFolder });
    expect(await later.readMany(clips)).toEqual(first);
    expect(later.stats).toMatchObject({ decoded: 0, diskHits: 30 });
  });

  it('shares the work of equal requests and hands out separate arrays', async () => {
    const reader = new ClipReader(options);
    reader.prefetch([clips[0]]);
    const [a, b] = await Promise.all([reader.read(clips[0]), reader.read(clips[0])]);
    expect(reader.stats.decoded).toBe(1);
    a.fill(0);
    expect(await reader.read(clips[0])).toEqual(b);
  });

  it('keeps both limits', async () => {
    const cacheFolder = cache();
    const reader = new ClipReader({ ...options, cacheFolder, maxMemoryBytes: 10_000, maxDiskBytes: 20_000 });
    await reader.readMany(clips);
    expect(reader.stats.bytesInMemory).toBeLessThanOrEqual(10_000);
    expect(reader.stats.bytesOnDisk).toBeLessThanOrEqual(20_000);
    expect(files(cacheFolder).length).toBeGreaterThan(2);
    expect(files(cacheFolder).length).toBeLessThan(9);
  });

  it('warms the caches file by file and says how far it is', async () => {
    const reader = new ClipReader({ ...options, cacheFolder: cache() });
    const progress: number[] = [];
    await reader.warm(clips, ({ done, total }) => progress.push(done / total));
    expect(progress).toEqual([0, 1 / 3, 2 / 3, 1]);
    await reader.warm(clips, ({ done }) => expect(done).toBe(30));
    await reader.readMany(clips);
    expect(reader.stats.decoded).toBe(30);
  });

  it('decodes again what was damaged on disk or changed at its source', async () => {
    const cacheFolder = cache();
    const path = join(folder, 'changing.mp4');
    await writeNumberedVideo(path, 40, 8);
    const clip = { media: path, start: 1, end: 2 };
    const before = await new ClipReader({ ...options, cacheFolder }).read(clip);
    const [entry] = files(cacheFolder);
    truncateSync(join(entry.parentPath ?? entry.path, entry.name), 100);
    const reader = new ClipReader({ ...options, cacheFolder });
    expect(await reader.read(clip)).toEqual(before);
    expect(reader.stats.decoded).toBe(1);
    utimesSync(path, 1, 1);
    await reader.read(clip);
    expect(reader.stats.decoded).toBe(2);
  });

  it('names a missing or cut video, and works on', async () => {
    const reader = new ClipReader(options);
    await expect(reader.read({ media: join(folder, 'none.mp4') })).rejects.toThrow(/none\.mp4: there is no such file/);
    const cut = join(folder, 'cut.mp4');
    writeFileSync(cut, 'cut');
    await expect(reader.readMany([clips[0], { media: cut }])).rejects.toThrow(/cut\.mp4: the video is cut/);
    reader.prefetch([{ media: cut }]);
    expect((await reader.read(clips[0])).length).toBe(4 * 16 * 16 * 3);
  });
});

describe('DiskCache', () => {
  it('drops the least recently used entry, also of an earlier run', async () => {
    const path = cache();
    const key = (name: string) => name.repeat(64);
    const content = new Uint8Array(68); // 100 bytes with the digest
    const earlier = new DiskCache(path, 250);
    await earlier.put(key('a'), content);
    await earlier.put(key('b'), content);
    utimesSync(join(path, 'aa', `${key('a')}.clip`), 1, 1);
    const later = new DiskCache(path, 250);
    await later.put(key('c'), content);
    expect(['a', 'b', 'c'].map((name) => later.has(key(name)))).toEqual([false, true, true]);
    expect(existsSync(join(path, 'aa', `${key('a')}.clip`))).toBe(false);
    rmSync(join(path, 'bb'), { recursive: true });
    expect(await later.get(key('b'))).toBeUndefined();
    expect(later.bytes).toBe(100);
  });
});

it('Semaphore never lets more run than its limit', async () => {
  const semaphore = new Semaphore(3);
  let [running, most] = [0, 0];
  const task = async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
  };
  await Promise.all(Array.from({ length: 20 }, () => semaphore.run(task)));
  expect(most).toBe(3);
});
