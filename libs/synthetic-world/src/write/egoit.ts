import { Random, writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import type { Fact } from '../language/fact.ts';
import { type EgoItTask, instructions } from '../language/instructions.ts';
import {
  AnswerPool,
  askAction,
  askEpisode,
  askState,
  listOptions,
  letters,
  type OpenQuestion,
} from '../language/questions.ts';
import { clause, narration, summary } from '../language/sentence.ts';
import { actionWindow, type TakeRecord } from './job.ts';

/** One instruction-tuning record: the paper's four fields (video, instruction, question, answer) and VideoLLaMA2's conversation of them. */
export interface EgoItRecord {
  readonly id: number;
  /** relative to the folder of the JSON file */
  readonly video: string;
  /** the part of the video that is meant, seconds */
  readonly start: number;
  readonly end: number;
  readonly task: EgoItTask;
  readonly instruction: string;
  readonly question: string;
  readonly answer: string;
  readonly conversations: readonly { readonly from: 'human' | 'gpt'; readonly value: string }[];
}

type Clip = Pick<EgoItRecord, 'video' | 'start' | 'end'>;
type Draft = Clip & Pick<EgoItRecord, 'task' | 'question' | 'answer'>;

/** `egoit_{split}.json` about windows of `videos/<take uid>.mp4`. */
export function writeEgoIt(
  root: string,
  split: 'train' | 'val',
  takes: readonly TakeRecord[],
  recordsPerTake: number,
  seed: number,
): number {
  const random = new Random(seed).split('egoit', split);
  const pool = new AnswerPool();
  for (const take of takes) {
    take.actions.forEach(({ fact }) => askAction(fact).forEach((question) => pool.add(question)));
    take.episodes.forEach((episode) => askEpisode(episode).forEach((question) => pool.add(question)));
  }
  const drafts = takes.flatMap((take) => random.shuffle(draftsOf(take, pool, random)).slice(0, recordsPerTake));
  const records = drafts.map((draft, id) => record(id, draft, random.choice(instructions[draft.task])));
  writeFileAtomic(join(root, `egoit_${split}.json`), JSON.stringify(records, null, 1));
  return records.length;
}

function record(id: number, { task, question, answer, ...clip }: Draft, instruction: string): EgoItRecord {
  const human = ['<video>', instruction, question].filter(Boolean).join('\n');
  return {
    id,
    ...clip,
    task,
    instruction,
    question,
    answer,
    conversations: [
      { from: 'human', value: human },
      { from: 'gpt', value: answer },
    ],
  };
}

function draftsOf(take: TakeRecord, pool: AnswerPool, random: Random): Draft[] {
  const video = join('videos', `${take.uid}.mp4`);
  const actions = take.actions.flatMap((action) => {
    const clip = { video, ...actionWindow(action, take.duration) };
    const { fact } = action;
    return [
      { ...clip, task: 'action-recognition' as const, question: '', answer: `${clause(fact, { hand: 'none' })}.` },
      { ...clip, task: 'captioning' as const, question: '', answer: narration(fact) },
      { ...clip, task: 'template-recognition' as const, question: '', answer: template(fact) },
      ...askAction(fact).flatMap((question) => bothForms(clip, question, pool, random)),
    ];
  });
  const episodes = take.episodes.flatMap((episode) => {
    const clip = { video, start: episode.start, end: episode.end };
    return [
      { ...clip, task: 'captioning' as const, question: '', answer: summary(episode.facts) },
      ...askState(episode.facts).map(([question, answer]) => ({
        ...clip,
        task: 'embodied-qa' as const,
        question,
        answer,
      })),
      ...askEpisode(episode).flatMap((question) => bothForms(clip, question, pool, random)),
    ];
  });
  return [...actions, ...episodes];
}

/** The question with and without options. */
function bothForms(clip: Clip, open: OpenQuestion, pool: AnswerPool, random: Random): Draft[] {
  const { question, options, answer } = pool.options(open, random);
  return [
    { ...clip, task: 'open-qa', question: open.question, answer: open.answer },
    {
      ...clip,
      task: 'closed-qa',
      question: `${question} Options: ${listOptions(options)}`,
      answer: `(${letters[answer]}) ${options[answer]}`,
    },
  ];
}

/** In the manner of Something-Something: the objects left out. */
function template(fact: Fact): string {
  const nothing: Partial<Record<Fact['verb'], string>> = {
    pour: 'pours something into something.',
    'put down': fact.target
      ? `puts something ${fact.target === 'box' ? 'in' : 'on'} something.`
      : 'puts something down.',
    'pick up': 'picks something up.',
    stir: 'stirs something with something.',
    cut: 'cuts something with something.',
    wipe: 'wipes something with something.',
    push: 'pushes something forward.',
    move: `moves something to the ${fact.direction}.`,
    'walk to': 'walks to something.',
    'look at': 'looks at something.',
  };
  return (
    nothing[fact.verb] ?? `${fact.verb === 'close' ? 'closes' : fact.verb === 'open' ? 'opens' : 'turns'} something.`
  );
}
