import { Random, writeFileAtomic } from '@egolab/foundation';
import { readEgteaActions, readEgteaSplit, type EgteaSplit } from '../egtea/egtea.ts';
import { readEgoExoLearn } from '../qa/ego-exo-learn.ts';
import { readOpenEqa } from '../qa/open-eqa.ts';
import { readEgoTimeQa } from '../qa/qa-ego4d.ts';
import { readSomethingSomething } from '../qa/something-something.ts';
import { readInstructionTexts, type EgoItSource } from './instructions.ts';

/** The uniform record of section 3.2: video path, task instruction, question, answer; as `readEgoIt` reads it. */
export interface EgoItRecord {
  readonly id: string;
  /** below the folder of the source's videos, which stands before it */
  readonly video: string;
  /** seconds */
  readonly start?: number;
  readonly end?: number;
  readonly source: EgoItSource;
  readonly task: 'action-recognition' | 'open-qa' | 'closed-qa' | 'captioning';
  readonly instruction: string;
  readonly question: string;
  readonly answer: string;
}

type Sample = Omit<EgoItRecord, 'instruction'>;

/** Where the sources' annotation files are; a source that isn't named is left out. */
export interface EgoItFiles {
  /** `open-eqa-v0.json`; videos `<episode_history>.mp4` */
  readonly openEqa?: string;
  /** EgoTimeQA's JSON; videos `<clip uid>.mp4` */
  readonly egoTimeQa?: string;
  /** `something-something-v2-train.json`; videos `<id>.webm` */
  readonly somethingSomething?: string;
  /** folder of `action_idx.txt` and the split; videos `<session>/<id>.mp4` */
  readonly egtea?: { readonly folder: string; readonly split: EgteaSplit };
  /** `fine_annotation_trainval_en.csv`; videos `<video uid>.mp4` */
  readonly egoExoLearn?: string;
}

export interface EgoItBuild {
  readonly files: EgoItFiles;
  /** folder of each source's videos, below the one that the records will be read with */
  readonly videos: Readonly<Record<EgoItSource, string>>;
  readonly seed: number;
  /** texts instead of the checked-in ones, same format */
  readonly instructions?: string;
}

const ACTION_QUESTION = 'What action is being performed in the video?';
const CAPTION_QUESTION = 'What is happening in the video?';

/**
 * EgoIT from its sources' own files (section 3.2, supplement B): every sample once, so that the mixture is that of the sizes (Table 1),
 * with one of its source's ten instructions, drawn by seed and id.
 *
 * @throws UserError naming file, record and field of what is wrong
 */
export function buildEgoIt({ files, videos, seed, instructions }: EgoItBuild): EgoItRecord[] {
  const texts = readInstructionTexts(instructions);
  const random = new Random(seed).split('egoit');
  const samples = [
    ...(files.openEqa ? openEqa(files.openEqa) : []),
    ...(files.egoTimeQa ? egoTimeQa(files.egoTimeQa, random) : []),
    ...(files.somethingSomething ? somethingSomething(files.somethingSomething) : []),
    ...(files.egtea ? egtea(files.egtea.folder, files.egtea.split) : []),
    ...(files.egoExoLearn ? egoExoLearn(files.egoExoLearn) : []),
  ];
  return samples.map((sample) => {
    const { text } = random.split('instruction', sample.id).choice(texts[sample.source].instructions);
    return { ...sample, video: `${videos[sample.source]}/${sample.video}`, instruction: text };
  });
}

/** Samples by source, for Table 1. */
export function mixtureOf(records: readonly EgoItRecord[]): Partial<Record<EgoItSource, number>> {
  const sizes: Partial<Record<EgoItSource, number>> = {};
  for (const { source } of records) sizes[source] = (sizes[source] ?? 0) + 1;
  return sizes;
}

/** Write records as JSON lines. */
export function writeEgoIt(path: string, records: readonly EgoItRecord[]): void {
  const encoder = new TextEncoder();
  const lines = function* () {
    for (const record of records) yield encoder.encode(`${JSON.stringify(record)}\n`);
  };
  writeFileAtomic(path, lines());
}

function openEqa(file: string): Sample[] {
  return readOpenEqa(file).map(({ id, question, answer, episode }) => ({
    id: `openeqa-${id}`,
    video: `${episode}.mp4`,
    source: 'OpenEQA',
    task: 'open-qa',
    question,
    answer,
  }));
}

/** Table 11: "two settings", open and closed. A record with wrong answers is asked in one of them, drawn by its id. */
function egoTimeQa(file: string, random: Random): Sample[] {
  return readEgoTimeQa(file).map(({ id, clipUid, question, answer, moment, wrongAnswers }) => {
    const base = {
      id: `egotimeqa-${id}`,
      video: `${clipUid}.mp4`,
      ...moment,
      source: 'EgoTimeQA' as const,
    };
    const draw = random.split('egotimeqa', id);
    if (!wrongAnswers || draw.uniform() < 0.5) return { ...base, task: 'open-qa' as const, question, answer };
    const options = draw.shuffle([answer, ...wrongAnswers]);
    const letter = (option: string) => `(${'ABCD'[options.indexOf(option)]}) ${option}`;
    return {
      ...base,
      task: 'closed-qa' as const,
      question: [question, 'Options:', ...options.map(letter)].join('\n'),
      answer: letter(answer),
    };
  });
}

function somethingSomething(file: string): Sample[] {
  return readSomethingSomething(file).map(({ id, label }) => ({
    id: `ssv2-${id}`,
    video: `${id}.webm`,
    source: 'Something-Something-V2',
    task: 'action-recognition',
    question: ACTION_QUESTION,
    answer: label,
  }));
}

function egtea(folder: string, split: EgteaSplit): Sample[] {
  const actions = readEgteaActions(folder);
  return readEgteaSplit(folder, split, actions.length, 'train').map(({ id, session, action }) => ({
    id: `egtea-${id}`,
    video: `${session}/${id}.mp4`,
    source: 'EGTEA',
    task: 'action-recognition',
    question: ACTION_QUESTION,
    answer: actions[action],
  }));
}

/** The training part of what was filmed by the person who acts: EgoIT is egocentric. */
function egoExoLearn(file: string): Sample[] {
  return readEgoExoLearn(file)
    .filter(({ view, subset }) => view === 'ego' && subset === 'train')
    .map(({ annotationUid, videoUid, start, end, narration }) => ({
      id: `egoexolearn-${annotationUid}`,
      video: `${videoUid}.mp4`,
      start,
      end,
      source: 'EgoExoLearn',
      task: 'captioning',
      question: CAPTION_QUESTION,
      answer: narration,
    }));
}
