import { Random, writeFileAtomic } from '@egolab/foundation';
import { linkSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AnswerPool, askEpisode, type OpenQuestion } from '../language/questions.ts';
import { uidOf } from '../take/take.ts';
import type { TakeRecord } from './job.ts';
import { clipName } from './render-take.ts';

/** Questions asked about one episode. */
const PER_EPISODE = 5;

/**
 * EgoSchema files: `questions.json` (`option 0` … `option 4`), `subset_answers.json` and `videos/<q_uid>.mp4`. Right
 * answers are spread evenly over the five places.
 *
 * @param clips folder that holds the episodes' clips of a take
 */
export function writeEgoSchema(
  root: string,
  takes: readonly TakeRecord[],
  clips: (take: TakeRecord) => string,
  seed: number,
): number {
  const random = new Random(seed).split('egoschema');
  const pool = new AnswerPool();
  const asked = takes.flatMap((take) =>
    take.episodes.map((episode, index) => ({ take, index, questions: pick(askEpisode(episode), random) })),
  );
  for (const { questions } of asked) questions.forEach((question) => pool.add(question));
  const entries: Record<string, string>[] = [];
  const answers: Record<string, number> = {};
  mkdirSync(join(root, 'videos'), { recursive: true });
  for (const { take, index, questions } of asked) {
    for (const question of questions) {
      const choice = pool.options(question, random, entries.length % 5);
      const uid = uidOf(random.split('question', entries.length));
      linkSync(join(clips(take), clipName(index)), join(root, 'videos', `${uid}.mp4`));
      answers[uid] = choice.answer;
      entries.push({
        q_uid: uid,
        google_drive_id: '',
        question: choice.question,
        ...Object.fromEntries(choice.options.map((option, place) => [`option ${place}`, option])),
      });
    }
  }
  writeFileAtomic(join(root, 'questions.json'), JSON.stringify(entries, null, 1));
  writeFileAtomic(join(root, 'subset_answers.json'), JSON.stringify(answers, null, 1));
  return entries.length;
}

/** The goal always, and some of the others; at most one of a kind. */
function pick(questions: readonly OpenQuestion[], random: Random): OpenQuestion[] {
  const [goal, ...others] = questions;
  const kinds = new Set<string>();
  return [goal, ...random.shuffle(others).filter(({ kind }) => !kinds.has(kind) && kinds.add(kind))].slice(
    0,
    PER_EPISODE,
  );
}
