import { Random } from '@egolab/foundation';
import { type WorldConfigInput, worldConfigSchema } from '../config.ts';
import { wordedQuestions } from '../egobench/texts.ts';
import { episodesOf } from '../take/episodes.ts';
import { drawTake } from '../take/take.ts';
import { type Fact, factOf } from './fact.ts';
import { instructions } from './instructions.ts';
import { AnswerPool, askAction, askEpisode, askState, letters, listOptions, type OpenQuestion } from './questions.ts';
import { keywords, narration, paraphrase, summary, webCaption } from './sentence.ts';

/** A text of the corpus. `prompt` is null for plain text; otherwise `text` is the answer to it. */
export interface TextSample {
  readonly kind: 'narration' | 'described' | 'open-qa' | 'closed-qa' | 'caption';
  readonly prompt: string | null;
  readonly text: string;
}

/** Takes whose questions share a pool of answers. */
const POOL = 12;
/** Share of the questions that are also asked with options. */
const CLOSED = 0.25;

/**
 * Texts about the training rooms, for a small language model to learn the world's English from: narrations, captions,
 * and scenes told in key words followed by what would be said about them. Endless: takes are planned, not rendered, as
 * needed; take as many samples as wanted.
 *
 * @param input the world's configuration; only seed, rooms and duration matter
 * @param seed another seed gives other texts about the same rooms
 */
export function* textCorpus(input: WorldConfigInput = {}, seed = 0): Generator<TextSample, never> {
  const config = worldConfigSchema.parse(input);
  const random = new Random(config.seed).split('text', seed);
  for (let batch = 0; ; batch++) {
    const scenes = Array.from({ length: POOL }, (_, index) => {
      const number = batch * POOL + index;
      const take = drawTake({
        name: `text_${seed}_${number}`,
        split: 'train',
        room: number % config.rooms.train,
        seed: config.seed,
        duration: config.takeDuration,
        numExo: 1,
      });
      const { pronoun } = take.wearer;
      return {
        facts: take.plan.actions.map((action) => factOf(action, take.plan, pronoun)),
        episodes: episodesOf(take.plan, pronoun),
        worded: wordedQuestions(take, random.split('worded', number)),
      };
    });
    const pool = new AnswerPool();
    for (const { facts, episodes } of scenes) {
      facts.forEach((fact) => askAction(fact).forEach((question) => pool.add(question)));
      episodes.forEach((episode) => askEpisode(episode).forEach((question) => pool.add(question)));
    }
    const samples = scenes.flatMap(({ facts, episodes, worded }) => [
      ...facts.flatMap((fact) => aboutFact(fact, pool, random)),
      ...episodes.flatMap(({ facts: shown, ...episode }) => [
        {
          kind: 'described' as const,
          prompt: `${random.choice(instructions.captioning)}\n${scene(shown)}`,
          text: summary(shown),
        },
        ...askState(shown).map(([question, answer]) => ({
          kind: 'open-qa' as const,
          prompt: `${scene(shown)}\n${random.choice(instructions['embodied-qa'])}\n${question}`,
          text: answer,
        })),
        ...askEpisode({ ...episode, facts: shown }).flatMap((question) =>
          answered(scene(shown), question, pool, random),
        ),
      ]),
      ...worded.map(({ shown, question, answer }) => ({
        kind: 'open-qa' as const,
        prompt: `${scene(shown)}\n${random.choice(instructions['open-qa'])}\n${question}`,
        text: answer,
      })),
    ]);
    yield* random.shuffle(samples);
  }
}

const scene = (facts: readonly Fact[]): string => facts.map(keywords).join(' ; ');

function aboutFact(fact: Fact, pool: AnswerPool, random: Random): TextSample[] {
  return [
    { kind: 'narration', prompt: null, text: narration(fact) },
    { kind: 'narration', prompt: null, text: paraphrase(fact, random) },
    { kind: 'caption', prompt: null, text: webCaption(fact, random) },
    { kind: 'described', prompt: keywords(fact), text: narration(fact) },
    {
      kind: 'described',
      prompt: `${keywords(fact)}\n${random.choice(instructions.captioning)}`,
      text: random.uniform() < 0.7 ? narration(fact) : paraphrase(fact, random),
    },
    ...askAction(fact).flatMap((question) => answered(keywords(fact), question, pool, random)),
  ];
}

function answered(shown: string, open: OpenQuestion, pool: AnswerPool, random: Random): TextSample[] {
  const { question, options, answer } = pool.options(open, random);
  return [
    {
      kind: 'open-qa',
      prompt: `${shown}\n${random.choice(instructions['open-qa'])}\n${open.question}`,
      text: open.answer,
    },
    ...(random.uniform() < CLOSED
      ? [
          {
            kind: 'closed-qa' as const,
            prompt: `${shown}\n${random.choice(instructions['closed-qa'])}\n${question} Options: ${listOptions(options)}`,
            text: `(${letters[answer]}) ${options[answer]}`,
          },
        ]
      : []),
  ];
}

/** The first `count` texts of the corpus. */
export function sampleTexts(input: WorldConfigInput, count: number, seed = 0): TextSample[] {
  const corpus = textCorpus(input, seed);
  return Array.from({ length: count }, () => corpus.next().value);
}
