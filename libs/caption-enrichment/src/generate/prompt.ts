import type { LanguageModel } from '@egolab/language-model';
import { chatIds, generate } from '@egolab/language-model';
import { bareCaption } from './caption.ts';
import { actingHand, motionPhrase, objectNames, placePhrase } from './describe.ts';
import type { EntityFacts, SceneFacts } from './facts.ts';

/** The third step of detect-track-generate: a spatial caption from the caption and the tracks' facts. */
export interface CaptionGenerator {
  readonly name: string;
  generate(caption: string, facts: SceneFacts): string;
  dispose?(): void;
}

/**
 * What a language model is asked: the caption, and for each hand and object its boxes in percent of the image and what they mean
 * (the released prompt is a picture only; section 3.3: "LLMs are capable of understanding visual cues like bounding boxes").
 */
export function captionPrompt(caption: string, facts: SceneFacts): string {
  const names = objectNames(caption, facts);
  const acting = actingHand(caption, facts.hands);
  const line = (name: string, entity: EntityFacts) => {
    const boxes = entity.boxes.map(
      ({ x1, y1, x2, y2 }) => `[${[x1, y1, x2, y2].map((share) => Math.round(share * 100)).join(', ')}]`,
    );
    return `- ${name}: boxes ${boxes.join(' -> ')}; ${placePhrase(entity.place)}, ${motionPhrase(entity.motion)}`;
  };
  const lines = [
    ...facts.hands.map((hand) => {
      const touches =
        hand.object >= 0 ? ` (touches the ${names[hand.object]})` : hand.touching ? ' (touches something)' : '';
      return line(`${hand.side} hand${hand === acting ? ', acting' : ''}${touches}`, hand);
    }),
    ...facts.objects.map((object, index) => line(names[index], object)),
  ];
  return [
    'A first-person video shows the following action. C is the person who wears the camera.',
    `Caption: ${bareCaption(caption)}.`,
    'Boxes [left, top, right, bottom] in percent of the image, at the start -> in the middle -> at the end:',
    ...lines,
    'Rewrite the caption as one sentence that also says where the hand and the object are in the image and how they move. Name no other things.',
  ].join('\n');
}

/**
 * A language model as a generator, greedy. It goes on from the caption, so that what happens stays in the sentence however small the
 * model is; the spatial part is its own.
 */
export function languageModelGenerator(
  model: LanguageModel,
  { maxNewTokens = 64, name = 'language model' } = {},
): CaptionGenerator {
  return {
    name,
    generate(caption, facts) {
      const begin = `${bareCaption(caption)},`;
      const prompt = [
        ...chatIds(model.tokenizer, [{ role: 'user', content: captionPrompt(caption, facts) }]),
        ...model.tokenizer.encode(begin, { addSpecialTokens: false }),
      ];
      const { tokens } = generate(model, prompt, { maxNewTokens, temperature: 0, eosIds: model.eosIds });
      return firstSentence(`${begin}${model.tokenizer.decode(tokens, { skipSpecialTokens: true })}`);
    },
    dispose: () => model.parameters.dispose(),
  };
}

/** One sentence of what a model wrote: no quotes, no "Caption:", no full stop. */
export function firstSentence(text: string): string {
  const line = text.split('\n').find((each) => each.trim() !== '') ?? '';
  const bare = line
    .replace(/^\s*(?:\w+ )?caption:\s*/i, '')
    .replace(/["“”*]/g, '')
    .trim();
  return bareCaption(/^.*?[.!?](?=\s|$)/.exec(bare)?.[0] ?? bare);
}
