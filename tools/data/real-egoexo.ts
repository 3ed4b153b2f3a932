/**
 * Builds a data root from four real clips (Ego-Exo4D takes, an EgoClip table, captioned third-person videos as WebVid lists them), so
 * that training can run on real pixels:
 *
 *   npx tsx tools/data/real-egoexo.ts ../shared/real/clips data/real-egoexo
 *   npx nx run pipelines:stage2 --configuration=small -- --set data.root=data/real-egoexo
 *
 * One clip is egocentric, three are third-person; each pairing of them becomes a take. The views of a take were NOT filmed
 * together and the narrations are made up: the folder checks that everything fits together, nothing that is measured on it
 * means anything.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError, writeFileAtomic } from '@egolab/foundation';
import { decodeFrames, probe, writeVideo } from '@egolab/video';

const egoClip = 'ego_lavila_ego4d_2s.mp4';
const exoClips = [
  'exo_mixkit_baker_bread_4s.gif',
  'exo_videollama2_sample_demo_1.mp4',
  'exo_videollama2_sample_demo_3.mp4',
];

/** Seconds of a take, its frame rate and its narrations (two annotators, one pass rejected, as in the release). */
const duration = 2;
const fps = 30;
const narrations = [
  {
    annotator: '1001',
    rejected: false,
    told: [
      [0.3, 'C holds the pan with his left hand.'],
      [0.9, 'C stirs the food with the spatula.'],
      [1.6, 'C moves the spatula to the edge of the pan.'],
    ],
  },
  {
    annotator: '1002',
    rejected: false,
    told: [
      [0.5, 'C stirs the food in the pan with his right hand.'],
      [1.4, 'C lifts the spatula.'],
    ],
  },
  { annotator: '1003', rejected: true, told: [[1.0, 'C does something.']] },
] as const;

/** What the third-person clips show, for the web source of the initialisation. */
const captions: Record<(typeof exoClips)[number], string> = {
  'exo_mixkit_baker_bread_4s.gif': 'a baker at work with bread',
  'exo_videollama2_sample_demo_1.mp4': 'a scene seen by a camera that stands still',
  'exo_videollama2_sample_demo_3.mp4': 'another scene seen by a camera that stands still',
};

/** The views of one take, in the release's names. */
const takes = [
  { name: 'real_kitchen_001_1', split: 'train', exo: [exoClips[0], exoClips[1]] },
  { name: 'real_kitchen_001_2', split: 'train', exo: [exoClips[1], exoClips[2]] },
  { name: 'real_kitchen_002_1', split: 'val', exo: [exoClips[2], exoClips[0]] },
] as const;

/**
 * @param clips folder with the four clips
 * @param out folder to make; one that an earlier call made is replaced
 * @param size side of the square videos in pixels
 */
export async function buildRealEgoExo(clips: string, out: string, size = 224): Promise<void> {
  if (existsSync(out) && !isOwn(out)) {
    throw new UserError({
      what: 'the folder holds something else and would be replaced',
      where: resolve(out),
      mend: 'name a new folder',
    });
  }
  const missing = [egoClip, ...exoClips].filter((name) => !existsSync(join(clips, name)));
  if (missing.length > 0) {
    throw new UserError({
      what: `expected the clips ${missing.join(', ')}`,
      where: resolve(clips),
      mend: 'give the folder that holds them; they are not part of this repository',
    });
  }
  const partial = `${resolve(out)}.partial`;
  rmSync(partial, { recursive: true, force: true });
  await writeEgoExo4d(clips, join(partial, 'egoexo4d'), size);
  await writeEgoClip(clips, join(partial, 'egoclip'), size);
  await writeWebVideos(clips, join(partial, 'web'), size);
  writeFileAtomic(join(partial, 'README.md'), readme);
  rmSync(out, { recursive: true, force: true });
  renameSync(partial, out);
}

async function writeEgoExo4d(clips: string, root: string, size: number): Promise<void> {
  for (const { name, exo } of takes) {
    const folder = join(root, 'takes', name, 'frame_aligned_videos');
    mkdirSync(folder, { recursive: true });
    await reencode(join(clips, egoClip), join(folder, 'aria01_214-1.mp4'), size);
    for (const [index, clip] of exo.entries())
      await reencode(join(clips, clip), join(folder, `cam0${index + 1}.mp4`), size);
  }
  writeJson(
    join(root, 'takes.json'),
    takes.map(({ name, exo }) => takeEntry(name, exo.length)),
  );
  for (const split of ['train', 'val'] as const) {
    const own = takes.filter((take) => take.split === split);
    const annotations = Object.fromEntries(
      own.map(({ name }) => [takeUid(name), narrations.map((pass) => annotationPass(name, pass))]),
    );
    writeJson(join(root, 'annotations', `atomic_descriptions_${split}.json`), { annotations });
  }
  const splits = Object.fromEntries(takes.map(({ name, split }) => [takeUid(name), split]));
  writeJson(join(root, 'annotations', 'splits.json'), { take_uid_to_split: splits });
}

