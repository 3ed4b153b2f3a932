import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '@egolab/foundation';
import {
  readCharadesClasses,
  readEgoExoLearn,
  readEgoPlan,
  readEgoPlanIt,
  readEgoTaskQa,
  readEgoTimeQa,
  readOpenEqa,
  readQaEgo4dClosed,
  readQaEgo4dOpen,
  readSomethingSomething,
  readVlnQa,
} from './index.ts';
import { exampleFolder } from '../example-folder.ts';

const qa = {
  video_id: 'clip-1',
  sample_id: 's_0',
  question: 'How many trays?',
  answer: 'seven',
  moment_start_frame: 443.439,
  moment_end_frame: 1729.8984,
  wrong_answers: ['three', 'five', 'nine'],
};
const task = {
  question_id: 12,
  question: 'What remains?',
  answer: 'open microwave',
  interval: 'P1_3|fpv1|30|120',
  type: ['query'],
  category: ['predictive'],
  semantic: 'action',
  structural: 'query',
  reference: 'indirect',
  program: 'query([hoi], x)',
};
const plan = {
  sample_id: 115,
  video_source: 'EpicKitchens',
  video_id: 'P01_13',
  task_goal: 'store cereal',
  question: 'What next?',
  choice_a: 'open',
  choice_b: 'close',
  choice_c: 'take',
  choice_d: 'put',
  golden_choice_idx: 'C',
  answer: 'take',
  current_observation_frame: 760,
  task_progress_metadata: [{ narration_text: 'open', start_frame: 36, stop_frame: 105 }],
};
const way = { video: 'v_1.mp4', question: 'Where?', candidates: ['stop', 'left', 'right', 'on'], answer: 'left' };
const house = {
  question_id: 'q',
  question: 'What?',
  answer: 'TV',
  category: 'object recognition',
  episode_history: 'e',
};
const something = { id: '78687', label: 'holding a cup', template: 'Holding [something]', placeholders: ['a cup'] };

/** A reader, a good record, and field -> a value that must be refused, with what the message says. */
const readers = {
  'QAEgo4D closed': {
    read: readQaEgo4dClosed,
    good: qa,
    bad: { answer: undefined, wrong_answers: ['1', '2', '3', '4', '5'], moment_start_frame: '443', question: ' ' },
  },
  'QAEgo4D open': { read: readQaEgo4dOpen, good: qa, bad: { answer: null, moment_end_frame: '12' } },
  EgoTaskQA: {
    read: readEgoTaskQa,
    good: task,
    bad: { answer: undefined, interval: 'P1_3|fpv1|30', question_id: 1.5 },
  },
  EgoPlan: {
    read: readEgoPlan,
    good: plan,
    bad: {
      answer: 'put',
      choice_e: 'more',
      golden_choice_idx: 'E',
      current_observation_frame: '760',
      task_progress_metadata: [{ narration_text: 'x', start_frame: '1', stop_frame: 2 }],
    },
  },
  'VLN-QA': {
    read: readVlnQa,
    good: way,
    bad: { answer: 'up', candidates: ['stop', 'left', 'right', 'on', 'back', 'up'], video: undefined },
  },
  OpenEQA: { read: readOpenEqa, good: house, bad: { answer: undefined, extra_answers: 'TV', category: 3 } },
  'Something-Something': { read: readSomethingSomething, good: something, bad: { template: undefined, label: 3 } },
  EgoTimeQA: { read: readEgoTimeQa, good: qa, bad: { wrong_answers: ['a', 'b'], video_id: 7 } },
} as const;

