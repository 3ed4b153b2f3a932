import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pictureFormat, pictureLimits } from '@egolab/pictures';
import { generateWorld, worldConfigSchema } from '@egolab/synthetic-world';
import { afterAll, expect, it } from 'vitest';
import { silentProgress } from '../progress.ts';
import { barChart } from './bar-chart.ts';
import { egoExoStatistics } from './dataset-statistics.ts';

const folder = mkdtempSync(join(tmpdir(), 'egolab-statistics-'));
afterAll(() => rmSync(folder, { recursive: true }));
const world = worldConfigSchema.parse({
  seed: 1,
  size: 16,
  fps: 4,
  samples: 1,
  takeDuration: [10, 12],
  rooms: { train: 1, heldOut: 1 },
  egoExo4d: { trainTakes: 2, valTakes: 1, numExo: 2 },
  egoClip: { takes: 1, questions: 1 },
  egoSchema: { takes: 1 },
  web: { clips: 1, rooms: 1 },
  text: { samples: 1 },
  groundTruth: { takes: 0 },
});
const data = { root: null, world, web: [], egoExoClip: { alpha: 1.92, beta: 'pooled' as const }, cacheBytes: 1 };

it('counts Ego-ExoClip, and draws figures 7 to 11', async () => {
  await generateWorld(world, folder, { workers: 2 });
  const { metrics, pictures } = egoExoStatistics(join(folder, 'egoexo4d'), data, silentProgress);
  expect(metrics['egoExoClip']).toMatchObject({
    groups: 2,
    videos: 6,
    exoCameras: { fewest: 2, most: 2 },
    clip: { mean: expect.any(Number) },
  });
  expect(pictures.map(({ name }) => name)).toEqual(['durations', 'words', 'institutions', 'tasks', 'scenarios']);
  for (const { bytes } of pictures) {
    expect(pictureFormat(Buffer.from(bytes))).toBe('svg');
    expect(bytes.length).toBeLessThan(pictureLimits.bytes);
  }
});

it('says that there is none', () => {
  expect(egoExoStatistics(join(folder, 'nowhere'), data, silentProgress)).toEqual({ metrics: {}, pictures: [] });
});

it('draws bars as long as their values, and no markup of a name', () => {
  const svg = barChart(
    [
      { name: 'a <b>', value: 10 },
      { name: 'c', value: 5 },
    ],
    String,
  );
  const widths = [...svg.matchAll(/<rect x="\d+" y="\d+" width="([\d.]+)"/g)].map(([, width]) => Number(width));
  expect(widths[0]).toBe(2 * widths[1]);
  expect(svg).toContain('a &lt;b&gt;');
});
