import type { ClipPair, EgoItSource } from '@egolab/ego-data';
import { probe } from '@egolab/video';
import { locateClip, rememberedRates } from '../ego-bench/locate.ts';
import type { ClipReference } from '../ego-bench/question.ts';

/** A row of Table 1: how many samples a stage trains on, in the paper and on disk. */
export interface Table1Row {
  readonly process: 'Initialization' | 'Stage 1' | 'Stage 2' | 'Stage 3';
  readonly view: 'exo' | 'ego';
  readonly dataset: string;
  readonly paper: number;
  /** undefined: not on disk */
  readonly measured: number | undefined;
}

/** Sizes on disk; what isn't named isn't there. */
export interface TrainingSizes {
  readonly web?: Readonly<Record<string, number>>;
  readonly egoClip?: number;
  readonly egoExoClip?: readonly Pick<ClipPair, 'exoVideos'>[];
  readonly egoIt?: Partial<Readonly<Record<EgoItSource, number>>>;
}

const PAPER_WEB: Readonly<Record<string, number>> = {
  'Panda-70M': 70e6,
  'WebVid-10M': 10e6,
  'VIDAL-10M': 10e6,
  'InternVid-10M': 10e6,
  'CC-3M': 3e6,
  'DCI-7.8K': 7800,
};
const PAPER_EGOIT: Readonly<Record<EgoItSource, number>> = {
  OpenEQA: 1600,
  EgoTimeQA: 303_000,
  'Something-Something-V2': 221_000,
  EGTEA: 15_000,
  EgoExoLearn: 45_000,
};

/** Table 1: the training data of every stage, the paper's size beside the one on disk. */
export function table1({ web = {}, egoClip, egoExoClip, egoIt = {} }: TrainingSizes): Table1Row[] {
  const pairs = egoExoClip?.reduce((sum, { exoVideos }) => sum + exoVideos.length, 0);
  const row = (
    process: Table1Row['process'],
    view: Table1Row['view'],
    dataset: string,
    paper: number,
    measured?: number,
  ) => ({
    process,
    view,
    dataset,
    paper,
    measured,
  });
  const named = (names: readonly string[], sizes: Readonly<Record<string, number | undefined>>) =>
    [...names, ...Object.keys(sizes).filter((name) => !names.includes(name))] as readonly string[];
  return [
    ...named(Object.keys(PAPER_WEB), web).map((name) =>
      row('Initialization', 'exo', name, PAPER_WEB[name] ?? NaN, web[name]),
    ),
    row('Initialization', 'ego', 'EgoClip', 3.8e6, egoClip),
    row('Stage 1', 'exo', 'Ego-ExoClip', 1.1e6, pairs),
    row('Stage 2', 'exo', 'Ego-ExoClip', 1.1e6, pairs),
    row('Stage 2', 'ego', 'Ego-ExoClip', 261_000, egoExoClip?.length),
    ...(Object.keys(PAPER_EGOIT) as EgoItSource[]).map((name) =>
      row('Stage 3', 'ego', name, PAPER_EGOIT[name], egoIt[name]),
    ),
  ];
}

/** What Table 2 says of an evaluation source. */
export interface SourceSize {
  readonly videos: number;
  readonly clips: number;
  /** mean length of a question's clip */
  readonly seconds: number;
  readonly questions: number;
}

/** Table 2 as printed; EgoMCQ's row is that of `egomcq-v2t`, and EgoTaskQA's one row stands for both splits. */
export const paperTable2: Readonly<Record<string, SourceSize>> = {
  egoschema: { videos: 5031, clips: 5031, seconds: 180, questions: 5031 },
  'qaego4d-closed': { videos: 166, clips: 1854, seconds: 310, questions: 1854 },
  'qaego4d-open': { videos: 166, clips: 1854, seconds: 310, questions: 1854 },
  egotaskqa: { videos: 2257, clips: 19_182, seconds: 36.9, questions: 19_182 },
  'charades-ego-mcq': { videos: 846, clips: 846, seconds: 10.8, questions: 846 },
  'ek100-mcq': { videos: 138, clips: 9668, seconds: 3.7, questions: 9668 },
  egoplan: { videos: 678, clips: 3339, seconds: 668, questions: 3339 },
  'vln-qa': { videos: 200, clips: 200, seconds: 7.5, questions: 200 },
  'egomcq-v2t': { videos: 827, clips: 39_716, seconds: 0.8, questions: 39_716 },
};

