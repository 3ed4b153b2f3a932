import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readEgoIt } from '../index.ts';
import { exampleFolder } from '../example-folder.ts';

const talk = (...values: string[]) => values.map((value, i) => ({ from: i % 2 ? 'gpt' : 'human', value }));
const folder = (file: unknown) => exampleFolder({ 'egoit.json': file, 'egoit.jsonl': file, 'videos/a.mp4': '' });
const read = (root: string, more = {}) => readEgoIt({ file: join(root, 'egoit.json'), ...more });

it('reads conversations and the paper’s four components', () => {
  const root = folder([
    { id: 0, video: 'videos/a.mp4', conversations: talk('<video>\nWhat is cut?', 'Bread.', 'With what?', 'A knife.') },
    {
      video: 'videos/a.mp4',
      instruction: 'Watch closely.',
      question: '<video>\nWhat happens?',
      answer: 'C cuts bread.',
      start: 1,
      end: '2.5',
      source: 'EgoTimeQA',
      task: 'open-qa',
      conversations: talk('<video>\nWatch closely.\nWhat happens?', 'C cuts bread.'),
    },
  ]);
  expect(read(root).records).toEqual([
    {
      id: '0',
      video: join(root, 'videos/a.mp4'),
      instruction: '',
      turns: [
        { question: 'What is cut?', answer: 'Bread.' },
        { question: 'With what?', answer: 'A knife.' },
      ],
    },
    {
      id: '1',
      video: join(root, 'videos/a.mp4'),
      start: 1,
      end: 2.5,
      source: 'EgoTimeQA',
      task: 'open-qa',
      instruction: 'Watch closely.',
      turns: [{ question: 'What happens?', answer: 'C cuts bread.' }],
    },
  ]);
});

it('reads JSON lines, and names a cut one', () => {
  const line = JSON.stringify({ video: 'videos/a.mp4', instruction: '', question: 'q', answer: 'a' });
  const root = folder(`${line}\n\n${line}\n`);
  expect(readEgoIt({ file: join(root, 'egoit.jsonl') }).records).toHaveLength(2);
  expect(() => readEgoIt({ file: join(folder(`${line}\n${line.slice(0, 30)}`), 'egoit.jsonl') })).toThrow(
    /line 2 is not valid JSON/,
  );
});

it('says what is wrong with a record', () => {
  const one = (record: unknown) => () => read(folder([record]));
  expect(one({ video: 'videos/a.mp4', conversations: [...talk('a', 'b'), ...talk('c')] })).toThrow(
    /record 0\): expected turns of human and gpt in alternation/,
  );
  expect(one({ video: '../a.mp4', instruction: '', question: 'q', answer: 'a' })).toThrow(/leaves the dataset root/);
  expect(one({ video: 'videos/a.mp4', question: 'q' })).toThrow(
    /record 0\): not in the expected format: at instruction/,
  );
  const missing = { id: 'm', video: 'videos/b.mp4', instruction: '', question: 'q', answer: 'a' };
  expect(one(missing)).toThrow(/the video of record m is missing/);
  expect(read(folder([missing]), { missingVideos: 'skip' })).toMatchObject({
    records: [],
    skipped: { total: 1, byReason: { 'video missing': 1 } },
  });
});
