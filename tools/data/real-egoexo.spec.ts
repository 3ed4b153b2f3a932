import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { egoClip, egoExoClips, validateDataset, webPairs } from '@egolab/ego-data';
import { ClipReader } from '@egolab/video';
import { buildRealEgoExo } from './real-egoexo.ts';

const temporary = mkdtempSync(join(tmpdir(), 'egolab-real-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

const clips = new URL('../../../shared/real/clips', import.meta.url).pathname;

it.skipIf(!existsSync(clips))('real clips go through the whole data path (needs ../shared/real)', async () => {
  const root = join(mkdtempSync(join(temporary, 'out-')), 'egoexo');
  await buildRealEgoExo(clips, root, 64);
  expect(await validateDataset(join(root, 'egoexo4d'), 'ego-exo4d')).toMatchObject({
    valid: true,
    counts: { 'clips train': 10, 'clips val': 5 },
  });
  const train = egoExoClips({ root: join(root, 'egoexo4d'), split: 'train' });
  expect(train.statistics).toMatchObject({ groups: 2, videos: 6, narrations: 10, egoExoPairs: 20 });
  expect(new Set(train.skipped.map(({ reason }) => reason))).toEqual(
    new Set(['annotation passes rejected by quality control: 1']),
  );
  const ego4d = join(root, 'egoclip');
  expect((await egoClip({ file: join(ego4d, 'egoclip.csv'), videos: join(ego4d, 'videos') })).clips).toHaveLength(3);
  const web = { annotations: join(root, 'web/annotations.csv'), media: join(root, 'web/videos') };
  expect((await webPairs(web)).pairs).toHaveLength(3);
  const reader = new ClipReader({ numFrames: 4, sampler: 'videollama2-v1', size: 32 });
  const [ego, exo] = await reader.readMany(
    [train.clips[0].egoVideo, train.clips[0].exoVideos[0].path].map((media) => ({ media, start: 0.2, end: 0.9 })),
  );
  expect(ego.length).toBe(4 * 32 * 32 * 3);
  expect(ego).not.toEqual(exo);
});

it('replaces its own folder and nothing else', async () => {
  const folder = mkdtempSync(join(temporary, 'out-'));
  writeFileSync(join(folder, 'thesis.tex'), 'dear');
  await expect(buildRealEgoExo(folder, folder)).rejects.toThrow(/holds something else/);
  expect(readdirSync(folder)).toEqual(['thesis.tex']);
});

it('says which clips it misses', async () => {
  const empty = mkdtempSync(join(temporary, 'out-'));
  await expect(buildRealEgoExo(empty, join(empty, 'out'))).rejects.toThrow(
    /expected the clips ego_lavila_ego4d_2s\.mp4/,
  );
});
