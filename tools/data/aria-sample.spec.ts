import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { egoM2pClips } from '@egolab/ego-data';
import { afterAll, expect, it } from 'vitest';
import { layOutAriaSample } from './aria-sample.ts';

const temporary = mkdtempSync(join(tmpdir(), 'egolab-aria-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
const sample = new URL('../../../shared/real/aria-mps', import.meta.url).pathname;

it.skipIf(!existsSync(sample))('the sample makes five clips of camera and gaze (needs ../shared/real)', async () => {
  const root = join(temporary, 'aria');
  layOutAriaSample(sample, root);
  const { counts } = await egoM2pClips({ source: 'ego-exo4d', root });
  expect(counts).toMatchObject({ clips: 5, sequences: 1, camera: 5, gaze: 5, rgb: 0 });
});

it('says what it misses', () => {
  expect(() => layOutAriaSample(temporary, join(temporary, 'out'))).toThrow(/expected closed_loop_trajectory.csv and/);
});
