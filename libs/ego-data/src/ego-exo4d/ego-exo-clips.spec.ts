import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '@egolab/foundation';
import { egoExoClips, readAtomicDescriptions, windowsTable, writeWindowsCsv } from '../index.ts';
import { exampleFolder, examplePass, exampleTake, exampleVideos } from '../example-folder.ts';

const train = 'annotations/atomic_descriptions_train.json';
const twoNarrators = [
  examplePass('a', { 'C lifts a cup.': 2, 'C pours water.': 8 }),
  examplePass('b', { 'C raises the mug.': 2.5 }),
];
const folder = (overrides: Readonly<Record<string, unknown>> = {}) =>
  exampleFolder({
    'takes.json': [exampleTake('tea')],
    [train]: { annotations: { 'uid-tea': twoNarrators } },
    ...exampleVideos('tea'),
    ...overrides,
  });

describe('egoExoClips', () => {
  it('keeps both narrators and gives each clip its views', () => {
    const root = folder();
    const { clips, skipped } = egoExoClips({ root, split: 'train' });
    expect(skipped).toEqual([]);
    expect(clips.map(({ text, narrator }) => [text, narrator])).toEqual([
      ['C lifts a cup.', 'a'],
      ['C raises the mug.', 'b'],
      ['C pours water.', 'a'],
    ]);
    const [clip] = clips;
    expect(clip).toMatchObject({
      takeUid: 'uid-tea',
      takeName: 'tea',
      bestExo: 'cam01',
      start: 2 - 3 / 3.84,
      end: 2.5,
    });
    expect(clip.egoVideo).toMatch(/takes\/tea\/frame_aligned_videos\/aria01_214-1\.mp4$/);
    expect(clip.exoVideos.map(({ camId }) => camId)).toEqual(['cam01', 'cam02']);
    expect(existsSync(clip.exoVideos[1].path)).toBe(true);
  });

  it('counts what supplement A counts', () => {
    const { statistics } = egoExoClips({ root: folder(), split: 'train' });
    expect(statistics).toMatchObject({
      groups: 1,
      videos: 3,
      narrations: 3,
      egoExoPairs: 6,
      scenarios: { Cooking: 1 },
    });
    expect(statistics.takeHours).toBeCloseTo(30 / 3600, 12);
    expect(statistics.videoHours).toBeCloseTo(90 / 3600, 12);
    expect(statistics.words).toMatchObject({ mean: 11 / 3, min: 3, max: 4, from10to20: 0 });
    expect(statistics.longestNarration).toBe('C lifts a cup.');
    expect(statistics.clip.under1s).toBeCloseTo(0, 12);
  });

  it('takes the copies of 448 pixels and root_dir without "takes/"', () => {
    const root = folder({
      'takes.json': [exampleTake('tea', { root_dir: 'tea' })],
      'takes/tea/frame_aligned_videos/downscaled/448/aria01_214-1.mp4': '',
    });
    const { clips } = egoExoClips({ root, split: 'train' });
    expect(clips[0].egoVideo).toMatch(/downscaled\/448\/aria01_214-1\.mp4$/);
    expect(clips[0].exoVideos[0].path).toMatch(/takes\/tea\/frame_aligned_videos\/cam01\.mp4$/);
  });

  it('reads flags as text, both names of the subject, missing best views and worn GoPros', () => {
    const description = (text: string, timestamp: unknown, more = {}) => ({
      text,
      timestamp,
      unsure: '0',
      ego_visible: '1',
      ...more,
    });
    const pass = examplePass(
      'a',
      {},
      {
        rejected: '0',
        descriptions: [
          description('C walks.', 1, { narration_subject: 'C', best_exo: null }),
          description('The man X waves.', '2.5', {
            subject: 'O',
            best_exo: { raw_cam_id: '1', cam_id: null },
            unsure: '1',
          }),
          description('', 3),
          description('C waits.', null),
        ],
      },
    );
    const cameras = [{ cam_id: 'cam02', is_ego: 'True' }];
    const root = folder({
      'takes.json': [exampleTake('tea', { capture: { cameras }, best_exo: 'cam02' })],
      [train]: { annotations: { 'uid-tea': [pass] } },
    });
    const { clips, skipped } = egoExoClips({ root, split: 'train' });
    expect(clips.map(({ subject, unsure, bestExo, timestamp }) => [subject, unsure, bestExo, timestamp])).toEqual([
      ['C', false, undefined, 1], // cam02 is worn: no exocentric view to be best
      ['O', true, 'cam01', 2.5],
    ]);
    expect(clips[0].exoVideos.map(({ camId }) => camId)).toEqual(['cam01']);
    expect(skipped).toEqual([{ item: 'take tea', reason: 'sentences without text or time: 2' }]);
    expect(egoExoClips({ root, split: 'train', unsure: 'drop' }).clips).toHaveLength(1);
  });

  it('leaves out and lists what section 3.1 filters', () => {
    const nullPath = {
      aria01: { rgb: { relative_path: null } },
      cam01: { '0': { relative_path: 'frame_aligned_videos/cam01.mp4' } },
    };
    const names = ['tea', 'dropped', 'silent', 'rejected', 'blind', 'held-out', 'egoless', 'elsewhere'];
    const overrides: Record<string, Record<string, unknown>> = {
      dropped: { is_dropped: 'true' },
      egoless: { frame_aligned_videos: nullPath },
      blind: { frame_aligned_videos: { aria01: { rgb: { relative_path: 'frame_aligned_videos/aria01_214-1.mp4' } } } },
    };
    const narrated = ['tea', 'dropped', 'blind', 'held-out', 'egoless', 'unknown'];
    const annotations = {
      ...Object.fromEntries(narrated.map((name) => [`uid-${name}`, twoNarrators])),
      'uid-rejected': [examplePass('a', { 'C runs.': 1 }, { rejected: true })],
    };
    const root = folder({
      'takes.json': names.map((name) => exampleTake(name, overrides[name])),
      [train]: { annotations },
      'annotations/splits.json': {
        take_uid_to_split: { 'uid-held-out': 'val', 'uid-tea': 'train', 'uid-elsewhere': 'val' },
      },
    });
    const { clips, skipped, statistics } = egoExoClips({ root, split: 'train' });
    expect(new Set(clips.map(({ takeName }) => takeName))).toEqual(new Set(['tea']));
    expect(statistics.groups).toBe(1);
    expect(Object.fromEntries(skipped.map(({ item, reason }) => [item, reason]))).toEqual({
      'take dropped': 'dropped from the data set (is_dropped)',
      'take blind': 'no UID mapping: no exocentric video in takes.json',
      'take held-out': 'belongs to split val',
      'take egoless': 'no UID mapping: no egocentric RGB video in takes.json',
      'take uid uid-unknown': 'no UID mapping: the take is not in takes.json',
      'take rejected': 'no narrations',
      'take silent': 'no narrations',
    });
  });

  it('knows the takes of other splits without splits.json', () => {
    const root = folder({
      'takes.json': [exampleTake('tea'), exampleTake('elsewhere')],
      'annotations/atomic_descriptions_val.json': { annotations: { 'uid-elsewhere': twoNarrators } },
    });
    expect(egoExoClips({ root, split: 'train' }).skipped).toEqual([]);
  });

  it('leaves out narrations after the end of their take', () => {
    const root = folder({
      [train]: {
        annotations: { 'uid-tea': [examplePass('a', { 'C stops.': 29.9, 'C is gone.': 40, 'C is long gone.': 41 })] },
      },
    });
    const { clips, skipped } = egoExoClips({ root, split: 'train' });
    expect(clips).toHaveLength(1);
    expect(clips[0].end).toBe(30);
    expect(skipped).toEqual([{ item: 'take tea', reason: 'narrations after the end of the take: 2' }]);
  });
});

