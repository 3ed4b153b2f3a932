import { writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import { narration } from '../language/sentence.ts';
import type { PlannedTake } from '../recording/plan.ts';
import { csv } from '../write/text-tables.ts';
import { tellActions } from './told.ts';

/** EgoExoLearn's `fine_annotation_trainval_en.csv`, a row an action. */
export function writeEgoExoLearn(
  root: string,
  { train, test }: Readonly<Record<'train' | 'test', readonly PlannedTake[]>>,
): number {
  const header = ['video_uid', 'annotation_uid', 'subset', 'view', 'scene', 'start_sec', 'end_sec', 'narration_en'];
  const rows = (takes: readonly PlannedTake[], subset: string) =>
    takes.flatMap((planned) =>
      tellActions(planned).map(({ action, fact }, index) => {
        const { uid } = planned.take;
        const times = [action.start.toFixed(2), action.end.toFixed(2)];
        return [uid, `${uid.slice(0, 8)}${index}`, subset, 'ego', 'kitchen', ...times, narration(fact)];
      }),
    );
  const all = [...rows(train, 'train'), ...rows(test, 'val')];
  writeFileAtomic(join(root, 'fine_annotation_trainval_en.csv'), csv(header, all));
  return all.length;
}
