import { Random } from '@egolab/foundation';
import { join } from 'node:path';
import type { EgoDtmConfig } from '../config.ts';
import { factOf } from '../language/fact.ts';
import { planTake, type PlannedTake, recordingJob, type Studio } from '../recording/plan.ts';
import type { TakeRecord } from '../write/job.ts';
import { list, numbered, type Part } from '../write/part.ts';
import { type KitchenVideo, kitchenVideoFile, writeKitchenClasses, writeKitchenRetrieval } from './ek100.ts';
import { EGTEA_FOLDS, egteaClipId, type EgteaClip, egteaVideo, writeEgtea } from './egtea.ts';

type Duration = readonly [number, number];
const two = (index: number): string => String(index).padStart(2, '0');

/** Where the files of EPIC-KITCHENS lie below its root. */
export interface KitchenLayout {
  /** folder of the retrieval CSVs */
  readonly annotations: string;
  video(video: KitchenVideo): string;
}

/** As it is downloaded: `retrieval_annotations/`, `P01/videos/P01_101.MP4`. */
const downloaded: KitchenLayout = { annotations: 'retrieval_annotations', video: kitchenVideoFile };
/** Annotations at the top, `videos/P01/P01_101.MP4`. */
export const flatKitchen: KitchenLayout = {
  annotations: '.',
  video: ({ participant, id }) => join('videos', participant, `${id}.MP4`),
};

/** EPIC-KITCHENS-100 multi-instance retrieval; a participant is a room. */
export function kitchenPart(
  studio: Studio,
  name: string,
  { trainTakes, testTakes }: EgoDtmConfig['ek100'],
  duration: Duration,
  root: string,
  layout = downloaded,
): Part {
  const { fps, width, height } = studio.render;
  const plan = (split: 'train' | 'heldOut', count: number, firstParticipant: number) =>
    list(count, (index) => {
      const planned = planTake(studio, numbered(`${name}_${split}`, index), split, index, duration);
      const participant = `P${two(firstParticipant + planned.request.room)}`;
      return { planned, video: { participant, id: `${participant}_${101 + index}` } satisfies KitchenVideo };
    });
  const train = plan('train', trainTakes, 1);
  const test = plan('heldOut', testTakes, 1 + studio.rooms.train);
  const all = [...train, ...test];
  return {
    jobs: all.map(({ planned, video }) =>
      recordingJob(studio, planned, [{ kind: 'video', path: join(root, layout.video(video)) }]),
    ),
    write(records) {
      const takes = all.map(({ video }, index) => ({ video, take: records[index] as TakeRecord, fps }));
      const random = new Random(studio.seed).split(name);
      writeKitchenClasses(root, takes, `${width}x${height}`);
      const trained = writeKitchenRetrieval(
        join(root, layout.annotations),
        'train',
        takes.slice(0, trainTakes),
        random.split('train'),
      );
      const tested = writeKitchenRetrieval(
        join(root, layout.annotations),
        'test',
        takes.slice(trainTakes),
        random.split('test'),
      );
      return {
        [`${name}TrainClips`]: trained.clips,
        [`${name}TestClips`]: tested.clips,
        [`${name}TestSentences`]: tested.sentences,
      };
    },
  };
}

/** EGTEA Gaze+: the actions of takes, cut out; a room belongs to one fold. */
export function egteaPart(
  studio: Studio,
  { takes: count }: EgoDtmConfig['egtea'],
  duration: Duration,
  root: string,
  { name, rooms }: { name: string; rooms: 'train' | 'heldOut' } = { name: 'egtea', rooms: 'heldOut' },
): Part {
  const takes = list(count, (index) => planTake(studio, numbered(name, index), rooms, index, duration));
  const clips = takes.map((planned, index) => clipsOf(studio, planned, index));
  return {
    jobs: takes.map((planned, index) =>
      recordingJob(studio, planned, [
        {
          kind: 'clips',
          clips: clips[index].map(({ clip, start, end }) => ({ path: join(root, egteaVideo(clip)), start, end })),
        },
      ]),
    ),
    write() {
      const written = writeEgtea(
        root,
        clips.flat().map(({ clip }) => clip),
      );
      return { [`${name}Clips`]: written.clips, [`${name}Classes`]: written.classes };
    },
  };
}

function clipsOf(
  { render }: Studio,
  { take, request }: PlannedTake,
  index: number,
): { clip: EgteaClip; start: number; end: number }[] {
  const [activity] = take.plan.activities;
  const recipe = (activity?.goal ?? 'kitchen').split(' ').map((word) => word[0].toUpperCase() + word.slice(1));
  const session = `P${two(request.room + 1)}-R${two(index + 1)}-${recipe.join('')}`;
  return take.plan.actions.map((action) => {
    const { start, end } = action;
    const fact = factOf(action, take.plan, take.wearer.pronoun);
    const clip = { session, id: egteaClipId(session, start, end, render.fps), fact, fold: request.room % EGTEA_FOLDS };
    return { clip, start, end };
  });
}