describe('bad input is told in one message', () => {
  const read = (overrides: Readonly<Record<string, unknown>>) => () =>
    egoExoClips({ root: folder(overrides), split: 'train' });

  it('an annotation file cut in half', () => {
    const text = JSON.stringify({ annotations: { 'uid-tea': twoNarrators } });
    expect(read({ [train]: text.slice(0, text.length / 2) })).toThrow(
      /atomic_descriptions_train\.json: not valid JSON/,
    );
    expect(read({ 'takes.json': '[{"take_uid": "a"' })).toThrow(/takes\.json: not valid JSON/);
  });

  it('a missing file or split', () => {
    expect(() => egoExoClips({ root: join(tmpdir(), 'egolab-none'), split: 'train' })).toThrow(
      /takes\.json: there is no such file/,
    );
    expect(() => egoExoClips({ root: folder(), split: 'val' })).toThrow(
      /atomic_descriptions_val\.json: there is no such file/,
    );
  });

  it('an entry of the wrong type, with its address', () => {
    const pass = examplePass('a', {}, { descriptions: [{ text: 'C sits.', timestamp: 'soon' }] });
    expect(read({ [train]: { annotations: { 'uid-tea': [pass] } } })).toThrow(
      /at annotations\.uid-tea\.0\.descriptions\.0\.timestamp/,
    );
    expect(read({ 'takes.json': [{ take_name: 'x' }] })).toThrow(/at 0\.take_uid/);
  });

  it.each([
    ['../../../outside.mp4', 'takes/tea'],
    ['/etc/passwd', 'takes/tea'],
    ['frame_aligned_videos/cam01.mp4', '../../elsewhere'],
    ['frame_aligned_videos/cam01.mp4', '/'],
  ])('a path that leaves the root: %s in %s', (path, rootDir) => {
    const videos = { ...exampleTake('tea').frame_aligned_videos, cam01: { '0': { relative_path: path } } };
    const takes = [exampleTake('tea', { root_dir: rootDir, frame_aligned_videos: videos })];
    expect(read({ 'takes.json': takes })).toThrow(/takes\.json \(take tea\): the path .* leaves the dataset root/);
    expect(read({ 'takes.json': takes })).not.toThrow(/downscaled/); // a path that the file doesn't hold
  });

  it('a video that is a link to the outside', () => {
    const root = folder({
      'takes.json': [exampleTake('link')],
      [train]: { annotations: { 'uid-link': twoNarrators } },
    });
    symlinkSync(exampleFolder({ 'frame_aligned_videos/cam01.mp4': '' }), join(root, 'takes', 'link'));
    expect(() => egoExoClips({ root, split: 'train' })).toThrow(/leaves the dataset root/);
  });

  it('a missing video, unless told to go on', () => {
    const files = {
      'takes.json': [exampleTake('tea'), exampleTake('lost')],
      [train]: { annotations: { 'uid-tea': twoNarrators, 'uid-lost': twoNarrators } },
      'takes/lost/frame_aligned_videos/cam01.mp4': '',
    };
    expect(read(files)).toThrow(UserError);
    expect(read(files)).toThrow(/2 videos of takes with narrations missing: .*aria01_214-1\.mp4 \(take lost\)/);
    const without = { ...files, 'takes.json': [exampleTake('tea')] }; // as the message advises
    expect(egoExoClips({ root: folder(without), split: 'train' })).toMatchObject({
      skipped: [{ item: 'take uid uid-lost', reason: 'no UID mapping: the take is not in takes.json' }],
    });
    const { clips, skipped } = egoExoClips({ root: folder(files), split: 'train', missingVideos: 'skip' });
    expect(clips).toHaveLength(3);
    expect(skipped).toEqual([
      { item: 'take lost, view aria01', reason: 'video missing' },
      { item: 'take lost, view cam02', reason: 'video missing' },
      { item: 'take lost', reason: 'no egocentric or no exocentric video on disk' },
    ]);
  });

  it('a folder in which nothing is left', () => {
    expect(read({ [train]: { annotations: {} } })).toThrow(/no clip-text pair is left: no narrations/);
  });
});

