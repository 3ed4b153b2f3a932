import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { writeVideo } from '@egolab/video';
import { paperTable10, table1, table10Row, table2Row } from './tables.ts';

const exoVideos = (count: number) => Array.from({ length: count }, (_, i) => ({ camId: `cam0${i}`, path: 'x' }));
const folder = mkdtempSync(join(tmpdir(), 'egolab-tables-'));

beforeAll(async () => {
  const frames = { numFrames: 20, height: 16, width: 16 };
  await writeVideo(join(folder, 'v.mp4'), { ...frames, data: new Uint8Array(20 * 16 * 16 * 3) }, { fps: 10 });
});

it('Table 1 holds what is there beside what the paper had', () => {
  const rows = table1({
    web: { 'WebVid-10M': 12, 'made up': 3 },
    egoExoClip: [{ exoVideos: exoVideos(4) }, { exoVideos: exoVideos(3) }],
    egoIt: { OpenEQA: 5 },
  });
  const of = (process: string, dataset: string, view = 'exo') =>
    rows.find((row) => row.process === process && row.dataset === dataset && row.view === view);
  expect(of('Stage 1', 'Ego-ExoClip')).toMatchObject({ paper: 1.1e6, measured: 7 });
  expect(of('Stage 2', 'Ego-ExoClip', 'ego')).toMatchObject({ measured: 2 });
  expect(of('Stage 3', 'OpenEQA', 'ego')).toMatchObject({ paper: 1600, measured: 5 });
  expect(of('Initialization', 'WebVid-10M')?.measured).toBe(12);
  expect(of('Initialization', 'made up')?.paper).toBeNaN();
  expect(of('Initialization', 'EgoClip', 'ego')?.measured).toBeUndefined();
});

it('Table 2 measures whole videos and stretches of them', async () => {
  const questions = [
    { id: 'a', clip: { videos: ['v.mp4'] } },
    { id: 'b', clip: { videos: ['gone.mp4', 'v.mp4'], start: 0.5, end: 1 } },
    { id: 'c', clip: { videos: ['v.mp4'], frames: [5, 14] as const } },
  ];
  const row = await table2Row(questions, folder);
  expect(row).toMatchObject({ videos: 2, clips: 3, questions: 3 });
  expect(row.seconds).toBeCloseTo((2 + 0.5 + 1) / 3, 6);
});

it('Table 10 has the row of what is on disk', () => {
  const clips = [3, 5].map((count) => ({ exoVideos: exoVideos(count), scenario: 'Cooking' }));
  expect(table10Row(clips, 1.5)).toMatchObject({ exoCameras: [3, 5], hours: 1.5, scenario: 'Cooking' });
  expect(paperTable10.at(-1)).toMatchObject({ hours: 116 });
});
