import { Random, writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import type { EgoDtmConfig } from '../config.ts';
import { h2oFrame } from '../recording/h2o.ts';
import type { RecordingRecord } from '../recording/job.ts';
import { planTake, recordingJob, type Studio } from '../recording/plan.ts';
import type { TakeRecord } from '../write/job.ts';
import { list, numbered, type Part } from '../write/part.ts';
import { nlqClipFile, nlqClips, writeNlq } from './nlq.ts';
import { writeVisorHos } from './visor.ts';

type Duration = readonly [number, number];

/** Ego4D natural language queries: `nlq_{train,val}.json`, `clips/<clip uid>.mp4`. */
export function nlqPart(
  studio: Studio,
  { trainTakes, valTakes, duration, clipsPerVideo }: EgoDtmConfig['nlq'],
  root: string,
): Part {
  const { fps } = studio.render;
  const random = new Random(studio.seed).split('nlq');
  const plan = (split: 'train' | 'val', count: number) =>
    list(count, (index) => {
      const room = split === 'train' ? 'train' : 'heldOut';
      const planned = planTake(studio, numbered(`nlq_${split}`, index), room, index, duration);
      return { split, planned, clips: nlqClips(planned.numFrames, fps, clipsPerVideo, random.split(planned.take.uid)) };
    });
  const all = [...plan('train', trainTakes), ...plan('val', valTakes)];
  return {
    jobs: all.map(({ planned, clips }) => {
      // a clip ends before the frame at which the next one begins
      const files = clips.map((clip) => ({
        path: join(root, nlqClipFile(clip)),
        start: clip.start,
        end: clip.end - 1 / fps,
      }));
      return recordingJob(studio, planned, [{ kind: 'clips', clips: files }]);
    }),
    write(records) {
      const videos = all.map((video, index) => ({ ...video, take: records[index] as TakeRecord }));
      const write = (split: 'train' | 'val') =>
        writeNlq(
          root,
          split,
          videos.filter((video) => video.split === split),
          fps,
          random,
        );
      return { nlqTrainQueries: write('train'), nlqValQueries: write('val') };
    },
  };
}

/** Sequences of a subject of H2O. */
const h2oSequences = ['h1', 'h2', 'k1', 'k2', 'o1', 'o2'] as const;
const H2O_SUBJECTS = 4;

/** The official split: subjects 1 to 3 train, with the last three sequences of the third for validation; subject 4 tests. */
function h2oSplit(subject: number, sequence: string): 'train' | 'val' | 'test' {
  if (subject === H2O_SUBJECTS) return 'test';
  return subject === H2O_SUBJECTS - 1 && ['k2', 'o1', 'o2'].includes(sequence) ? 'val' : 'train';
}

/** H2O: `subjectN/<sequence>/<take>/cam4/…` and `label_split/pose_{train,val,test}.txt`; a subject has a room of its own. */
export function h2oPart(
  studio: Studio,
  name: string,
  { takesPerSequence, duration }: EgoDtmConfig['h2o'],
  root: string,
): Part {
  const takes = list(H2O_SUBJECTS, (index) => index + 1).flatMap((subject) =>
    h2oSequences.flatMap((sequence) =>
      list(takesPerSequence, (index) => {
        const split = h2oSplit(subject, sequence);
        const [rooms, room] = split === 'test' ? (['heldOut', 0] as const) : (['train', subject - 1] as const);
        const planned = planTake(studio, `${name}_${subject}_${sequence}_${index}`, rooms, room, duration);
        return { split, planned, folder: `subject${subject}/${sequence}/${index}` };
      }),
    ),
  );
  return {
    jobs: takes.map(({ planned, folder }) =>
      recordingJob(studio, planned, [{ kind: 'h2o', folder: join(root, folder) }]),
    ),
    write() {
      const counts = (['train', 'val', 'test'] as const).map((split) => {
        const paths = takes
          .filter((take) => take.split === split)
          .flatMap(({ folder, planned }) =>
            list(planned.numFrames, (frame) => `${folder}/cam4/rgb/${h2oFrame(frame)}.png\n`),
          );
        writeFileAtomic(join(root, 'label_split', `pose_${split}.txt`), paths.join(''));
        return [`${name}${split[0].toUpperCase()}${split.slice(1)}Frames`, paths.length] as const;
      });
      return Object.fromEntries(counts);
    },
  };
}

/** VISOR-HOS: `annotations/{train,val}.json` (COCO), `images/{train,val}/`. */
export function visorPart(
  studio: Studio,
  { trainTakes, valTakes, everyFrames }: EgoDtmConfig['visor'],
  duration: Duration,
  root: string,
): Part {
  const plan = (split: 'train' | 'val', count: number) =>
    list(count, (index) => {
      const room = split === 'train' ? 'train' : 'heldOut';
      const planned = planTake(studio, numbered(`visor_${split}`, index), room, index, duration);
      const participant = `P${String(planned.request.room + (split === 'train' ? 1 : 1 + studio.rooms.train)).padStart(2, '0')}`;
      return { split, planned, prefix: `${participant}_${101 + index}` };
    });
  const all = [...plan('train', trainTakes), ...plan('val', valTakes)];
  const { width, height } = studio.render;
  return {
    jobs: all.map(({ split, planned, prefix }) =>
      recordingJob(studio, planned, [
        { kind: 'hand-object-frames', folder: join(root, 'images', split), prefix, everyFrames },
      ]),
    ),
    write(records) {
      const write = (split: 'train' | 'val') => {
        const frames = all.flatMap((take, index) =>
          take.split === split ? (records[index] as RecordingRecord).labelled : [],
        );
        return writeVisorHos(join(root, 'annotations', `${split}.json`), frames, width, height).annotations;
      };
      return { visorTrainAnnotations: write('train'), visorValAnnotations: write('val') };
    },
  };
}
