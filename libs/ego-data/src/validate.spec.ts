import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeVideo } from '@egolab/video';
import { detectDatasets, validateDataset } from './index.ts';
import { exampleFolder, examplePass, exampleTake } from './example-folder.ts';

const video = (path: string, numFrames = 8) =>
  writeVideo(path, { data: new Uint8Array(numFrames * 16 * 16 * 3), numFrames, height: 16, width: 16 }, { fps: 8 });

async function egoExoFolder(frames: Readonly<Record<string, number>> = {}): Promise<string> {
  const root = exampleFolder({
    'takes.json': [exampleTake('tea')],
    'annotations/atomic_descriptions_train.json': {
      annotations: { 'uid-tea': [examplePass('a', { 'C stirs.': 0.5 })] },
    },
  });
  for (const name of ['aria01_214-1', 'cam01', 'cam02']) {
    await video(join(root, 'takes/tea/frame_aligned_videos', `${name}.mp4`), frames[name]);
  }
  return root;
}

describe('validateDataset', () => {
  it('accepts a whole Ego-Exo4D folder', async () => {
    const root = await egoExoFolder();
    const progress: number[] = [];
    const report = await validateDataset(root, 'ego-exo4d', { onProgress: ({ done }) => progress.push(done) });
    expect(report).toMatchObject({
      valid: true,
      problems: [],
      counts: { 'clips train': 1, 'takes train': 1, media: 3 },
    });
    expect(progress).toHaveLength(3);
  });

  it('finds a cut video, and views that do not match', async () => {
    const root = await egoExoFolder({ cam02: 7 });
    const unequal = await validateDataset(root, 'ego-exo4d');
    expect(unequal.problems.map(({ what }) => what)).toEqual([
      'views differ in length, so frames do not match: aria01 8, cam01 8, cam02 7 frames',
    ]);
    const path = join(root, 'takes/tea/frame_aligned_videos/cam01.mp4');
    writeFileSync(path, readFileSync(path).subarray(0, 600));
    const cut = await validateDataset(root, 'ego-exo4d');
    expect(cut.valid).toBe(false);
    expect(cut.problems.map(({ where }) => where)).toEqual([path]);
  });

  it('collects problems of annotations instead of stopping', async () => {
    const root = await egoExoFolder();
    writeFileSync(join(root, 'annotations/atomic_descriptions_val.json'), '{"annotations": {');
    const { problems, counts } = await validateDataset(root, 'ego-exo4d');
    expect(counts['clips train']).toBeUndefined(); // reading train needs to know which takes val names
    expect(problems[0].what).toMatch(/not valid JSON/);
  });

  it('checks an Ego-Exo4D folder without exocentric views for EgoM2P alone', async () => {
    const { aria01 } = exampleTake('tea').frame_aligned_videos;
    const header = 'tracking_timestamp_us,tx,ty,tz,qx,qy,qz,qw'.replaceAll(/([tq][xyzw])/g, '$1_world_device');
    const poses = Array.from({ length: 90 }, (_, i) => `${Math.round((i * 1e6) / 30)},0,0,0,0,0,0,1`);
    const files = {
      'takes.json': [exampleTake('tea', { frame_aligned_videos: { aria01 } })],
      'annotations/atomic_descriptions_train.json': {
        annotations: { 'uid-tea': [examplePass('a', { 'C stirs.': 0.5 })] },
      },
    };
    const trajectory = 'takes/tea/trajectory/closed_loop_trajectory.csv';
    const root = exampleFolder({ ...files, [trajectory]: [header, ...poses, ''].join('\n') });
    await video(join(root, 'takes/tea/frame_aligned_videos/aria01_214-1.mp4'), 24);
    const report = await validateDataset(root, 'ego-exo4d');
    expect(report).toMatchObject({ valid: true, problems: [], counts: { 'EgoM2P clips': 1, 'EgoM2P camera': 1 } });
    writeFileSync(join(root, trajectory), [header, poses[1], poses[0], ''].join('\n'));
    const { problems } = await validateDataset(root, 'ego-exo4d');
    expect(problems.map(({ where }) => where)).toEqual([`${join(root, trajectory)}:3 (tracking_timestamp_us)`]);
  });

  it('checks the Ego4D and instruction formats, with what is skipped', async () => {
    const clip = (uid: string) => ({ video_uid: uid, clip_start: 0, clip_end: 1, clip_text: 't' });
    const options = Object.fromEntries([0, 1, 2, 3, 4].map((i) => [`option ${i}`, 'x']));
    const record = { video: 'videos/a.mp4', instruction: '', question: 'q', answer: 'a' };
    const columns = 'video_uid\tnarration_time\tclip_start\tclip_end\tclip_text\ttag_verb\ttag_noun';
    const root = exampleFolder({
      'egomcq.json': { '0': { answer: 0, query: clip('a'), choices: { '0': clip('a'), '1': clip('b') }, types: 1 } },
      'questions.json': [
        { q_uid: 'a', question: 'q', ...options },
        { q_uid: 'c', question: 'q', ...options },
      ],
      'subset_answers.json': { a: 1 },
      'egoit_train.json': [record],
      'annotations.csv': 'video,text\na.mp4,A man.\n',
      'egoclip.csv': `${columns}\na\t1\t0.5\t1.5\t#C C sits\t[1]\t[2]\n`,
    });
    await video(join(root, 'videos', 'a.mp4'));
    expect(detectDatasets(root)).toEqual(['egoclip', 'egomcq', 'egoschema', 'egoit', 'web']);
    const reports = await Promise.all(detectDatasets(root).map((kind) => validateDataset(root, kind)));
    expect(reports.map(({ valid, counts, skipped }) => [valid, counts, skipped.total])).toEqual([
      [true, { clips: 1, media: 1 }, 0],
      [true, { questions: 1, media: 1 }, 1],
      [true, { questions: 2, answered: 1, media: 1 }, 1],
      [true, { 'records egoit_train.json': 1, media: 1 }, 0],
      [true, { pairs: 1, media: 1 }, 0],
    ]);
  });

  it('counts what is skipped beyond what it lists by name', async () => {
    const record = { video: 'none.mp4', instruction: '', question: 'q', answer: 'a' };
    const root = exampleFolder({ 'egoit.json': Array.from({ length: 1500 }, () => record) });
    const { skipped } = await validateDataset(root, 'egoit');
    expect(skipped).toMatchObject({ total: 1500, byReason: { 'video missing': 1500 } });
    expect(skipped.first).toHaveLength(1000);
  });

  it('names a folder that is not there or holds something else', async () => {
    await expect(validateDataset('/none', 'egoclip')).rejects.toThrow(/\/none: there is no such folder/);
    await expect(validateDataset(exampleFolder({ 'egomcq.json': {} }), 'ego-exo4d')).rejects.toThrow(
      /takes\.json is missing \(found: egomcq\)/,
    );
  });
});
