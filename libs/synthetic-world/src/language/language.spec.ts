import { Random } from '@egolab/foundation';
import { describe, expect, it } from 'vitest';
import { episodesOf } from '../take/episodes.ts';
import { drawTake } from '../take/take.ts';
import { sampleTexts } from './corpus.ts';
import type { Fact } from './fact.ts';
import { AnswerPool, askAction, askEpisode, type ChoiceQuestion } from './questions.ts';
import { clause, keywords, narration } from './sentence.ts';

const pour: Fact = {
  verb: 'pour',
  hand: 'left',
  object: 'kettle',
  target: 'mug',
  tool: null,
  place: null,
  direction: null,
  liquid: 'water',
  pronoun: 'her',
};
const stir: Fact = {
  ...pour,
  verb: 'stir',
  hand: 'right',
  object: 'mug',
  target: null,
  tool: 'spoon',
  liquid: null,
  pronoun: 'his',
};

describe('sentences', () => {
  it('read as Ego-Exo4D narrations', () => {
    expect(narration(pour)).toBe('C pours water from the kettle into the mug with her left hand.');
    expect(narration(stir)).toBe('C stirs the mug with the spoon in his right hand.');
    expect(clause(stir, { form: 1, hand: 'none' })).toBe('mixes the mug with the spoon');
    expect(keywords(pour)).toBe('hand left verb pour object kettle liquid water target mug');
  });
});

/** Multiple-choice questions about `count` takes. */
function questions(prefix: string, count: number): ChoiceQuestion[] {
  const random = new Random(1).split(prefix);
  const open = Array.from({ length: count }, (_, index) => {
    const take = drawTake({
      name: `${prefix}_${index}`,
      split: 'train',
      room: 0,
      seed: 1,
      duration: [30, 40],
      numExo: 1,
    });
    return episodesOf(take.plan, 'his').flatMap(askEpisode);
  }).flat();
  const pool = new AnswerPool();
  open.forEach((question) => pool.add(question));
  return open.map((question) => pool.options(question, random));
}

describe('questions', () => {
  it('are not answered by the text alone: how often an option was right before says little', () => {
    const rate = new Map<string, [number, number]>();
    for (const { kind, options, answer } of questions('past', 300)) {
      options.forEach((option, index) => {
        const [right, shown] = rate.get(kind + option) ?? [0, 0];
        rate.set(kind + option, [right + Number(index === answer), shown + 1]);
      });
    }
    const asked = questions('future', 200);
    const guess = ({ kind, options }: ChoiceQuestion) => {
      const scores = options.map(
        (option) => ((rate.get(kind + option)?.[0] ?? 0) + 1) / ((rate.get(kind + option)?.[1] ?? 0) + 5),
      );
      return scores.indexOf(Math.max(...scores));
    };
    const accuracy = asked.filter((question) => guess(question) === question.answer).length / asked.length;
    expect(accuracy).toBeLessThan(0.33);
  });

  it('never offer a second right answer', () => {
    const facts = [pour, { ...pour, pronoun: 'his' as const }, stir];
    const pool = new AnswerPool();
    facts.forEach((fact) => askAction(fact).forEach((question) => pool.add(question)));
    const { options } = pool.options(askAction(pour)[0], new Random(0));
    expect(options.filter((option) => option.includes('left hand'))).toEqual([narration(pour)]);
  });
});

describe('text corpus', () => {
  it('is diverse, closed and repeatable', () => {
    const samples = sampleTexts({ seed: 2 }, 6000);
    expect(sampleTexts({ seed: 2 }, 50)).toEqual(samples.slice(0, 50));
    const words = new Set(
      samples.flatMap(({ prompt, text }) => `${prompt ?? ''} ${text}`.toLowerCase().match(/[a-z]+/g) ?? []),
    );
    expect(words.size).toBeLessThan(250);
    expect(new Set(samples.map(({ kind }) => kind)).size).toBe(5);
    expect(new Set(samples.map(({ prompt, text }) => `${prompt} ${text}`)).size).toBeGreaterThan(3500);
  });
});
