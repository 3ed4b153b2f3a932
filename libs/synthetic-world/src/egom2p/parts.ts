import { egoM2pSources, evaluationSources, type EgoM2pSource } from '@egolab/ego-data';
import { writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import type { EgoM2pConfig, WorldConfig } from '../config.ts';
import { h2oFrame } from '../recording/h2o.ts';
import { planTake, type PlannedTake, recordingJob, type Studio, studioOf } from '../recording/plan.ts';
import type { TakeRecord } from '../write/job.ts';
import { writeEgoExo4d } from '../write/egoexo4d.ts';
import { list, numbered, type Part } from '../write/part.ts';

/** A planned sequence of a source. */
interface Sequence {
  readonly planned: PlannedTake;
  readonly heldOut: boolean;
  /** where it lies in the data set */
  readonly path: string;
}

/** Sources whose depth is a pseudo-labeller's (Table 1). */
const pseudoLabelled: readonly EgoM2pSource[] = ['holoassist', 'hot3d-aria', 'hot3d-quest', 'arctic', 'taco'];
/** HoloAssist's pictures are 896x504, those of the others are taken as squares. */
const wide: readonly EgoM2pSource[] = ['holoassist'];
const ASPECT = 16 / 9;

/** EgoM2P's eight sources of Table 1 and the three that it is only evaluated on, each in `root/<source>`. */
export function egoM2pParts(config: WorldConfig, egoM2p: EgoM2pConfig, root: string): Part[] {
  return egoM2pSources.map((source) => sourcePart(source, egoM2pStudio(config, egoM2p, source), egoM2p, root));
}

/**
 * How one source's sequences are planned and recorded. The rooms of the sources that pretraining never sees have other looks.
 */
export function egoM2pStudio(
  config: WorldConfig,
  { fps, pictureFps, objects, headShare }: EgoM2pConfig,
  source: EgoM2pSource,
): Studio {
  const { render, ...rest } = studioOf(config);
  const width = wide.includes(source) ? 2 * Math.round((render.height * ASPECT) / 2) : render.width;
  const looks = evaluationSources.some((name) => name === source) ? 'other' : 'usual';
  return { ...rest, objects, looks, render: { ...render, width, fps, pictureFps, headShare } };
}

/** The room of a source's first take; rooms are taken in turn, so that data sets share none while there are enough. */
export function firstRoom({ takes }: EgoM2pConfig, source: EgoM2pSource, split: 'train' | 'heldOut'): number {
  const before = egoM2pSources.slice(0, egoM2pSources.indexOf(source));
  return before.reduce((sum, name) => sum + takes[name][split], 0);
}

function sourcePart(source: EgoM2pSource, studio: Studio, config: EgoM2pConfig, root: string): Part {
  const { duration, takes } = config;
  const folder = join(root, source);
  const plan = (heldOut: boolean, count: number) => {
    const split = heldOut ? 'heldOut' : 'train';
    const room = firstRoom(config, source, split);
    return list(count, (index): Sequence => {
      const name = numbered(`${source}_${heldOut ? 'val' : 'train'}`, index);
      const planned = planTake(studio, name, split, room + index, duration);
      return { planned, heldOut, path: paths[source](planned, index, heldOut) };
    });
  };
  const { train, heldOut } = takes[source];
  const sequences = [...plan(false, train), ...plan(true, heldOut)];
  const pseudo = join(root, 'pseudo-depth', source);
  return {
    jobs: sequences.map(({ planned, path }) =>
      recordingJob(studio, planned, [
        {
          kind: 'egom2p',
          source,
          root: folder,
          path,
          pseudoDepth: pseudoLabelled.includes(source) ? { folder: pseudo, name: path.replaceAll('/', '_') } : null,
          crf: studio.render.crf,
        },
      ]),
    ),
    write(records) {
      if (sequences.length > 0) lists[source]?.(folder, sequences, records as TakeRecord[], studio);
      return { [source]: sequences.length };
    },
  };
}

const two = (index: number): string => String(index).padStart(2, '0');
/** Participants of HOT3D whom EgoM2P's release keeps for validation; the others train. */
const hot3dHeldOut = ['P0001', 'P0014'];
const hot3dTraining = ['P0002', 'P0003', 'P0007', 'P0009', 'P0010', 'P0011', 'P0012', 'P0015'];
const goalOf = ({ take }: PlannedTake): string => take.plan.activities[0]?.goal ?? 'kitchen';

function hot3dPath({ take }: PlannedTake, index: number, heldOut: boolean): string {
  const participants = heldOut ? hot3dHeldOut : hot3dTraining;
  return `${participants[index % participants.length]}_${take.uid.slice(0, 8)}`;
}

/** How each source calls its sequences. */
const paths: Record<EgoM2pSource, (planned: PlannedTake, index: number, heldOut: boolean) => string> = {
  'ego-exo4d': ({ take }) => take.name,
  holoassist: (planned, index, heldOut) =>
    `R${String(index + (heldOut ? 100 : 1)).padStart(3, '0')}-7July-${goalOf(planned).split(' ').at(-1)}`,
  'hot3d-aria': hot3dPath,
  'hot3d-quest': hot3dPath,
  // EgoM2P's release validates on subject 5
  arctic: (_, index, heldOut) =>
    `${heldOut ? 's05' : ['s01', 's02', 's04', 's06'][index % 4]}/box_use_${two(index + 1)}`,
  taco: ({ take }, index) => `${tripletOf(take)}/20231105_${String(index + 1).padStart(3, '0')}`,
  // H2O validates on what subject 3 does in the office, and tests on subject 4
  h2o: (_, index, heldOut) => {
    if (!heldOut) return `subject${(index % 2) + 1}/k1/${Math.floor(index / 2)}`;
    return index % 4 === 3 ? `subject4/k1/${Math.floor(index / 4)}` : `subject3/o2/${index}`;
  },
  egogen: ({ take }) => take.name,
  adt: ({ take }, index) => `Apartment_release_work_skeleton_seq${100 + index}_${take.uid.slice(0, 4)}`,
  hoi4d: ({ request }, index) => `ZY20210800001/H1/C2/N${two(index + 1)}/S${100 + request.room}/s01/T1`,
  ase: (_, index) => `train/${index}`,
};

/** `(stir, spoon, bowl)`: what is done with which tool to what, of the first action with a tool. */
function tripletOf({ plan: { actions, placements } }: PlannedTake['take']): string {
  const name = (index: number | null) => (index === null ? 'table' : placements[index].category);
  const used = actions.find(({ tool }) => tool !== null);
  if (used) return `(${used.verb}, ${name(used.tool)}, ${name(used.object)})`;
  const other = actions.find(({ object }) => object !== null);
  return `(${other?.verb ?? 'walk'}, hand, ${name(other?.object ?? null)})`;
}

type WriteLists = (root: string, sequences: readonly Sequence[], records: TakeRecord[], studio: Studio) => void;

const lines = (path: string, items: readonly string[]) =>
  writeFileAtomic(path, items.map((item) => `${item}\n`).join(''));
const named = (sequences: readonly Sequence[], heldOut: boolean) =>
  sequences.filter((sequence) => sequence.heldOut === heldOut).map(({ path }) => path);

/** Split lists and other files about all sequences of a source. */
const lists: Partial<Record<EgoM2pSource, WriteLists>> = {
  'ego-exo4d'(root, sequences, records, { seed, render }) {
    const takes = (heldOut: boolean) => records.filter((_, index) => sequences[index].heldOut === heldOut);
    writeEgoExo4d(root, { train: takes(false), val: takes(true) }, 0, render.fps, seed);
  },
  holoassist(root, sequences) {
    lines(join(root, 'data_split', 'train-v1_2.txt'), named(sequences, false));
    lines(join(root, 'data_split', 'val-v1_2.txt'), named(sequences, true));
  },
  arctic(root, sequences, _, { render: { width, height } }) {
    const subjects = [...new Set(sequences.map(({ path }) => path.split('/')[0]))].sort();
    const about = { ioi_offset: 1, image_size: [[width, height]], gender: 'neutral' };
    writeFileAtomic(
      join(root, 'meta', 'misc.json'),
      JSON.stringify(Object.fromEntries(subjects.map((subject) => [subject, about]))),
    );
  },
  h2o(root, sequences) {
    const frames = (test: (path: string, heldOut: boolean) => boolean) =>
      sequences
        .filter(({ path, heldOut }) => test(path, heldOut))
        .flatMap(({ path, planned }) => list(planned.numFrames, (frame) => `${path}/cam4/rgb/${h2oFrame(frame)}.png`));
    const listed = (split: string, paths: readonly string[]) =>
      lines(join(root, 'label_split', `pose_${split}.txt`), paths);
    listed(
      'train',
      frames((_, heldOut) => !heldOut),
    );
    listed(
      'val',
      frames((path) => path.startsWith('subject3')),
    );
    listed(
      'test',
      frames((path) => path.startsWith('subject4')),
    );
  },
};
