import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  readEgoNlq,
  readEgteaActions,
  readEgteaSplit,
  readEk100Retrieval,
  readH2oFrames,
  readH2oIntrinsics,
  readVisorHos,
  visorInstances,
} from './index.ts';
import { exampleFolder } from './example-folder.ts';

describe('EPIC-KITCHENS-100 retrieval', () => {
  const header =
    'narration_id,participant_id,video_id,start_timestamp,stop_timestamp,narration,verb_class,all_noun_classes';

  it('takes a caption’s text and classes from the clip of its id', () => {
    const root = exampleFolder({
      'EPIC_100_retrieval_train.csv': `${header}\nP22_1,P22,P22_04,00:01:00.50,01:00:02.00,cut slice,3,"[1, 1, 4]"\n`,
      'EPIC_100_retrieval_train_sentence.csv': 'narration_id,narration,verb\nP22_1,wash cooker,wash\n',
    });
    const { clips, captions } = readEk100Retrieval(root, 'train');
    expect(clips[0]).toMatchObject({ videoId: 'P22_04', start: 60.5, end: 3602, verbClass: 3, nounClasses: [1, 1, 4] });
    expect(captions).toEqual([{ narrationId: 'P22_1', text: 'cut slice', clip: 0 }]);
  });

  it('names a clip that ends before it starts', () => {
    const root = exampleFolder({
      'EPIC_100_retrieval_test.csv': `${header}\nP22_1,P22,P22_04,00:01:02.00,00:01:00.50,cut slice,3,[1]\n`,
    });
    expect(() => readEk100Retrieval(root)).toThrow(
      'test.csv, line 2 (P22_1), stop_timestamp: expected a time after the start, 00:01:02.00, got "00:01:00.50"',
    );
  });
});

describe('EGTEA', () => {
  it('reads names with spaces and counts classes from 0', () => {
    const root = exampleFolder({
      'action_idx.txt': 'Divide/Pull Apart lettuce 2\nTake eating_utensil 1\n',
      'train_split2.txt': 'P04-R06-GreekSalad-682170-683940-F016368-F016419 2 1 3 \n',
    });
    expect(readEgteaActions(root)).toEqual(['take eating utensil', 'divide/pull apart lettuce']);
    expect(readEgteaSplit(root, 2, 2, 'train')).toEqual([
      {
        id: 'P04-R06-GreekSalad-682170-683940-F016368-F016419',
        session: 'P04-R06-GreekSalad',
        action: 1,
        verb: 0,
        noun: 2,
      },
    ]);
  });
});

describe('Ego4D natural language queries', () => {
  it('keeps the index of queries without text', () => {
    const asked = { clip_start_sec: 0, clip_end_sec: 43.6657 };
    const annotations = [{ annotation_uid: 'a', language_queries: [asked, { ...asked, query: 'How many pans?' }] }];
    const clips = [{ clip_uid: 'c', video_start_sec: 0.02, video_end_sec: 480.02, annotations }];
    const root = exampleFolder({ 'nlq_val.json': { videos: [{ video_uid: 'v', clips }] } });
    const queries = readEgoNlq(join(root, 'nlq_val.json'));
    expect(queries.map(({ queryIndex, text }) => [queryIndex, text])).toEqual([
      [0, ''],
      [1, 'How many pans?'],
    ]);
    expect(queries[1]).toMatchObject({ videoUid: 'v', clipUid: 'c', clipStart: 0.02, start: 0, end: 43.6657 });
  });
});

describe('VISOR-HOS', () => {
  const hand = {
    bbox: [1, 1, 2, 2],
    category_id: 1,
    handside: 1,
    isincontact: 1,
    offset: [0.6, -0.8, 0.01],
    segmentation: [[1, 1, 3, 1, 3, 3, 1, 3]],
  };
  const object = { ...hand, category_id: 2, handside: -1, isincontact: -1, offset: [-1, -1, -1] };
  const frame = { file_name: 'P01_107_frame_0000000155.jpg', height: 4, width: 4, image_id: 0 };

  it('reads hands with side, contact and offset, and objects', () => {
    const unsure = { ...hand, handside: 0, isincontact: -1, offset: [-1, -1, -1] };
    const root = exampleFolder({ 'val.json': [{ ...frame, annotations: [hand, object, unsure] }] });
    const frames = readVisorHos(join(root, 'val.json'));
    const [first, second, third] = frames[0].instances;
    expect(first).toMatchObject({ category: 'hand', side: 'right', inContact: true, runs: [5, 2, 2, 2, 5] });
    expect(first.offset![0]).toBeCloseTo(6, 10);
    expect(first.offset![1]).toBeCloseTo(-8, 10);
    expect(second).toMatchObject({ category: 'object', side: undefined, inContact: undefined, offset: undefined });
    expect(third).toMatchObject({ side: 'left', inContact: undefined, offset: undefined });
    expect(visorInstances(frames).masks.map(({ category }) => category)).toEqual([1, 2, 1]);
  });

  it('names a record of another form and an image that is there twice', () => {
    const root = exampleFolder({
      'twice.json': [
        { ...frame, annotations: [] },
        { ...frame, annotations: [] },
      ],
      'contact.json': [{ ...frame, annotations: [{ ...hand, isincontact: 2 }] }],
    });
    expect(() => readVisorHos(join(root, 'twice.json'))).toThrow(
      /twice\.json, 1\.image_id: the image 0 is there twice/,
    );
    expect(() => readVisorHos(join(root, 'contact.json'))).toThrow(/at 0\.annotations\.0\.isincontact/);
  });
});

describe('H2O', () => {
  it('reads frames and the camera', () => {
    const root = exampleFolder({
      'label_split/pose_test.txt': 'subject4/h1/0/cam4/rgb/000012.png\r\n',
      'subject4/h1/0/cam4/cam_intrinsics.txt': '636.6593 636.2519 635.2839 366.8740 1280 720\n',
    });
    const [frame] = readH2oFrames(root, 'test');
    expect(frame).toMatchObject({ sequence: 'subject4/h1/0', frame: 12 });
    expect(frame.depth.endsWith('subject4/h1/0/cam4/depth/000012.png')).toBe(true);
    expect(readH2oIntrinsics(root, frame.sequence)).toMatchObject({ fx: 636.6593, height: 720 });
  });

  it('names a wrong line, a way out of the folder and a cut camera', () => {
    const root = exampleFolder({
      'label_split/pose_train.txt': 'subject1/h1/0/cam3/rgb/000000.png\n',
      'label_split/pose_val.txt': '../../h/cam4/rgb/000000.png\n',
      's/h/0/cam4/cam_intrinsics.txt': '636 636 635\n',
    });
    expect(() => readH2oFrames(root, 'train')).toThrow(/pose_train\.txt, line 1: expected a path such as/);
    expect(() => readH2oFrames(root, 'val')).toThrow(/leaves the dataset root/);
    expect(() => readH2oIntrinsics(root, 's/h/0')).toThrow(/expected fx fy cx cy width height, got 636 636 635/);
  });
});
