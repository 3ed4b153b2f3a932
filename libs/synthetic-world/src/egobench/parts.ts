import { Random } from '@egolab/foundation';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { EgoBenchConfig, WorldConfig } from '../config.ts';
import { egteaPart, flatKitchen, kitchenPart } from '../egodtm/kitchen-parts.ts';
import type { Output } from '../recording/job.ts';
import { planTake, type PlannedTake, recordingJob, type Studio, studioOf } from '../recording/plan.ts';
import { link, list, numbered, type Part } from '../write/part.ts';
import { charadesVideos, writeCharadesEgo } from './charades.ts';
import { writeEgoExoLearn } from './ego-exo-learn.ts';
import { writeEgoPlan } from './ego-plan.ts';
import { writeEgoTaskQa } from './ego-task-qa.ts';
import { eqaEpisode, writeOpenEqa } from './open-eqa.ts';
import { writeQaEgo4d } from './qa-ego4d.ts';
import { somethingClips, writeSomething } from './something.ts';
import { vlnClips, writeVlnQa } from './vln-qa.ts';

type Splits = Readonly<Record<'train' | 'test', readonly PlannedTake[]>>;

/**
 * EgoBench and the sources of EgoIT that the Exo2Ego part doesn't write: `qaego4d/ egotaskqa/ charades-ego/ egoplan/ vlnqa/
 * openeqa/ egoexolearn/ ssv2/ ek100/ egtea/` below `root`. Test and validation questions are about held-out rooms.
 */
export function egoBenchParts(config: WorldConfig, egoBench: EgoBenchConfig, root: string): Part[] {
  const studio = studioOf(config);
  const { takeDuration } = config;
  const plan = (
    name: string,
    { train, test }: Readonly<Record<'train' | 'test', number>>,
    duration: typeof takeDuration,
  ) => ({
    train: list(train, (i) => planTake(studio, numbered(`${name}_train`, i), 'train', i, duration)),
    test: list(test, (i) => planTake(studio, numbered(`${name}_test`, i), 'heldOut', i, duration)),
  });
  return [
    qaPart(studio, plan('egobench', egoBench.takes, takeDuration), root),
    memoryPart(studio, plan('qaego4d', egoBench.long, egoBench.long.duration), join(root, 'qaego4d')),
    kitchenPart(studio, 'ek100Bench', egoBench.ek100, takeDuration, join(root, 'ek100'), flatKitchen),
    egteaPart(studio, egoBench.egtea, takeDuration, join(root, 'egtea'), { name: 'egteaBench', rooms: 'train' }),
  ];
}

/** QAEgo4D and EgoTimeQA, about longer videos. */
function memoryPart(studio: Studio, takes: Splits, root: string): Part {
  const all = [...takes.train, ...takes.test];
  return {
    jobs: all.map((planned) =>
      recordingJob(studio, planned, [{ kind: 'video', path: join(root, 'videos', `${planned.take.uid}.mp4`) }]),
    ),
    write() {
      const { train, test } = writeQaEgo4d(root, takes, studio.seed);
      return { egoTimeQa: train, qaEgo4d: test };
    },
  };
}

/** What is asked about ordinary takes, each recorded once and linked into the data sets that show it. */
function qaPart(studio: Studio, takes: Splits, root: string): Part {
  const { fps } = studio.render;
  const { seed } = studio;
  const all = [...takes.train, ...takes.test];
  const recorded = ({ take }: PlannedTake) => join(root, 'takes', `${take.uid}.mp4`);
  const charades = new Map(all.map((planned) => [planned, charadesVideos(planned)]));
  const walks = new Map(
    takes.test.map((planned) => [planned, vlnClips(planned, new Random(seed).split('vln-qa', planned.take.uid))]),
  );
  const things = new Map(all.map((planned, index) => [planned, somethingClips(planned, 1000 * (index + 1))]));
  const outputs = (planned: PlannedTake): Output[] => [
    { kind: 'video', path: recorded(planned) },
    {
      kind: 'clips',
      clips: [
        ...charades
          .get(planned)!
          .map(({ id, start, end }) => ({ path: join(root, 'charades-ego', 'videos', `${id}.mp4`), start, end })),
        ...(walks.get(planned) ?? []).map(({ file, start, end }) => ({
          path: join(root, 'vlnqa', 'videos', file),
          start,
          end,
        })),
      ],
    },
    {
      kind: 'clips',
      container: 'webm',
      clips: things
        .get(planned)!
        .map(({ id, start, end }) => ({ path: join(root, 'ssv2', 'videos', `${id}.webm`), start, end })),
    },
  ];
  return {
    jobs: all.map((planned) => recordingJob(studio, planned, outputs(planned))),
    write() {
      linkVideos(root, takes, recorded);
      const task = writeEgoTaskQa(join(root, 'egotaskqa'), takes, fps);
      const goal = writeEgoPlan(join(root, 'egoplan'), takes, fps, seed);
      const videos = (split: 'train' | 'test') => takes[split].flatMap((planned) => charades.get(planned)!);
      writeCharadesEgo(join(root, 'charades-ego'), 'train', videos('train'));
      const clips = (split: 'train' | 'test') => takes[split].flatMap((planned) => things.get(planned)!);
      writeSomething(join(root, 'ssv2'), clips('train'), clips('test'));
      return {
        egoTaskQaDirect: task.direct,
        egoTaskQaIndirect: task.indirect,
        charadesEgo: writeCharadesEgo(join(root, 'charades-ego'), 'test', videos('test')),
        egoPlan: goal.test,
        egoPlanIt: goal.train,
        vlnQa: writeVlnQa(join(root, 'vlnqa'), [...walks.values()].flat(), seed),
        openEqa: writeOpenEqa(join(root, 'openeqa'), takes.train, seed),
        egoExoLearn: writeEgoExoLearn(join(root, 'egoexolearn'), takes),
        something: clips('train').length,
      };
    },
  };
}

function linkVideos(root: string, { train, test }: Splits, recorded: (planned: PlannedTake) => string): void {
  for (const planned of [...train, ...test]) {
    const { uid } = planned.take;
    link(recorded(planned), join(root, 'egotaskqa', 'qa_videos', uid, 'fpv1.mp4'));
    link(recorded(planned), join(root, 'egoplan', 'videos', `${uid}.mp4`));
    link(recorded(planned), join(root, 'egoexolearn', 'videos', `${uid}.mp4`));
  }
  train.forEach((planned, index) =>
    link(recorded(planned), join(root, 'openeqa', 'videos', `${eqaEpisode(planned, index)}.mp4`)),
  );
  rmSync(join(root, 'takes'), { recursive: true, force: true });
}