/** The first annotator's narrations of the egocentric clip, each with half a second around it. */
async function writeEgoClip(clips: string, root: string, size: number): Promise<void> {
  const video = '00000000-0000-4000-8000-000000000001';
  mkdirSync(join(root, 'videos'), { recursive: true });
  await reencode(join(clips, egoClip), join(root, 'videos', `${video}.mp4`), size);
  const columns =
    'clip_idx video_uid video_dur narration_source narration_ind narration_time clip_start clip_end clip_text tag_verb tag_noun';
  const rows = narrations[0].told.map(([time, text], i) =>
    [
      i,
      video,
      duration,
      'narration_pass_1',
      i,
      time,
      time - 0.25,
      Math.min(duration, time + 0.25),
      `#${text}`,
      '[]',
      '[]',
    ].join('\t'),
  );
  writeFileAtomic(join(root, 'egoclip.csv'), [columns.split(' ').join('\t'), ...rows, ''].join('\n'));
}

async function writeWebVideos(clips: string, root: string, size: number): Promise<void> {
  const page = '000001_000050';
  mkdirSync(join(root, 'videos', page), { recursive: true });
  for (const [i, clip] of exoClips.entries())
    await reencode(join(clips, clip), join(root, 'videos', page, `real_${i}.mp4`), size);
  const rows = exoClips.map(
    (clip, i) => `real_${i},videos/${page}/real_${i}.mp4,PT00H00M0${duration}S,${page},"${captions[clip]}"`,
  );
  writeFileAtomic(join(root, 'annotations.csv'), ['videoid,contentUrl,duration,page_dir,name', ...rows, ''].join('\n'));
}

function isOwn(folder: string): boolean {
  const file = join(folder, 'README.md');
  return readdirSync(folder).length === 0 || (existsSync(file) && readFileSync(file, 'utf8') === readme);
}

/** The first seconds of a clip at the common rate and size: a frame shows what the clip shows at its instant. */
async function reencode(clip: string, path: string, size: number): Promise<void> {
  const { duration: available } = await probe(clip);
  const end = Math.min(duration, available);
  const { data, numFrames } = await decodeFrames(clip, {
    start: 0,
    end,
    numFrames: duration * fps,
    sampler: 'videollama2-v1',
    size,
    aspect: 'crop',
  });
  await writeVideo(path, { data, numFrames, height: size, width: size }, { fps });
}

function takeUid(name: string): string {
  return `00000000-0000-4000-8000-${name.replace(/\D/g, '').padStart(12, '0')}`;
}

function takeEntry(name: string, exoCameras: number) {
  const cameras = Array.from({ length: exoCameras }, (_, index) => `cam0${index + 1}`);
  const stream = (file: string) => ({ relative_path: `frame_aligned_videos/${file}.mp4` });
  return {
    take_uid: takeUid(name),
    take_name: name,
    root_dir: `takes/${name}`,
    parent_task_name: 'Cooking',
    task_name: 'Plumbing check',
    best_exo: 'cam01',
    duration_sec: duration,
    is_dropped: false,
    frame_aligned_videos: {
      aria01: { rgb: stream('aria01_214-1') },
      ...Object.fromEntries(cameras.map((camera) => [camera, { '0': stream(camera) }])),
    },
    capture: {
      cameras: [{ cam_id: 'aria01', is_ego: true }, ...cameras.map((camera) => ({ cam_id: camera, is_ego: false }))],
    },
  };
}

function annotationPass(name: string, { annotator, rejected, told }: (typeof narrations)[number]) {
  const descriptions = told.map(([timestamp, text]) => ({
    text,
    timestamp,
    subject: 'C',
    ego_visible: true,
    best_exo: { raw_cam_id: '1', cam_id: 'cam01' },
    unsure: false,
  }));
  return {
    annotation_uid: `${takeUid(name)}-${annotator}`,
    annotator_id: annotator,
    rejected,
    reject_reason: rejected ? 'too vague' : null,
    descriptions,
  };
}

function writeJson(path: string, value: unknown): void {
  writeFileAtomic(path, `${JSON.stringify(value, null, 1)}\n`);
}

const readme = `# Plumbing check on real pixels

Three takes in the shape of Ego-Exo4D, an EgoClip table and three captioned videos, cut and re-encoded from one first-person and three
third-person clips.
The views of a take show different scenes, and the narrations were written for this folder. It shows that decoding,
clip windows, training and evaluation run on real video. No number measured on it says anything about a model.
The clips have terms of their own: keep this folder local.
`;

const usage = `usage: npx tsx tools/data/real-egoexo.ts CLIPS OUT [SIZE]
  CLIPS  folder with the four clips (../shared/real/clips)
  OUT    folder to make
  SIZE   side of the videos in pixels, default 224
`;

async function main([clips, out, size]: readonly string[]): Promise<void> {
  if (!clips || !out) throw new UserError({ what: usage });
  await buildRealEgoExo(clips, out, size ? Number(size) : undefined);
  process.stdout.write(
    `${out}: ${takes.length} takes in the shape of Ego-Exo4D, an EgoClip table and captioned videos\n`,
  );
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  });
}
