import { join } from 'node:path';
import {
  readEgoMcq,
  readEgoPlan,
  readEgoSchema,
  readEgoTaskQa,
  readQaEgo4dClosed,
  readQaEgo4dOpen,
  readVlnQa,
  withoutMarker,
  type EgoPlanQuestion,
  type McqClip,
} from '@egolab/ego-data';
import { Random } from '@egolab/foundation';
import { actionTask } from './action-tasks.ts';
import { charadesEgoClasses, ek100Retrieval } from './class-tasks.ts';
import type { ClipReference } from './question.ts';
import { withCandidates } from './with-candidates.ts';
import type { ChoiceTask, ClassTask, ClipTask, EgoBenchTask, OpenTask } from './task.ts';

/** Where a clip of an Ego4D video lies. */
function ego4dClip({ videoUid, start, end }: McqClip): ClipReference {
  return { videos: [`${videoUid}.mp4`], start, end, ego4d: videoUid };
}

/** EgoSchema's 500 questions with public answers, each about a whole three-minute clip. */
const egoSchema: ChoiceTask = {
  kind: 'choice',
  name: 'egoschema',
  benchmark: 'EgoSchema',
  title: 'EgoSchema',
  folder: 'egoschema',
  videos: 'videos',
  annotations: 'questions.json',
  paper: 'supplement C.1.1, Table 3',
  note: 'the 500 questions with public answers; the paper submits all 5,031',
  likelihood: 'per-token',
  read: (root) =>
    readEgoSchema(join(root, 'questions.json'), join(root, 'subset_answers.json')).flatMap(
      ({ id, question, options, answer }) =>
        answer === undefined ? [] : [{ id, group: 'all', question, options, answer, clip: { videos: [`${id}.mp4`] } }],
    ),
};

const qaEgo4dClosed: ChoiceTask = {
  kind: 'choice',
  name: 'qaego4d-closed',
  benchmark: 'QAEgo4D',
  title: 'QAEgo4D (closed)',
  folder: 'qaego4d',
  videos: 'videos',
  annotations: 'annotations.QaEgo4D_test_close.json',
  paper: 'supplement C.1.2, Table 3',
  likelihood: 'per-token',
  // the public loader shuffles options anew in every run; here a question's order depends on its id alone
  read: (root) =>
    readQaEgo4dClosed(join(root, qaEgo4dClosed.annotations)).map(({ id, question, answer, wrongAnswers, clipUid }) => {
      const options = new Random('qaego4d-closed').split(id).shuffle([answer, ...wrongAnswers]);
      return {
        id,
        group: 'all',
        question,
        options,
        answer: options.indexOf(answer),
        clip: { videos: [`${clipUid}.mp4`] },
      };
    }),
};

const qaEgo4dOpen: OpenTask = {
  kind: 'open',
  name: 'qaego4d-open',
  benchmark: 'QAEgo4D',
  title: 'QAEgo4D (open)',
  folder: 'qaego4d',
  videos: 'videos',
  annotations: 'annotations.QaEgo4D_test.json',
  paper: 'supplement C.1.2, Table 3',
  note: 'accuracy and score depend on the judge; the paper does not name its own',
  read: (root) =>
    readQaEgo4dOpen(join(root, qaEgo4dOpen.annotations)).map(({ id, question, answer, clipUid }) => ({
      id,
      question,
      answers: [answer],
      clip: { videos: [`${clipUid}.mp4`] },
    })),
};

/** EgoTaskQA's test questions with the four most similar of all answers in the file. */
function egoTaskQa(split: 'direct' | 'indirect'): ChoiceTask {
  return {
    kind: 'choice',
    name: `egotaskqa-${split}`,
    benchmark: 'EgoTaskQA',
    title: `EgoTaskQA (${split})`,
    folder: 'egotaskqa',
    videos: 'qa_videos',
    annotations: join(split, 'test_qas.json'),
    paper: 'supplement C.1.3, Table 3',
    note: 'five-way with SentenceBERT negatives: not comparable with the open-vocabulary accuracies of others',
    likelihood: 'per-token',
    read(root, context) {
      const records = readEgoTaskQa(join(root, this.annotations));
      const questions = records.map(({ id, question, answer, interval, videoId, view, firstFrame, lastFrame }) => ({
        id,
        group: 'all',
        question,
        answer,
        // the released clips are cut to the interval; else the whole video of the view is
        clip: {
          videos: [`${interval}.mp4`, `${videoId}/${view}.mp4`],
          frames: [firstFrame, lastFrame] as const,
        },
      }));
      return withCandidates(
        this.name,
        questions,
        questions.map(({ answer }) => answer),
        5,
        context,
      );
    },
  };
}

