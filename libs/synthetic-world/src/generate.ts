import { readJsonFile, sha256, UserError, writeFileAtomic } from '@egolab/foundation';
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { type WorldConfig, type WorldConfigInput, worldConfigSchema } from './config.ts';
import { drawTake } from './take/take.ts';
import { egoFile, takeFolder, writeEgoExo4d } from './write/egoexo4d.ts';
import { writeEgoClip, writeEgoMcq } from './write/egoclip.ts';
import { writeEgoIt } from './write/egoit.ts';
import { writeEgoSchema } from './write/egoschema.ts';
import type { Job, TakeJob, TakeRecord, WebJob, WebRecord } from './write/job.ts';
import { runJobs } from './write/pool.ts';
import { writeTextCorpus } from './write/text.ts';
import { writeWeb } from './write/web.ts';

/** Raised when the same configuration gives other files. */
const VERSION = 1;
const MANIFEST = 'manifest.json';
const UNFINISHED = 'unfinished.json';

export interface WorldManifest {
  readonly version: number;
  readonly config: WorldConfig;
  readonly counts: Record<string, number>;
  /** path below the world's folder -> SHA-256 */
  readonly files: Record<string, string>;
}

export interface GenerateOptions {
  /** rendering threads; default: one per core */
  readonly workers?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Generate the world into `outDir`: `egoexo4d/ egoclip/ egoschema/ egoit/ web/ text/` and `manifest.json`. The bytes
 * depend on the configuration only. A complete world of the same configuration is kept as it is, an unfinished one is
 * made anew.
 *
 * @throws UserError when `outDir` holds something else
 */
export async function generateWorld(
  input: WorldConfigInput,
  outDir: string,
  { workers = availableParallelism(), onProgress = () => undefined }: GenerateOptions = {},
): Promise<WorldManifest> {
  const config = worldConfigSchema.parse(input);
  const present = prepare(outDir, config);
  if (present) return present;
  const plan = planJobs(config, outDir);
  const records = await runJobs(plan.jobs, workers, onProgress);
  const takes = (from: TakeJob[]) => from.map((job) => records[plan.jobs.indexOf(job)] as TakeRecord);
  const counts = writeAnnotations(config, outDir, {
    train: takes(plan.train),
    val: takes(plan.val),
    egoClip: takes(plan.egoClip),
    egoSchema: takes(plan.egoSchema),
    web: plan.web.map((job) => records[plan.jobs.indexOf(job)] as WebRecord),
  });
  rmSync(join(outDir, 'clips'), { recursive: true, force: true });
  const manifest: WorldManifest = { version: VERSION, config, counts, files: hashFiles(outDir) };
  writeFileAtomic(join(outDir, MANIFEST), JSON.stringify(manifest, null, 1));
  rmSync(join(outDir, UNFINISHED), { force: true });
  return manifest;
}

/** The manifest of a world that is already there and complete; otherwise an empty folder, marked as unfinished. */
function prepare(outDir: string, config: WorldConfig): WorldManifest | undefined {
  if (existsSync(join(outDir, MANIFEST))) {
    const manifest = readWorldManifest(outDir);
    if (JSON.stringify(manifest.config) === JSON.stringify(config) && manifest.version === VERSION) return manifest;
    throw new UserError({
      what: 'holds a synthetic world of another configuration',
      where: outDir,
      mend: 'choose another folder, or delete this one',
    });
  }
  const found = existsSync(outDir) ? readdirSync(outDir) : [];
  if (found.length > 0 && !found.includes(UNFINISHED)) {
    throw new UserError({
      what: `expected an empty folder, found ${found.slice(0, 3).join(', ')}${found.length > 3 ? ', …' : ''}`,
      where: outDir,
      mend: 'choose another folder',
    });
  }
  for (const entry of found) if (entry !== UNFINISHED) rmSync(join(outDir, entry), { recursive: true });
  writeFileAtomic(join(outDir, UNFINISHED), JSON.stringify({ config }));
  return undefined;
}

/** The manifest of a complete world. */
export function readWorldManifest(outDir: string): WorldManifest {
  const manifest = readJsonFile(join(outDir, MANIFEST)) as WorldManifest;
  const missing = Object.keys(manifest.files ?? {}).find((file) => !existsSync(join(outDir, file)));
  if (!manifest.files || missing)
    throw new UserError({
      what: `incomplete: ${missing ?? 'the list of files'} is missing`,
      where: outDir,
      mend: 'delete the folder and generate it again',
    });
  return manifest;
}

interface JobPlan {
  readonly jobs: Job[];
  readonly train: TakeJob[];
  readonly val: TakeJob[];
  readonly egoClip: TakeJob[];
  readonly egoSchema: TakeJob[];
  readonly web: WebJob[];
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
  const name = (prefix: string, index: number) => `${prefix}_${String(index).padStart(3, '0')}`;
  const list = <T>(length: number, make: (index: number) => T): T[] =>
    Array.from({ length }, (_, index) => make(index));
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
      name(split, index),
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
      name(prefix, index),
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
    request: request(name('web', index), 'web', index % config.web.rooms),
    render,
    folder: join(outDir, 'web', 'videos', PAGE_DIR),
    numClips: Math.min(perTake, config.web.clips - index * perTake),
  }));
  return { jobs: [...train, ...val, ...egoClip, ...egoSchema, ...web], train, val, egoClip, egoSchema, web };
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
  const mcq = writeEgoMcq(root('egoclip'), val, config.egoClip.questions, seed);
  for (const { uid } of egoClip) {
    link(join(root('egoclip'), 'videos', `${uid}.mp4`), join(root('egoit'), 'videos', `${uid}.mp4`));
  }
  const sum = (takes: TakeRecord[]) => takes.reduce((total, { actions }) => total + actions.length, 0);
  return {
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
}

function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  linkSync(from, to);
}

function hashFiles(outDir: string): Record<string, string> {
  const paths = (readdirSync(outDir, { recursive: true }) as string[])
    .map((path) => join(outDir, path))
    .filter((path) => statSync(path).isFile());
  const listed = paths
    .map((path) => relative(outDir, path))
    .filter((path) => path !== UNFINISHED)
    .sort();
  return Object.fromEntries(listed.map((path) => [path, sha256(readFileSync(join(outDir, path)))]));
}
