import { join } from 'node:path';
import { normalizedAnswer } from '@egolab/metrics';
import { readCharadesClasses, readCharadesEgo, readEk100Retrieval } from '@egolab/ego-data';
import { ek100Relevancy } from '../ek100-mir.ts';
import type { ChoiceTask } from './task.ts';
import { EK100_QUESTION, ek100Clip } from './class-tasks.ts';
import { withCandidates } from './with-candidates.ts';

/** Action recognition and retrieval as the paper asks them: the action and the four most similar others. */
export function actionTask(name: 'charades-ego-mcq' | 'ek100-mcq'): ChoiceTask {
  return name === 'charades-ego-mcq' ? charadesEgo : ek100;
}

/**
 * One question a video, about its first action: the paper's 846 questions of 10.8 s on average are one segment for each of 846 videos
 * (which one isn't said). A video without actions asks nothing.
 */
const charadesEgo: ChoiceTask = {
  kind: 'choice',
  name: 'charades-ego-mcq',
  benchmark: 'Charades-Ego',
  title: 'Charades-Ego (five-way)',
  folder: 'charades-ego',
  videos: 'videos',
  annotations: 'CharadesEgo_v1_test_only1st.csv',
  paper: 'supplement C.1.4, Table 4',
  note: 'five-way: the paper’s "mAP" (70.9) has no published definition and isn’t the 157-class mAP of others (25 to 29)',
  likelihood: 'per-token',
  read(root, context) {
    const names = readCharadesClasses(join(root, 'Charades_v1_classes.txt'));
    const items = readCharadesEgo(join(root, this.annotations)).flatMap(({ id, actions: [first] }) =>
      first
        ? [
            {
              id,
              group: 'all',
              question: 'What action am I currently performing?',
              answer: names[first.label],
              clip: { videos: [`${id}.mp4`], start: first.start, end: first.end },
            },
          ]
        : [],
    );
    return withCandidates(this.name, items, names, 5, context);
  },
};

/**
 * Which narration describes the clip? The candidates are captions of the test set, also those that mean the same ("grab", "take"): the
 * paper's Table 12 shows both among the options of one question.
 */
const ek100: ChoiceTask = {
  kind: 'choice',
  name: 'ek100-mcq',
  benchmark: 'EPIC-KITCHENS-100',
  title: 'EPIC-KITCHENS-100 (five-way)',
  folder: 'ek100',
  videos: 'videos',
  annotations: 'EPIC_100_retrieval_test.csv',
  paper: 'supplement C.1.5, Table 4',
  note: 'five candidates instead of 3,842: its mAP and nDCG aren’t those of multi-instance retrieval',
  likelihood: 'per-token',
  read(root, context) {
    const dataset = readEk100Retrieval(root);
    const { clips, captions } = dataset;
    const items = clips.map((clip) => ({
      id: clip.narrationId,
      group: 'all',
      question: EK100_QUESTION,
      answer: clip.narration,
      clip: ek100Clip(clip),
    }));
    const pool = captions.map(({ text }) => text);
    const { videos, texts, table, classes } = ek100Relevancy(dataset);
    const classOf = new Map(captions.map(({ text }, i) => [normalizedAnswer(text), texts[i]]));
    return withCandidates(this.name, items, pool, 5, context).map((question, row) => ({
      ...question,
      // the right option counts as such, whichever clip its words are the caption of
      relevancy: question.options.map((option, i) =>
        i === question.answer ? 1 : table[videos[row] * classes + classOf.get(normalizedAnswer(option))!],
      ),
    }));
  },
};
