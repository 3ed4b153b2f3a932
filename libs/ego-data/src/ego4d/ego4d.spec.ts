import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { egoClip, readEgoClip, readEgoMcq, readEgoSchema, VideoLocator } from '../index.ts';
import { exampleFolder } from '../example-folder.ts';

const header =
  'clip_idx\tvideo_uid\tvideo_dur\tnarration_source\tnarration_ind\tnarration_time\tclip_start\tclip_end\tclip_text\ttag_verb\ttag_noun\n';
const row = (index: number, uid: string, start: number, end: number, text = '#C C picks a bag', verbs = '[93]') =>
  `${index}\t${uid}\t128.0\tnarration_pass_1\t0\t${(start + end) / 2}\t${start}\t${end}\t${text}\t${verbs}\t[192, 115, 12]\n`;

describe('EgoClip', () => {
  it('reads rows, begins at zero, and counts what it cannot use', async () => {
    const table =
      header +
      row(0, 'a', -0.4, 0.6) +
      row(1, 'gone', 1, 2) +
      row(2, 'a', 3, 4, '') +
      row(3, 'a', 5, 4) +
      row(4, 'a', 5, 6, 'x', '[1');
    const root = exampleFolder({ 'egoclip.csv': table, 'videos/a.mp4': '' });
    const { clips, skipped } = await egoClip({ file: join(root, 'egoclip.csv'), videos: join(root, 'videos') });
    expect(clips).toEqual([
      {
        video: join(root, 'videos', 'a.mp4'),
        start: 0,
        end: 0.6,
        timestamp: (-0.4 + 0.6) / 2,
        text: 'C picks a bag',
        videoUid: 'a',
        verbs: [93],
        nouns: [192, 115, 12],
      },
    ]);
    expect(skipped.total).toBe(4);
    expect(skipped.byReason).toEqual({
      'video missing': 1,
      'no text': 1,
      'times are not numbers in order': 1,
      'tag_verb or tag_noun is not a list of class numbers': 1,
    });
    expect(skipped.first[1]).toEqual({ item: 'line 4', reason: 'no text' });
  });

  it('names a missing file, a wrong header and a path that leaves the folder', async () => {
    const root = exampleFolder({
      'comma.csv': 'video_uid,clip_start\na,1\n',
      'header.csv': header,
      'out.csv': header + row(0, '../../etc/passwd', 1, 2),
    });
    const read = (name: string) => egoClip({ file: join(root, name), videos: root });
    await expect(read('none.csv')).rejects.toThrow(/none\.csv: there is no such file/);
    await expect(read('comma.csv')).rejects.toThrow(/expected the columns video_uid, .*; "video_uid" is missing/);
    await expect(read('header.csv')).rejects.toThrow(/header\.csv: no rows/);
    await expect(read('out.csv')).rejects.toThrow(/leaves the dataset root/);
  });

  const real = new URL('../../../../../shared/real/egoclip/egoclip_first_row.tsv', import.meta.url).pathname;
  it.skipIf(!existsSync(real))('reads the first real row (needs ../shared/real)', async () => {
    const rows = [];
    for await (const clip of readEgoClip(real, (item, reason) => expect([item, reason]).toEqual([]))) rows.push(clip);
    expect(rows).toEqual([
      {
        videoUid: '001e3e4e-2743-47fc-8564-d5efd11f9e90',
        videoDuration: 128.033333,
        narrator: 'narration_pass_1',
        timestamp: 3.3445,
        start: 2.967651,
        end: 3.721266,
        text: '#C C picks a bag of clothes from the floor',
        verbs: [93],
        nouns: [192, 115, 12],
      },
    ]);
  });
});