describe('windowsTable', () => {
  it('has a row a narration, and with takes one a view', () => {
    const root = folder();
    const annotations = [join(root, train)];
    const plain = windowsTable({ annotations });
    expect(plain.rows.map(({ take_uid, timestamp }) => [take_uid, timestamp])).toEqual([
      ['uid-tea', 2],
      ['uid-tea', 2.5],
      ['uid-tea', 8],
    ]);
    const views = windowsTable({ annotations, takes: join(root, 'takes.json') });
    expect(views.rows).toHaveLength(9);
    expect(views.rows.slice(0, 3).map(({ cam_id, is_ego, video }) => [cam_id, is_ego, video])).toEqual([
      ['aria01', true, 'takes/tea/frame_aligned_videos/aria01_214-1.mp4'],
      ['cam01', false, 'takes/tea/frame_aligned_videos/cam01.mp4'],
      ['cam02', false, 'takes/tea/frame_aligned_videos/cam02.mp4'],
    ]);
    expect(views.statistics).toMatchObject({ narrations: 3, egoExoPairs: 6, groups: 1 });
  });

  it('lists sentences that it cannot use, and refuses a take that two files hold', () => {
    const pass = { ...examplePass('a', { 'C sits.': 1 }) };
    const file = join(
      folder({
        [train]: { annotations: { t: [{ ...pass, descriptions: [...pass.descriptions, { text: 'no time' }] }] } },
      }),
      train,
    );
    expect(windowsTable({ annotations: [file] }).skipped).toEqual([
      { item: 'take uid t', reason: 'sentences without text or time: 1' },
    ]);
    expect(() => windowsTable({ annotations: [file, file] })).toThrow(/take uid t is in a file before it, too/);
  });

  it('writes CSV that quotes what needs it', () => {
    const root = folder({
      [train]: { annotations: { 'uid-tea': [examplePass('a', { 'C says "tea", and sits.': 1 })] } },
    });
    writeWindowsCsv(join(root, 'out.csv'), windowsTable({ annotations: [join(root, train)] }).rows);
    expect(readFileSync(join(root, 'out.csv'), 'utf8')).toBe(
      'take_uid,start,end,text,timestamp,annotator_id,subject,ego_visible,unsure,best_exo\n' +
        'uid-tea,0.5,1.5,"C says ""tea"", and sits.",1,a,C,1,0,cam01\n',
    );
    writeWindowsCsv(join(root, 'empty.csv'), []);
    expect(readFileSync(join(root, 'empty.csv'), 'utf8')).toMatch(/^take_uid,start,end,text,/);
  });
});

const sample = new URL('../../../../../shared/real/egoexo4d/atomic_descriptions_doc_sample.json', import.meta.url)
  .pathname;

it.skipIf(!existsSync(sample))('reads the real annotation sample (needs ../shared/real)', () => {
  const [{ narrations }] = readAtomicDescriptions(sample);
  expect(narrations.map(({ subject, egoVisible, unsure }) => [subject, egoVisible, unsure])).toEqual([
    ['C', false, false],
    ['C', false, false],
    ['C', true, false],
    ['O', true, false],
    ['C', false, false],
  ]);
  const { rows } = windowsTable({ annotations: [sample] });
  const beta = (18.48356 - 0.03831) / 4;
  const half = beta / (2 * 1.92);
  const expected = [
    [0, 0.76281],
    [0.03831, 0.76281 + half],
    [3.001 - half, 3.94343],
    [3.001, 3.94343 + half],
    [18.48356 - half, 18.48356 + half],
  ];
  rows.forEach(({ start, end }, i) => {
    expect(start).toBeCloseTo(expected[i][0], 9);
    expect(end).toBeCloseTo(expected[i][1], 9);
  });
});
