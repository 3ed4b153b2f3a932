import { Random, writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import type { PlannedTake } from '../recording/plan.ts';
import { askMemory, balanceAnswers } from './memory.ts';

/** Frames a second in which Ego4D counts moments, whatever the video has. */
const EGO4D_FPS = 30;

/**
 * QAEgo4D as GroundVQA publishes it: `annotations.QaEgo4D_test.json` (open), `annotations.QaEgo4D_test_close.json` (three wrong
 * answers), and about training rooms `annotations.EgoTimeQA.json`, whose records are called after their clip.
 */
export function writeQaEgo4d(
  root: string,
  { train, test }: Readonly<Record<'train' | 'test', readonly PlannedTake[]>>,
  seed: number,
): { train: number; test: number } {
  const records = (takes: readonly PlannedTake[], ids: 'own' | 'clip') =>
    takes.flatMap((planned) => {
      const { uid } = planned.take;
      return askMemory(planned, new Random(seed).split('qaego4d', uid)).map((asked, index) => ({
        video_id: uid,
        sample_id: ids === 'clip' ? uid : `${uid}_${index}`,
        answer: asked.answer,
        question: asked.question,
        moment_start_frame: asked.start * EGO4D_FPS,
        moment_end_frame: asked.end * EGO4D_FPS,
        wrong: asked.wrong,
        ...(ids === 'own' && { video_uid: uid, video_start_sec: asked.start, video_end_sec: asked.end }),
      }));
    });
  const write = (name: string, list: readonly object[]) =>
    writeFileAtomic(join(root, `annotations.${name}.json`), JSON.stringify(list, null, 1));
  const random = new Random(seed).split('qaego4d');
  const published = ({ wrong, ...record }: ReturnType<typeof records>[number]) => ({ ...record, wrong_answers: wrong });
  const closed = balanceAnswers(records(test, 'own'), random.split('test')).map(published);
  const timed = balanceAnswers(records(train, 'clip'), random.split('train')).map(published);
  write('QaEgo4D_test_close', closed);
  write(
    'QaEgo4D_test',
    closed.map(({ wrong_answers: _, ...open }) => open),
  );
  write('EgoTimeQA', timed);
  return { train: timed.length, test: closed.length };
}