function failure(work: () => unknown): UserError {
  try {
    work();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
const fileOf = (content: unknown) => join(exampleFolder({ 'x.json': content }), 'x.json');

describe.each(Object.entries(readers))('%s', (_, { read, good, bad }) => {
  it('reads a good record, CRLF and all', () => {
    const crlf = JSON.stringify([good], null, 1).replaceAll('\n', '\r\n');
    expect(read(fileOf(crlf))).toHaveLength(1);
  });

  it.each(Object.entries(bad))('names file, record and field: %s', (field, value) => {
    const records = [
      { ...good, ...('question_id' in good ? { question_id: 'other' } : {}) },
      { ...good, [field]: value },
    ];
    if ('sample_id' in good) Object.assign(records[0], { sample_id: 'other' });
    if ('id' in good) Object.assign(records[0], { id: '1' });
    const file = fileOf(records);
    const { message } = failure(() => read(file));
    expect(message).toContain(`${file} (record 1`);
    expect(message).toContain(`at ${field}`);
  });

  it('refuses a cut file, another encoding, another shape; takes a byte order mark', () => {
    const whole = JSON.stringify([good]);
    const refuse = (content: unknown, what: RegExp) =>
      expect(failure(() => read(fileOf(content))).message).toMatch(what);
    expect(read(fileOf(`\ufeff${whole}`))).toEqual(read(fileOf(whole)));
    refuse(whole.slice(0, -20), /not valid JSON/);
    refuse(Buffer.from(JSON.stringify([{ ...good, note: 'caf\xe9' }]), 'latin1'), /not UTF-8/);
    refuse({ 0: good }, /expected a list of records, got an object/);
    refuse([], /got an empty list/);
    refuse(['text'], /record 0\)/);
  });
});

it('refuses an id that is there twice', () => {
  for (const name of ['QAEgo4D closed', 'EgoTaskQA', 'EgoPlan', 'OpenEQA', 'Something-Something'] as const) {
    const { read, good } = readers[name];
    expect(failure(() => read(fileOf([good, good]))).message).toMatch(/\(record 1, \w+ ".*"\): record 0 has the same/);
  }
});

it('keeps what the files mean', () => {
  expect(readQaEgo4dClosed(fileOf([qa]))[0]).toEqual({
    id: 's_0',
    clipUid: 'clip-1',
    question: 'How many trays?',
    answer: 'seven',
    moment: { start: 443.439 / 30, end: 1729.8984 / 30 },
    wrongAnswers: ['three', 'five', 'nine'],
  });
  expect(readEgoTimeQa(fileOf([qa, qa])).map(({ id }) => id)).toEqual(['s_0_0', 's_0_1']);
  expect(readEgoTaskQa(fileOf([task]))[0]).toMatchObject({
    id: '12',
    videoId: 'P1_3',
    view: 'fpv1',
    firstFrame: 31,
    lastFrame: 119,
    reference: 'indirect',
  });
  expect(readEgoPlan(fileOf([plan]))[0]).toMatchObject({
    id: '115',
    answer: 2,
    options: ['open', 'close', 'take', 'put'],
  });
  expect(readVlnQa(fileOf([way, way])).map(({ id, answer }) => [id, answer])).toEqual([
    ['0', 1],
    ['1', 1],
  ]);
});

it('holds Something-Something to its class list', () => {
  const root = exampleFolder({
    'train.json': [something],
    'labels.json': { 'Holding something': '37' },
    'few.json': {},
  });
  const at = (name: string) => join(root, name);
  expect(readSomethingSomething(at('train.json'), at('labels.json'))).toEqual([
    { id: '78687', label: 'holding a cup', template: 'Holding something' },
  ]);
  expect(() => readSomethingSomething(at('train.json'), at('few.json'))).toThrow(/at template: "Holding something"/);
});

describe('tables', () => {
  const header =
    'video_uid,annotation_uid,subset,view,scene,start_sec,end_sec,narration_en,narration_en_hand_prompt,narration_en_no_hand_prompt';
  const learn = (row: string) => join(exampleFolder({ 'x.csv': `${header}\r\n${row}\r\n` }), 'x.csv');
  it('EgoExoLearn', () => {
    expect(readEgoExoLearn(learn('v,a,train,ego,lab,1.5,3,"Pours, slowly",,'))).toEqual([
      {
        annotationUid: 'a',
        videoUid: 'v',
        subset: 'train',
        view: 'ego',
        scene: 'lab',
        start: 1.5,
        end: 3,
        narration: 'Pours, slowly',
      },
    ]);
    expect(() => readEgoExoLearn(learn('v,a,train,ego,lab,x,3,Pours,,'))).toThrow(
      /line 2, start_sec: expected seconds/,
    );
    expect(() => readEgoExoLearn(learn('v,a,train,ego,lab,4,3,Pours,,'))).toThrow(
      /end_sec: expected at least 4, got 3/,
    );
    expect(() => readEgoExoLearn(learn('v,a,train,top,lab,4,5,Pours,,'))).toThrow(/view: expected ego or exo/);
    expect(() => readEgoExoLearn(learn('v,a,train,ego,lab,4,5,,,'))).toThrow(/narration_en/);
  });

  it('Charades classes', () => {
    const lines = Array.from({ length: 157 }, (_, i) => `c${String(i).padStart(3, '0')} Doing ${i}`);
    const read = (content: string[]) =>
      readCharadesClasses(join(exampleFolder({ 'c.txt': content.join('\n') }), 'c.txt'));
    expect(read(lines)[156]).toBe('Doing 156');
    expect(() => read(lines.slice(0, 100))).toThrow(/c100 is missing/);
    expect(() => read([...lines, 'c000 Again'])).toThrow(/line 158: class c000 is there twice/);
    expect(() => read(['c200 No'])).toThrow(/line 1: expected a class/);
  });
});

const real = (path: string) => new URL(`../../../../../shared/real/${path}`, import.meta.url).pathname;
describe.skipIf(!existsSync(real('openeqa')))('real files (needs ../shared/real)', () => {
  it('OpenEQA: 1,636 questions of 152 episodes', () => {
    const questions = readOpenEqa(real('openeqa/open-eqa-v0.json'));
    expect(questions).toHaveLength(1636);
    expect(new Set(questions.map(({ episode }) => episode)).size).toBe(152);
    expect(new Set(questions.map(({ category }) => category)).size).toBe(7);
  });

  it('QAEgo4D and EgoTimeQA', () => {
    const [closed] = readQaEgo4dClosed(real('qaego4d/QaEgo4D_test_close_one.json'));
    expect(closed).toMatchObject({ answer: 'seven', wrongAnswers: ['three', 'five', 'nine'] });
    expect(closed.moment.end - closed.moment.start).toBeCloseTo(42.88, 2);
    expect(readEgoTimeQa(real('qaego4d/EgoTimeQA_one.json'))[0].wrongAnswers).toHaveLength(3);
  });

  it('EgoPlan', () => {
    const [question] = readEgoPlan(real('egoplan/readme_val_example.json'));
    expect(question).toMatchObject({ id: '115', answer: 0, observationFrame: 760 });
    expect(question.progress).toHaveLength(5);
    expect(readEgoPlanIt(real('egoplan/readme_it_example.json'))[0].options).toHaveLength(7);
    expect(() => readEgoPlan(real('egoplan/submission_validation.json'))).toThrow(/record 0, sample_id "0"\)/);
  });
});
