import { existsSync, readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@egolab/foundation';
import { type Media, mediaName, probe, type VideoInfo } from '@egolab/video';
import { egoExoClips, type Split } from './ego-exo4d/ego-exo-clips.ts';
import { readTakes } from './ego-exo4d/takes.ts';
import { egoClip } from './ego4d/ego-clip.ts';
import { readEgoMcq } from './ego4d/ego-mcq.ts';
import { egoSchemaVideo, readEgoSchema } from './ego4d/ego-schema.ts';
import { VideoLocator } from './ego4d/video-locator.ts';
import { readEgoIt } from './instruction/ego-it.ts';
import type { EgoM2pSource } from './egom2p/clip.ts';
import { checkEgoM2pSource, detectEgoM2pSources } from './egom2p/validate.ts';
import { SkipLog, type SkipReport } from './skipped.ts';
import { webPairs } from './web/web-pairs.ts';

export const datasetKinds = [
  'ego-exo4d',
  'egoclip',
  'egomcq',
  'egoschema',
  'egoit',
  'web',
  'webdataset',
  'holoassist',
  'egogen',
  'h2o',
  'taco',
  'arctic',
  'hot3d-quest',
  'hot3d-aria',
  'adt',
  'hoi4d',
  'ase',
] as const;
export type DatasetKind = (typeof datasetKinds)[number];
/** Those that pair videos with text; the others are EgoM2P's. */
type ClipTextKind = Exclude<DatasetKind, EgoM2pSource> | 'ego-exo4d';
const clipTextKinds = ['ego-exo4d', 'egoclip', 'egomcq', 'egoschema', 'egoit', 'web', 'webdataset'] as const;

/** Something that will stop a run on this data set, and what to do about it. */
export interface Problem {
  readonly where: string;
  readonly what: string;
  readonly mend: string | undefined;
}

export interface ValidationReport {
  readonly root: string;
  readonly kind: DatasetKind;
  /** no problem was found */
  readonly valid: boolean;
  readonly counts: Readonly<Record<string, number>>;
  readonly problems: readonly Problem[];
  /** what a run would leave out, with reasons: no problem by itself */
  readonly skipped: SkipReport;
}

export interface ValidationOptions {
  /** folder of the videos; default `videos` below the root where there is one, else the root; EgoIT: the root */
  readonly videos?: string;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** What a validator found before the videos are opened. */
interface Findings {
  readonly counts: Record<string, number>;
  readonly media: readonly Media[];
  readonly skipped: SkipReport;
  readonly problems: readonly Problem[];
}

/** The kinds of data set whose files lie in a folder. */
export function detectDatasets(root: string): DatasetKind[] {
  if (!existsSync(root) || !statSync(root).isDirectory())
    throw new UserError({ what: 'there is no such folder', where: root });
  const names = readdirSync(root);
  const marks: Record<ClipTextKind, boolean> = {
    'ego-exo4d': names.includes('takes.json'),
    egoclip: names.includes('egoclip.csv'),
    egomcq: names.includes('egomcq.json'),
    egoschema: names.includes('questions.json'),
    egoit: names.some(isEgoIt),
    web: webAnnotations(names) !== undefined,
    webdataset: names.some((name) => name.endsWith('.tar')),
  };
  const found: readonly DatasetKind[] = [...clipTextKinds.filter((kind) => marks[kind]), ...detectEgoM2pSources(root)];
  return datasetKinds.filter((kind) => found.includes(kind));
}

/**
 * Check a data set's folder: annotations readable and consistent, paths inside the root, every video there, whole and, in
 * Ego-Exo4D, as long as the other views of its take. Problems are collected, not thrown.
 * @throws UserError when there is no such folder or it holds no data set of the kind
 */
export async function validateDataset(
  root: string,
  kind: DatasetKind,
  options: ValidationOptions = {},
): Promise<ValidationReport> {
  if (!detectDatasets(root).includes(kind)) {
    const found = detectDatasets(root);
    throw new UserError({
      what: `no ${kind} data set: ${kindFiles[kind]} is missing (found: ${found.join(', ') || 'none of the known kinds'})`,
      where: root,
      mend: `known kinds: ${datasetKinds.join(', ')}`,
    });
  }
  const videos = options.videos ?? (kind !== 'egoit' && existsSync(join(root, 'videos')) ? join(root, 'videos') : root);
  let findings: Findings;
  try {
    findings = await validators[kind](root, videos);
  } catch (error) {
    findings = { counts: {}, media: [], skipped: new SkipLog().report(), problems: [problemOf(error)] };
  }
  const opened = await openAll(findings.media, options.onProgress);
  const problems = [...findings.problems, ...opened.problems];
  if (kind === 'ego-exo4d' && problems.length === 0) problems.push(...unequalViews(root, opened.infos));
  const counts = { ...findings.counts, media: opened.infos.size + opened.problems.length };
  return { root, kind, valid: problems.length === 0, counts, problems, skipped: findings.skipped };
}

const kindFiles: Readonly<Record<DatasetKind, string>> = {
  'ego-exo4d': 'takes.json',
  egoclip: 'egoclip.csv',
  egomcq: 'egomcq.json',
  egoschema: 'questions.json',
  egoit: 'egoit*.json',
  web: 'annotations.{csv,tsv,json,jsonl}',
  webdataset: '*.tar',
  holoassist: '<video>/Export_py/Video/Pose_sync.txt',
  egogen: 'cam/*.npz',
  h2o: '<subject>/<room>/<take>/cam4',
  taco: 'Egocentric_Camera_Parameters',
  arctic: 'raw_seqs or meta/misc.json',
  'hot3d-quest': '<sequence>/{headset_trajectory.csv,camera_models.json}',
  'hot3d-aria': '<sequence>/{headset_trajectory.csv,mps}',
  adt: 'aria_trajectory.csv',
  hoi4d: 'ZY*',
  ase: '<scene>/ase_scene_language.txt',
};

/** Counts of clips and modalities; videos are read by the check itself. */
const egoM2pFindings = (source: EgoM2pSource) => async (root: string) => {
  const { counts, problem, skipped } = await checkEgoM2pSource(source, root);
  return { counts, media: [], skipped, problems: problem ? [problemOf(problem)] : [] };
};

const validators: Readonly<Record<DatasetKind, (root: string, videos: string) => Promise<Findings>>> = {
  holoassist: egoM2pFindings('holoassist'),
  egogen: egoM2pFindings('egogen'),
  h2o: egoM2pFindings('h2o'),
  taco: egoM2pFindings('taco'),
  arctic: egoM2pFindings('arctic'),
  'hot3d-quest': egoM2pFindings('hot3d-quest'),
  'hot3d-aria': egoM2pFindings('hot3d-aria'),
  adt: egoM2pFindings('adt'),
  hoi4d: egoM2pFindings('hoi4d'),
  ase: egoM2pFindings('ase'),
  'ego-exo4d': async (root) => withSensors(egoExoFindings(root), root),
  egoclip: async (root, videos) => {
    const { clips, skipped } = await egoClip({ file: join(root, 'egoclip.csv'), videos });
    return {
      counts: { clips: clips.length },
      media: clips.map(({ video }) => video),
      skipped,
      problems: noneOf(clips, root),
    };
  },
  egomcq: async (root, videos) => mcqFindings(root, videos),
  egoschema: async (root, videos) => schemaFindings(root, videos),
  egoit: async (root, videos) => egoItFindings(root, videos),
  web: async (root, videos) => {
    const { pairs, skipped } = await webPairs({
      annotations: join(root, webAnnotations(readdirSync(root))!),
      media: videos,
    });
    return {
      counts: { pairs: pairs.length },
      media: pairs.map(({ media }) => media),
      skipped,
      problems: noneOf(pairs, root),
    };
  },
  webdataset: async (root) => {
    const { pairs, skipped } = await webPairs({ shards: root });
    return {
      counts: { pairs: pairs.length },
      media: pairs.map(({ media }) => media),
      skipped,
      problems: noneOf(pairs, root),
    };
  },
};

/** Where takes have trajectories, EgoM2P's clips are counted and checked too; without an exocentric view, alone. */
async function withSensors(findings: Findings, root: string): Promise<Findings> {
  const takes = readTakes(join(root, 'takes.json'));
  const hasSensors = takes.some(({ takeName }) => existsSync(join(root, 'takes', takeName, 'trajectory')));
  const hasPairs = takes.some(({ exo }) => exo.length > 0);
  if (!hasSensors || (hasPairs && findings.problems.length > 0)) return findings;
  const { counts, problem, skipped } = await checkEgoM2pSource('ego-exo4d', root);
  const named = Object.entries(counts).map(([name, count]) => [`EgoM2P ${name}`, count]);
  const problems = problem ? [problemOf(problem)] : [];
  const alone = { ...findings, counts: { ...findings.counts, ...Object.fromEntries(named) }, problems };
  return hasPairs ? alone : { ...alone, skipped };
}

function egoExoFindings(root: string): Findings {
  const counts: Record<string, number> = {};
  const skipped = new SkipLog();
  const problems: Problem[] = [];
  const media = new Set<string>();
  const splits = (['train', 'val', 'test'] as const).filter((split) => existsSync(atomicDescriptions(root, split)));
  if (splits.length === 0)
    problems.push({
      where: join(root, 'annotations'),
      what: 'no atomic_descriptions_{train,val}.json',
      mend: 'download them: egoexo --parts annotations',
    });
  for (const split of splits) {
    try {
      const found = egoExoClips({ root, split });
      counts[`clips ${split}`] = found.clips.length;
      counts[`takes ${split}`] = found.statistics.groups;
      for (const { egoVideo, exoVideos } of found.clips)
        for (const path of [egoVideo, ...exoVideos.map((view) => view.path)]) media.add(path);
      found.skipped.forEach(({ item, reason }) => skipped.add(item, reason));
    } catch (error) {
      problems.push(problemOf(error));
    }
  }
  return { counts, media: [...media], skipped: skipped.report(), problems };
}

function atomicDescriptions(root: string, split: Split): string {
  return join(root, 'annotations', `atomic_descriptions_${split}.json`);
}

/** Frames of one index must show one instant: views of a take have the same number of them. */
function unequalViews(root: string, infos: ReadonlyMap<string, VideoInfo>): Problem[] {
  const file = join(root, 'takes.json');
  return readTakes(file).flatMap(({ takeName, ego, exo }) => {
    const views = [...(ego ? [ego] : []), ...exo].filter(({ path }) => infos.has(path));
    const frames = views.map(({ camId, path }) => ({ camId, count: infos.get(path)!.numFrames }));
    if (new Set(frames.map(({ count }) => count)).size <= 1) return [];
    const listed = frames.map(({ camId, count }) => `${camId} ${count}`).join(', ');
    return [
      {
        where: `${file} (take ${takeName})`,
        what: `views differ in length, so frames do not match: ${listed} frames`,
        mend: 'download the take again',
      },
    ];
  });
}

function mcqFindings(root: string, videos: string): Findings {
  const file = join(root, 'egomcq.json');
  const questions = readEgoMcq(file);
  const locator = new VideoLocator(videos);
  const skipped = new SkipLog();
  const clips = questions.flatMap(({ id, query, choices }) => [query, ...choices].map((clip) => ({ ...clip, id })));
  const media = clips.flatMap(({ id, videoUid, start, end }) => {
    const located = locator.locate(videoUid, start, end, `${file} (question ${id})`);
    if (!located) skipped.add(`question ${id}, video ${videoUid}`, 'video missing');
    return located ? [located.video] : [];
  });
  return { counts: { questions: questions.length }, media, skipped: skipped.report(), problems: noneOf(media, file) };
}

function schemaFindings(root: string, videos: string): Findings {
  const answers = join(root, 'subset_answers.json');
  const questions = readEgoSchema(join(root, 'questions.json'), existsSync(answers) ? answers : undefined);
  const skipped = new SkipLog();
  const media = questions.flatMap(({ id }) => {
    const video = egoSchemaVideo(videos, id);
    if (!video) skipped.add(`question ${id}`, 'video missing');
    return video ?? [];
  });
  const answered = questions.filter(({ answer }) => answer !== undefined).length;
  return {
    counts: { questions: questions.length, answered },
    media,
    skipped: skipped.report(),
    problems: noneOf(media, root),
  };
}

function webAnnotations(names: readonly string[]): string | undefined {
  return names.find((name) => /^annotations\.(csv|tsv|jsonl?)$/.test(name));
}

function isEgoIt(name: string): boolean {
  return /^egoit.*\.jsonl?$/i.test(name);
}

function egoItFindings(root: string, videos: string): Findings {
  const media = new Set<string>();
  const counts: Record<string, number> = {};
  const skipped = new SkipLog();
  for (const name of readdirSync(root).filter(isEgoIt)) {
    const found = readEgoIt({ file: join(root, name), videos, missingVideos: 'skip' });
    counts[`records ${name}`] = found.records.length;
    for (const { video } of found.records) media.add(video);
    skipped.addAll(found.skipped);
  }
  return { counts, media: [...media], skipped: skipped.report(), problems: noneOf([...media], root) };
}

function noneOf(usable: readonly unknown[], where: string): Problem[] {
  return usable.length > 0 ? [] : [{ where, what: 'nothing in it can be used', mend: 'see what is skipped, and why' }];
}

/** Read the packets of every file once; a cut or foreign one is a problem. */
async function openAll(media: readonly Media[], onProgress: ValidationOptions['onProgress']) {
  const queue = [...new Map(media.map((file) => [mediaName(file), file]))];
  const total = queue.length;
  const infos = new Map<string, VideoInfo>();
  const problems: Problem[] = [];
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      try {
        infos.set(next[0], await probe(next[1]));
      } catch (error) {
        problems.push(problemOf(error));
      }
      onProgress?.({ done: total - queue.length, total });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return { infos, problems };
}

function problemOf(error: unknown): Problem {
  if (!(error instanceof UserError)) throw error;
  return { where: error.where ?? '', what: error.what, mend: error.mend };
}