/**
 * A row of Table 2 from a task's questions and videos. A question is counted as a clip of its own, as the paper does.
 *
 * @param folder of the task's videos; lengths of whole videos come from their packets
 * @throws UserError when a video is missing
 */
export async function table2Row(
  questions: readonly { readonly id: string; readonly clip: ClipReference }[],
  folder: string,
): Promise<SourceSize> {
  const lengths = new Map<string, number>();
  let seconds = 0;
  const videos = new Set<string>();
  const rateOf = rememberedRates();
  for (const { id, clip } of questions) {
    videos.add(clip.videos[0]);
    const { media, start = 0, end } = await locateClip(clip, folder, id, rateOf);
    const name = typeof media === 'string' ? media : JSON.stringify(media);
    if (end === undefined && !lengths.has(name)) lengths.set(name, (await probe(media)).duration);
    seconds += (end ?? lengths.get(name)!) - start;
  }
  return {
    videos: videos.size,
    clips: questions.length,
    seconds: seconds / questions.length,
    questions: questions.length,
  };
}

/** A row of Table 10. */
export interface Table10Row {
  readonly dataset: string;
  readonly year: number | undefined;
  readonly scenario: string;
  readonly paired: boolean;
  /** exocentric cameras at a time, fewest and most */
  readonly exoCameras: readonly [number, number] | undefined;
  /** hours of the takes, each counted once */
  readonly hours: number;
}

const published = (
  dataset: string,
  year: number,
  scenario: string,
  exoCameras: Table10Row['exoCameras'],
  hours: number,
): Table10Row => ({ dataset, year, scenario, paired: exoCameras !== undefined, exoCameras, hours });

/** Table 10 as printed, without its two columns of check marks (narrations, clip-text pairs), which the text of the paper lost. */
export const paperTable10: readonly Table10Row[] = [
  published('CharadesEgo', 2018, 'Indoor Daily', [1, 1], 34),
  published('LEMMA', 2020, 'Kitchen, Living', [1, 1], 10),
  published('HOMAGE', 2021, 'Indoor Daily', [2, 5], 25),
  published('Assembly101', 2022, 'Desk', [8, 8], 42),
  published('EgoExoLearn', 2024, 'Kitchen, Lab', undefined, 120),
  published('Ego-Exo4D', 2024, 'Diverse', [4, 5], 221),
  published('EgoExo-Fitness', 2024, 'Fitness', [3, 3], 32),
  { dataset: 'Ego-ExoClip', year: undefined, scenario: 'Diverse', paired: true, exoCameras: [4, 5], hours: 116 },
];

/** Table 10's row of Ego-ExoClip from what is on disk; `takeHours` is `clipStatistics`'. */
export function table10Row(
  clips: readonly Pick<ClipPair, 'exoVideos' | 'scenario'>[],
  takeHours: number | undefined,
): Table10Row {
  const cameras = clips.map(({ exoVideos }) => exoVideos.length);
  const scenarios = [...new Set(clips.map(({ scenario }) => scenario))].sort();
  return {
    dataset: 'Ego-ExoClip',
    year: undefined,
    scenario: scenarios.length > 3 ? 'Diverse' : scenarios.join(', '),
    paired: true,
    exoCameras: [cameras.reduce((a, b) => Math.min(a, b)), cameras.reduce((a, b) => Math.max(a, b))],
    hours: takeHours ?? NaN,
  };
}
