import { Random } from '@egolab/foundation';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { WorldConfig } from '../config.ts';
import { drawTake } from '../take/take.ts';
import { egoFile, takeFolder, writeEgoExo4d } from './egoexo4d.ts';
import { writeEgoClip, writeEgoMcq } from './egoclip.ts';
import { writeEgoIt } from './egoit.ts';
import { writeEgoSchema } from './egoschema.ts';
import type { TakeJob, TakeRecord, WebJob, WebRecord } from './job.ts';
import { link, list, numbered, type Part } from './part.ts';
import { writeTextCorpus } from './text.ts';
import { writeWeb } from './web.ts';

interface JobPlan {
  readonly train: TakeJob[];
  readonly val: TakeJob[];
  readonly egoClip: TakeJob[];
  readonly egoSchema: TakeJob[];
  readonly web: WebJob[];
}

/** What the Exo2Ego pipeline reads: `egoexo4d/ egoclip/ egoschema/ egoit/ web/ text/`. */
export function exo2EgoPart(config: WorldConfig, outDir: string): Part {
  const plan = planJobs(config, outDir);
  const groups = [plan.train, plan.val, plan.egoClip, plan.egoSchema, plan.web];
  return {
    jobs: groups.flat(),
    write(records) {
      const rest = [...records];
      const take = (jobs: readonly unknown[]) => rest.splice(0, jobs.length);
      const [train, val, egoClip, egoSchema] = groups.slice(0, 4).map((jobs) => take(jobs) as TakeRecord[]);
      return writeAnnotations(config, outDir, { train, val, egoClip, egoSchema, web: rest as WebRecord[] });
    },
  };
}

function planJobs(config: WorldConfig, outDir: string): JobPlan {
  const { seed, size, fps, samples, crf, takeDuration } = config;
  const render = { size, fps, samples, crf };
  const { numExo } = config.egoExo4d;
  const request = (name: string, split: 'train' | 'heldOut' | 'web', room: number) => ({
    name,
    split,
    room,
    seed,
    duration: takeDuration,
    numExo,
  });
  const nowhere = {
    render,
    kind: 'take' as const,
    egoVideo: null,
    exoFolder: null,
    sensorFolder: null,
    episodeFolder: null,
    groundTruth: null,
  };
  const egoExo = join(outDir, 'egoexo4d');

  const egoExoJob = (split: 'train' | 'val', index: number): TakeJob => {
    const held = split === 'val';
    const take = request(
      numbered(split, index),
      held ? 'heldOut' : 'train',
      index % (held ? config.rooms.heldOut : config.rooms.train),
    );
    const folder = join(egoExo, takeFolder(take.name));
    const truth =
      index < config.groundTruth.takes
        ? { folder: join(folder, 'ground-truth'), everyFrames: config.groundTruth.everyFrames }
        : null;
    return {
      ...nowhere,
      request: take,
      egoVideo: join(egoExo, egoFile(take.name)),
      exoFolder: join(folder, 'frame_aligned_videos'),
      sensorFolder: folder,
      episodeFolder: held ? clipFolder(outDir, take.name) : null,
      groundTruth: truth,
    };
  };
  const egoItJob = (prefix: string, split: 'train' | 'heldOut', index: number): TakeJob => {
    const take = request(
      numbered(prefix, index),
      split,
      index % (split === 'train' ? config.rooms.train : config.rooms.heldOut),
    );
    const { uid } = drawTake(take);
    const dataset = split === 'train' ? 'egoclip' : 'egoit';
    const episodeFolder = split === 'train' ? null : clipFolder(outDir, take.name);
    return { ...nowhere, request: take, egoVideo: join(outDir, dataset, 'videos', `${uid}.mp4`), episodeFolder };
  };
  const train = list(config.egoExo4d.trainTakes, (index) => egoExoJob('train', index));
  const val = list(config.egoExo4d.valTakes, (index) => egoExoJob('val', index));
  const egoClip = list(config.egoClip.takes, (index) => egoItJob('egoclip', 'train', index));
  const egoSchema = list(config.egoSchema.takes, (index) => egoItJob('egoschema', 'heldOut', index));
  const perTake = 8;
  const web = list(Math.ceil(config.web.clips / perTake), (index): WebJob => ({
    kind: 'web',
    request: request(numbered('web', index), 'web', index % config.web.rooms),
    render,
    folder: join(outDir, 'web', 'videos', PAGE_DIR),
    numClips: Math.min(perTake, config.web.clips - index * perTake),
  }));
  return { train, val, egoClip, egoSchema, web };
}

const PAGE_DIR = '000001_000050';
const clipFolder = (outDir: string, name: string): string => join(outDir, 'clips', name);

type Records = Record<'train' | 'val' | 'egoClip' | 'egoSchema', TakeRecord[]> & { web: WebRecord[] };

function writeAnnotations(
  config: WorldConfig,
  outDir: string,
  { train, val, egoClip, egoSchema, web }: Records,
): Record<string, number> {
  const { seed } = config;
  const root = (dataset: string) => join(outDir, dataset);
  writeEgoExo4d(root('egoexo4d'), { train, val }, config.egoExo4d.numExo, config.fps, seed);
  for (const take of val)
    link(join(root('egoexo4d'), egoFile(take.name)), join(root('egoclip'), 'videos', `${take.uid}.mp4`));
  const mcq = writeEgoMcq(root('egoclip'), val, config.egoClip.questions, new Random(seed).split('egomcq'));
  for (const { uid } of egoClip) {
    link(join(root('egoclip'), 'videos', `${uid}.mp4`), join(root('egoit'), 'videos', `${uid}.mp4`));
  }
  const sum = (takes: TakeRecord[]) => takes.reduce((total, { actions }) => total + actions.length, 0);
  const counts = {
    trainTakes: train.length,
    valTakes: val.length,
    trainActions: sum(train),
    valActions: sum(val),
    egoClip: writeEgoClip(root('egoclip'), egoClip),
    egoMcqInter: mcq.inter,
    egoMcqIntra: mcq.intra,
    egoSchema: writeEgoSchema(root('egoschema'), [...val, ...egoSchema], (take) => clipFolder(outDir, take.name), seed),
    egoItTrain: writeEgoIt(root('egoit'), 'train', egoClip, config.egoIt.recordsPerTake, seed),
    egoItVal: writeEgoIt(root('egoit'), 'val', egoSchema, config.egoIt.recordsPerTake, seed),
    web: writeWeb(root('web'), web, PAGE_DIR, seed),
    text: writeTextCorpus(root('text'), config),
  };
  rmSync(join(outDir, 'clips'), { recursive: true, force: true });
  return counts;
}
