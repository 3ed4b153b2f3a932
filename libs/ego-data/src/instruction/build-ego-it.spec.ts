import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  buildEgoIt,
  egoItSources,
  instructionPrompt,
  mixtureOf,
  readEgoIt,
  readInstructionTexts,
  writeEgoIt,
  type EgoItSource,
} from '../index.ts';
import { exampleFolder } from '../example-folder.ts';

const clip = 'P04-R06-GreekSalad-682170-683940-F016368-F016419';
const timeQa = (i: number) => ({
  video_id: 'clip',
  sample_id: 'clip',
  question: `Where is it ${i}?`,
  answer: 'in the drawer',
  moment_start_frame: 30,
  moment_end_frame: 90,
  ...(i % 2 ? { wrong_answers: ['on it', 'by it', 'under it'] } : {}),
});
const root = exampleFolder({
  'open-eqa-v0.json': [
    {
      question_id: 'q',
      question: 'What?',
      answer: 'TV',
      category: 'object recognition',
      episode_history: 'hm3d-v0/000',
    },
  ],
  'time.json': Array.from({ length: 40 }, (_, i) => timeQa(i)),
  'ssv2.json': [{ id: '7', label: 'holding a cup', template: 'Holding [something]', placeholders: ['a cup'] }],
  'egtea/action_idx.txt': 'Cut tomato 1\nOpen fridge 2\n',
  'egtea/train_split1.txt': `${clip} 2 1 1 \n`,
  'learn.csv':
    'video_uid,annotation_uid,subset,view,scene,start_sec,end_sec,narration_en\nv,a,train,ego,lab,1,3,Pours water\nv,b,train,exo,lab,1,3,x\nv,c,val,ego,lab,1,3,y\n',
  'hm3d-v0/000.mp4': '',
  'clip.mp4': '',
  '7.webm': '',
  [`P04-R06-GreekSalad/${clip}.mp4`]: '',
  'v.mp4': '',
});
const at = (name: string) => join(root, name);
const videos = Object.fromEntries(egoItSources.map((source) => [source, '.'])) as Record<EgoItSource, string>;
const build = (seed = 1) =>
  buildEgoIt({
    files: {
      openEqa: at('open-eqa-v0.json'),
      egoTimeQa: at('time.json'),
      somethingSomething: at('ssv2.json'),
      egtea: { folder: at('egtea'), split: 1 },
      egoExoLearn: at('learn.csv'),
    },
    videos,
    seed,
  });

it('makes one record of every sample, with one of its source’s ten instructions', () => {
  const records = build();
  expect(mixtureOf(records)).toEqual({
    OpenEQA: 1,
    EgoTimeQA: 40,
    'Something-Something-V2': 1,
    EGTEA: 1,
    EgoExoLearn: 1,
  });
  const texts = readInstructionTexts();
  for (const { source, instruction } of records)
    expect(texts[source].instructions.map(({ text }) => text)).toContain(instruction);
  expect(
    new Set(records.filter(({ source }) => source === 'EgoTimeQA').map(({ instruction }) => instruction)).size,
  ).toBeGreaterThan(7);
  expect(records.at(-2)).toMatchObject({ source: 'EGTEA', answer: 'open fridge' });
  expect(records.at(-1)).toMatchObject({ task: 'captioning', start: 1, end: 3, answer: 'Pours water' });
});

it('asks EgoTimeQA openly or with options, and the answer is the right one', () => {
  const asked = build().filter(({ source }) => source === 'EgoTimeQA');
  const closed = asked.filter(({ task }) => task === 'closed-qa');
  expect(closed.length).toBeGreaterThan(4);
  expect(closed.length).toBeLessThan(17);
  for (const { question, answer } of closed) {
    expect(answer).toMatch(/^\([A-D]\) in the drawer$/);
    expect(question.split('\n')).toHaveLength(6);
    expect(question).toContain(answer);
  }
  expect(new Set(closed.map(({ answer }) => answer)).size).toBeGreaterThan(1);
});

it('depends on the seed alone, and is what readEgoIt reads', () => {
  expect(build()).toEqual(build());
  expect(build(2)).not.toEqual(build());
  writeEgoIt(at('egoit_train.jsonl'), build());
  const { records, skipped } = readEgoIt({ file: at('egoit_train.jsonl'), videos: root });
  expect([records.length, skipped.total]).toEqual([44, 0]);
  expect(records[0]).toMatchObject({
    id: 'openeqa-q',
    source: 'OpenEQA',
    turns: [{ question: 'What?', answer: 'TV' }],
  });
});

it('has ten different instructions a source, and says who wrote them', () => {
  const texts = readInstructionTexts();
  for (const source of egoItSources) {
    const { instructions } = texts[source];
    expect(new Set(instructions.map(({ text }) => text)).size).toBe(10);
    expect(instructions.filter(({ by }) => by === 'Table 11')).toHaveLength(3);
    const prompt = instructionPrompt(source, texts[source]);
    expect(prompt).toContain(texts[source].description);
  }
  const own = exampleFolder({ 'own.json': { provenance: '', datasets: {} } });
  expect(() => readInstructionTexts(join(own, 'own.json'))).toThrow(/at datasets\.EGTEA/);
});

const real = new URL('../../../../../shared/real/openeqa/open-eqa-v0.json', import.meta.url).pathname;
it.skipIf(!existsSync(real))('makes 1,636 records of the real OpenEQA (needs ../shared/real)', () => {
  expect(buildEgoIt({ files: { openEqa: real }, videos, seed: 1 })).toHaveLength(1636);
});
