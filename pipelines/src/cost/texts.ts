import { sampleTexts, type WorldConfigInput } from '@egolab/synthetic-world';
import { createTokenizer, trainBytePairs, type Tokenizer } from '@egolab/tokenizers';
import { CHAT_TEMPLATE, SPECIAL_TOKENS } from '../exo2ego/text-prompts.ts';

/** Texts that stand for those of datasets that aren't here. */
const SAMPLES = 400;

export interface StandInTexts {
  tokenizer: Tokenizer;
  /** descriptions of a moment */
  captions: readonly string[];
  questions: readonly { question: string; answer: string }[];
}

/** Texts of the synthetic world and a tokenizer learned from them, as stage `text-model` learns its own. */
export function standInTexts(world: WorldConfigInput, vocabSize: number, seed: number): StandInTexts {
  const texts = sampleTexts(world, SAMPLES, seed);
  const json = trainBytePairs(
    texts.map(({ prompt, text }) => ` ${prompt ?? ''} ${text}`),
    { vocabSize: Math.min(vocabSize, 768), specialTokens: Object.values(SPECIAL_TOKENS) },
  );
  return {
    tokenizer: createTokenizer(json, { ...SPECIAL_TOKENS, chat_template: CHAT_TEMPLATE }, 'the stand-in tokenizer'),
    captions: texts.filter(({ prompt }) => prompt === null).map(({ text }) => text),
    questions: texts.flatMap(({ prompt, text }) =>
      prompt === null ? [] : [{ question: prompt.split('\n').slice(1).join('\n'), answer: text }],
    ),
  };
}
