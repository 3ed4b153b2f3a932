import { Random } from '@egolab/foundation';
import { join } from 'node:path';
import type { EgoDtmConfig } from '../config.ts';
import { planTake, type PlannedTake, recordingJob, type Studio } from '../recording/plan.ts';
import { alphaOf, clipWindow, narrationTime, writeEgoClip, writeEgoMcq } from '../write/egoclip.ts';
import type { TakeRecord } from '../write/job.ts';
import { list, numbered, type Part } from '../write/part.ts';

/**
 * EgoClip with exact geometry: `egoclip.csv` (training rooms), `egoclip_val.csv` and `egomcq.json` (held-out rooms),
 * `videos/<uid>.mp4`, and of every clip what `writeClipTruth` writes.
 */
export function egoClipPart(
  studio: Studio,
  { trainTakes, valTakes, questions }: EgoDtmConfig['egoClip'],
  duration: readonly [number, number],
  root: string,
): Part {
  const train = list(trainTakes, (index) =>
    planTake(studio, numbered('egodtm_egoclip_train', index), 'train', index, duration),
  );
  const val = list(valTakes, (index) =>
    planTake(studio, numbered('egodtm_egoclip_val', index), 'heldOut', index, duration),
  );
  return {
    jobs: [train, val].flatMap((takes) => {
      const alpha = alphaOf(takes.map(shown));
      return takes.map((planned) =>
        recordingJob(studio, planned, [
          { kind: 'video', path: join(root, 'videos', `${planned.take.uid}.mp4`) },
          { kind: 'clip-truth', root, clips: clipsOf(planned, alpha) },
        ]),
      );
    }),
    write(records) {
      const takes = records as TakeRecord[];
      const [trained, held] = [takes.slice(0, trainTakes), takes.slice(trainTakes)];
      const mcq = writeEgoMcq(root, held, questions, new Random(studio.seed).split('egodtm', 'egomcq'));
      return {
        egoDtmClips: writeEgoClip(root, trained),
        egoDtmValClips: writeEgoClip(root, held, 'egoclip_val.csv'),
        egoDtmMcqInter: mcq.inter,
        egoDtmMcqIntra: mcq.intra,
      };
    },
  };
}

const shown = ({ take, duration }: PlannedTake) => ({ actions: take.plan.actions, duration });

function clipsOf(planned: PlannedTake, alpha: number) {
  return planned.take.plan.actions.map((action) => {
    const [start, end] = clipWindow(shown(planned), action, alpha);
    return { narrationTime: narrationTime(action), start, end };
  });
}