describe('VideoLocator', () => {
  const root = exampleFolder({
    'whole.mp4': '',
    'evlp/0.mp4': '',
    'evlp/1.mp4': '',
    'lavila.mp4/0.mp4': '',
    'lavila.mp4/300.mp4': '',
    'lavila.mp4/900.mp4': '',
    'avion.mp4/0.mp4': '',
    'avion.mp4/15.mp4': '',
    'short.mp4/0.mp4': '',
  });
  const locate = (uid: string, start: number, end: number) => new VideoLocator(root).locate(uid, start, end, 'test');

  it('finds whole videos and chunks of any length', () => {
    expect(locate('whole', 700, 701)).toEqual({ video: join(root, 'whole.mp4'), start: 700, end: 701 });
    expect(locate('evlp', 700, 701)).toEqual({ video: join(root, 'evlp/1.mp4'), start: 100, end: 101 });
    expect(locate('lavila', 301, 302)).toEqual({ video: join(root, 'lavila.mp4/300.mp4'), start: 1, end: 2 });
    expect(locate('lavila', 299, 303)).toEqual({ video: join(root, 'lavila.mp4/300.mp4'), start: 0, end: 3 });
    expect(locate('lavila', 298, 301)).toEqual({ video: join(root, 'lavila.mp4/0.mp4'), start: 298, end: 300 });
    expect(locate('lavila', 700, 701)).toBeUndefined();
    expect(locate('lavila', 950, 951)).toEqual({ video: join(root, 'lavila.mp4/900.mp4'), start: 50, end: 51 });
    expect(locate('avion', 16, 18)).toEqual({ video: join(root, 'avion.mp4/15.mp4'), start: 1, end: 3 });
    expect(locate('short', 8, 9)).toEqual({ video: join(root, 'short.mp4/0.mp4'), start: 8, end: 9 });
    expect(locate('evlp', 1300, 1301)).toBeUndefined();
    expect(locate('none', 1, 2)).toBeUndefined();
  });

  it('cuts a clip over a border to the chunk of its middle', () => {
    expect(locate('evlp', 599.5, 602)).toEqual({ video: join(root, 'evlp/1.mp4'), start: 0, end: 2 });
    expect(locate('evlp', 598, 601)).toEqual({ video: join(root, 'evlp/0.mp4'), start: 598, end: 600 });
  });
});

describe('EgoMCQ', () => {
  const clip = (text: string, start = 1) => ({
    video_uid: 'v',
    clip_start: start,
    clip_end: 2,
    clip_text: text,
    tag_verb: '[1]',
    tag_noun: '[2]',
  });
  const question = (types: number, answer = 1) => ({
    answer,
    query: clip('q', -0.5),
    choices: { '0': clip('a'), '1': clip('q') },
    types,
  });

  it('calls 1 inter and 2 intra', () => {
    const root = exampleFolder({ 'egomcq.json': { '0': question(1), '7': question(2, 0) } });
    const [first, second] = readEgoMcq(join(root, 'egomcq.json'));
    expect(first).toMatchObject({ id: '0', type: 'inter', answer: 1, query: { start: 0, text: 'q' } });
    expect(second).toMatchObject({ id: '7', type: 'intra', answer: 0 });
    expect(second.choices.map(({ text }) => text)).toEqual(['a', 'q']);
  });

  it('says where an answer or a field is wrong', () => {
    const root = exampleFolder({
      'far.json': { '0': question(1, 5) },
      'types.json': { '3': { ...question(1), types: 3 } },
    });
    expect(() => readEgoMcq(join(root, 'far.json'))).toThrow(/at 0\.answer: the answer is not among the choices/);
    expect(() => readEgoMcq(join(root, 'types.json'))).toThrow(/at 3\.types/);
  });
});

describe('EgoSchema', () => {
  const options = Object.fromEntries([0, 1, 2, 3, 4].map((i) => [`option ${i}`, `C does ${i}`]));
  const question = { q_uid: 'q1', google_drive_id: 'g', question: 'What does C do?', ...options };

  it('joins questions and the public answers', () => {
    const root = exampleFolder({
      'questions.json': [question, { ...question, q_uid: 'q2' }],
      'subset_answers.json': { q2: 3 },
    });
    const questions = readEgoSchema(join(root, 'questions.json'), join(root, 'subset_answers.json'));
    expect(questions.map(({ id, answer }) => [id, answer])).toEqual([
      ['q1', undefined],
      ['q2', 3],
    ]);
    expect(questions[0].options[4]).toBe('C does 4');
  });

  it('names the old file without questions, and stray answers', () => {
    const { question: _, ...old } = question;
    const root = exampleFolder({ 'old.json': [old], 'questions.json': [question], 'subset_answers.json': { q9: 3 } });
    expect(() => readEgoSchema(join(root, 'old.json'))).toThrow(
      /record 0, q_uid "q1"\).*at question.*\n.*first published questions\.json had no "question" key/,
    );
    expect(() => readEgoSchema(join(root, 'questions.json'), join(root, 'subset_answers.json'))).toThrow(
      /answers that belong to no question: 1, such as q9/,
    );
  });

  it('refuses a sixth option and a question that is there twice', () => {
    const root = exampleFolder({
      'six.json': [{ ...question, 'option 5': 'C sings' }],
      'twice.json': [question, question],
    });
    expect(() => readEgoSchema(join(root, 'six.json'))).toThrow(
      /record 0, q_uid "q1"\): .*at option 5: expected five options/,
    );
    expect(() => readEgoSchema(join(root, 'twice.json'))).toThrow(
      /record 1, q_uid "q1"\): record 0 has the same q_uid/,
    );
  });
});
