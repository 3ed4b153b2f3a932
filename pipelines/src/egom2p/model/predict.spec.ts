import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readGazeCsv, readTum } from '@egolab/ego-data';
import { Random } from '@egolab/foundation';
import { tf } from '@egolab/runtime';
import { probe, writeVideo } from '@egolab/video';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyRun } from './fixtures/tiny-run.ts';
import { predict } from './predict.ts';

const folder = mkdtempSync(join(tmpdir(), 'egolab-predict-'));
const path = (name: string) => join(folder, name);
const run = path('masked-pretrain');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Tokenizers and a model of random weights, and 2.5 s of noise at 12 fps. */
beforeAll(async () => {
  writeTinyRun(folder);
  const random = new Random(6);
  const frames = { numFrames: 30, height: 40, width: 48 };
  const data = Uint8Array.from({ length: 30 * 40 * 48 * 3 }, () => random.integer(0, 255));
  await writeVideo(path('clip.mp4'), { ...frames, data }, { fps: 12 });
});

describe('egolab predict', () => {
  it('writes depth, camera and gaze of a video, the same each time, and leaves no tensors', async () => {
    const before = tf.memory().numTensors;
    const request = { run, video: path('clip.mp4'), to: ['depth', 'camera', 'gaze'], start: 0.25 };
    const answer = await predict({ ...request, out: path('out') });
    expect(answer).toMatchObject({ from: 'rgb', to: ['depth', 'camera', 'gaze'] });
    const { timestamps, poses } = readTum(answer.files.camera!);
    expect([timestamps.length, timestamps[0], timestamps[30]]).toEqual([60, 0.25, 1.25]);
    expect(poses).toHaveLength(60);
    expect(readGazeCsv(answer.files.gaze!).xy).toHaveLength(120);
    expect(await probe(answer.files.depth!)).toMatchObject({ numFrames: 16, width: 32, height: 32, fps: 8 });
    expect(readdirSync(path('out/depth'))).toHaveLength(16);
    const again = await predict({ ...request, out: path('again') });
    expect(readTum(again.files.camera!)).toEqual({ timestamps, poses });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('makes colour from depth', async () => {
    const depth = await predict({ run, video: path('clip.mp4'), to: ['depth'], out: path('depth') });
    const answer = await predict({ run, video: depth.files.depth!, from: 'depth', to: ['rgb'], out: path('rgb') });
    expect(await probe(answer.files.rgb!)).toMatchObject({ numFrames: 16, width: 32, height: 32 });
  });

  it.each([
    ['a modality that is none', { to: ['deth'] }, /^--to: there is no modality "deth"\n.*"depth"/],
    ['the same modality twice', { to: ['gaze', 'gaze'] }, /^--to: gaze is given already/],
    ['what is given', { to: ['rgb'] }, /^--to: rgb is given already/],
    ['nothing', { to: [] }, /^--to: expected a modality at least/],
    ['a video of gaze', { from: 'gaze' }, /^--from: expected a video of rgb or depth, got gaze/],
    ['a video that is too short', { start: 0.7 }, /clip.mp4: expected 2 s from 0.7 s on, got a video of 2.50 s/],
    [
      'a folder of something else',
      { run: path('gaze-tokenizer') },
      /model.json: not the description of a masked model/,
    ],
    ['a folder that is not there', { run: path('none') }, /model.json/],
    ['a video that is not there', { video: path('none.mp4') }, /none.mp4/],
  ])('refuses %s', async (_, wrong, message) => {
    const request = { run, video: path('clip.mp4'), to: ['gaze'], out: path('refused'), ...wrong };
    await expect(predict(request)).rejects.toThrow(message);
    expect(existsSync(path('refused'))).toBe(false);
  });
});