/** Frames of the task's progress so far, up to the observation. */
function planClip({ source, videoId, progress, observationFrame }: EgoPlanQuestion) {
  const first = Math.min(observationFrame, ...progress.map(({ startFrame }) => startFrame));
  const origin = source === 'EpicKitchens' ? 1 : 0; // EPIC-KITCHENS counts frames from 1
  const name = source === 'EpicKitchens' ? `${videoId.split('_')[0]}/${videoId}.MP4` : `${videoId}.mp4`;
  return {
    videos: [`${videoId}.mp4`, name],
    frames: [Math.max(0, first - origin), Math.max(0, observationFrame - origin)] as const,
  };
}

const egoPlan: ChoiceTask = {
  kind: 'choice',
  name: 'egoplan',
  benchmark: 'EgoPlan',
  title: 'EgoPlan',
  folder: 'egoplan',
  videos: 'videos',
  annotations: 'EgoPlan_validation.json',
  paper: 'supplement C.1.7, Table 5',
  note: 'the published file has 3,355 questions, the paper counts 3,339',
  likelihood: 'per-token',
  read: (root) =>
    readEgoPlan(join(root, egoPlan.annotations)).map((record) => ({
      id: record.id,
      group: 'all',
      question: record.question,
      options: record.options,
      answer: record.answer,
      clip: planClip(record),
    })),
};

const vlnQa: ChoiceTask = {
  kind: 'choice',
  name: 'vln-qa',
  benchmark: 'VLN-QA',
  title: 'VLN-QA',
  folder: 'vlnqa',
  videos: 'videos',
  annotations: 'egocentric_navigation.json',
  paper: 'supplement C.1.6, Table 5',
  note: '200 questions: an accuracy is a multiple of 0.5, which two of the paper’s are not',
  likelihood: 'per-token',
  read: (root) =>
    readVlnQa(join(root, vlnQa.annotations)).map(({ id, question, options, answer, video }) => ({
      id,
      group: 'all',
      question,
      options,
      answer,
      clip: { videos: [video] },
    })),
};

/** The paper's EgoMCQ: which of ten narrations describes the clip? */
const egoMcqVideoToText: ChoiceTask = {
  kind: 'choice',
  name: 'egomcq-v2t',
  benchmark: 'EgoMCQ',
  title: 'EgoMCQ (video to text)',
  folder: 'egoclip',
  videos: 'videos',
  annotations: 'egomcq.json',
  paper: 'supplement C.1.8, Table 6',
  note: 'turned round, and with ten options: not comparable with EgoMCQ as published (five clips for a text)',
  likelihood: 'per-token',
  read(root, context) {
    const questions = readEgoMcq(join(root, this.annotations));
    const text = (clip: { readonly text: string }) => withoutMarker(clip.text);
    const videosOf = new Map<string, Set<string>>();
    for (const clip of questions.flatMap(({ query, choices }) => [query, ...choices])) {
      const videos = videosOf.get(text(clip)) ?? new Set();
      videosOf.set(text(clip), videos.add(clip.videoUid));
    }
    const items = questions.map(({ id, type, query, choices }) => ({
      id,
      group: type,
      question: 'Which description accurately reflects the human behavior in the video?',
      answer: text(query),
      given: choices.map(text),
      // intra: what happens in the same video; inter: what happens in others
      allowed: (candidate: string) => videosOf.get(candidate)!.has(query.videoUid) === (type === 'intra'),
      fallback: () => type === 'intra', // a video with fewer narrations is topped up from others
      clip: ego4dClip(query),
    }));
    return withCandidates(this.name, items, [...videosOf.keys()], 10, context);
  },
};

/** EgoMCQ as published: which of five clips does the narration describe? */
const egoMcq: ClipTask = {
  kind: 'clips',
  name: 'egomcq',
  benchmark: 'EgoMCQ',
  title: 'EgoMCQ (text to video)',
  folder: 'egoclip',
  videos: 'videos',
  annotations: 'egomcq.json',
  paper: 'EgoVLP (Lin et al. 2022); supplement C.1.8 turns it round',
  read: (root) =>
    readEgoMcq(join(root, egoMcq.annotations)).map(({ id, type, query, choices, answer }) => ({
      id,
      group: type,
      text: query.text,
      clips: choices.map(ego4dClip),
      answer,
    })),
};

/** EgoBench (Table 2), in the order of the paper's tables, in the forms that ask for a text. */
export const choiceTasks: readonly ChoiceTask[] = [
  egoSchema,
  qaEgo4dClosed,
  egoTaskQa('direct'),
  egoTaskQa('indirect'),
  actionTask('charades-ego-mcq'),
  actionTask('ek100-mcq'),
  egoPlan,
  vlnQa,
  egoMcqVideoToText,
];
export const openTasks: readonly OpenTask[] = [qaEgo4dOpen];
export const clipTasks: readonly ClipTask[] = [egoMcq];
export const classTasks: readonly ClassTask[] = [charadesEgoClasses, ek100Retrieval];
/** All settings of EgoBench's eight tasks. */
export const egoBenchTasks: readonly EgoBenchTask[] = [...choiceTasks, ...clipTasks, ...classTasks, ...openTasks];
