import { Random, writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import { colourNames } from '../language/sentence.ts';
import type { PlannedTake } from '../recording/plan.ts';
import { uidOf } from '../take/take.ts';
import { type Category, models } from '../world/objects.ts';
import type { Take } from '../take/take.ts';
import { tellActions } from './told.ts';

interface EqaQuestion {
  readonly question: string;
  readonly answer: string;
  readonly category: string;
}

/** Folder of a walk's frames, as OpenEQA names it. */
export const eqaEpisode = ({ take }: PlannedTake, index: number): string =>
  `synthetic-v0/${String(index).padStart(3, '0')}-${take.room.id}`;

const capital = (text: string): string => text[0].toUpperCase() + text.slice(1);

/** Questions of OpenEQA's seven categories about what a take shows. */
export function askEqa({ take }: { readonly take: Take }, told: ReturnType<typeof tellActions>): EqaQuestion[] {
  const { placements } = take.plan;
  const present = placements.map(({ category }) => category);
  const oneOf = (colour: string) => present.filter((category) => colourNames[category] === colour).length === 1;
  const touched = new Set(told.flatMap(({ fact }) => (fact.object && fact.verb !== 'look at' ? [fact.object] : [])));
  const still = placements.filter(({ category }) => !touched.has(category));
  const where = (category: Category, place: string): EqaQuestion => ({
    question: `Where is the ${category}?`,
    answer: `On the ${place}`,
    category: 'object localization',
  });
  const ends = new Map(
    told.flatMap(({ fact }) =>
      fact.verb === 'open' || fact.verb === 'close' ? [[fact.object!, fact.verb] as const] : [],
    ),
  );
  const tools: [Category, string, string][] = [
    ['knife', 'What can I use to cut the bread?', 'The knife'],
    ['sponge', 'What can I use to wipe the table?', 'The sponge'],
    ['spoon', 'What can I use to stir a drink?', 'The spoon'],
  ];
  const main = placements.filter(({ station }) => station === 0);
  const [leftmost] = [...main].sort((a, b) => a.position[0] - b.position[0]);
  return [
    ...present
      .filter((category) => oneOf(colourNames[category]))
      .map((category) => ({
        question: `What is the ${colourNames[category]} object that I see at first?`,
        answer: `A ${category}`,
        category: 'object recognition',
      })),
    ...present.map((category) => ({
      question: `What colour is the ${category}?`,
      answer: capital(colourNames[category]),
      category: 'attribute recognition',
    })),
    ...[...ends].map(([object, verb]) => ({
      question: `Is the ${object} open at the end?`,
      answer: verb === 'open' ? 'Yes' : 'No',
      category: 'object state recognition',
    })),
    ...still.map(({ category, station }) => where(category, take.room.stations[station].name)),
    ...(leftmost
      ? [
          {
            question: `Which object stands farthest left on the ${take.room.stations[0].name} at first?`,
            answer: `The ${leftmost.category}`,
            category: 'spatial understanding',
          },
        ]
      : []),
    ...tools.flatMap(([tool, question, answer]) =>
      present.includes(tool) ? [{ question, answer, category: 'functional reasoning' }] : [],
    ),
    ...present.flatMap((category) => {
      const { liquid } = models[category];
      return liquid
        ? [
            {
              question: `What do people usually keep in a ${category}?`,
              answer: capital(liquid),
              category: 'world knowledge',
            },
          ]
        : [];
    }),
  ];
}

/** `open-eqa-v0.json`; a walk is a take, and its frames a video here. */
export function writeOpenEqa(root: string, takes: readonly PlannedTake[], seed: number): number {
  const records = takes.flatMap((planned, index) =>
    askEqa(planned, tellActions(planned)).map((asked, number) => ({
      ...asked,
      question_id: uidOf(new Random(seed).split('openeqa', planned.take.uid, number)),
      episode_history: eqaEpisode(planned, index),
    })),
  );
  writeFileAtomic(join(root, 'open-eqa-v0.json'), JSON.stringify(records, null, 2));
  return records.length;
}
