import { createTokenizer, trainBytePairs } from '@egolab/tokenizers';
import { describe, expect, it } from 'vitest';
import { withChatFormat } from './chat-templates.ts';
import {
  encodeWithPlaceholders,
  IGNORE_INDEX,
  instructionPrompt,
  pretrainingPrompt,
  questionPrompt,
} from './prompt.ts';

// the layout of Mistral's template, with the beginning-of-sequence token in the template's text
const chat_template =
  "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]{% else %}{{ ' ' + m.content + eos_token }}{% endif %}{% endfor %}";
const tokenizer = createTokenizer(
  trainBytePairs(['what does C hold? C holds the cup.'], { vocabSize: 300, specialTokens: ['<s>', '</s>'] }),
  { bos_token: '<s>', eos_token: '</s>', chat_template },
  'test',
);
const encode = (text: string) => tokenizer.encode(text, { addSpecialTokens: false });
const learned = ({ ids, labels }: { ids: number[]; labels: number[] }) =>
  tokenizer.decode(ids.filter((_, i) => labels[i] !== IGNORE_INDEX));

describe('conversation layouts', () => {
  it('VideoLLaMA2 v1: the system text before the first question, spaces around answers, the answers learned', () => {
    const prompt = instructionPrompt(withChatFormat(tokenizer, 'videollama2-v1'), [
      { role: 'user', content: 'what does C hold? <video>' },
      { role: 'assistant', content: 'the cup' },
      { role: 'user', content: 'what?' },
      { role: 'assistant', content: 'C holds the cup' },
    ]);
    const tag = prompt.ids.indexOf(-201);
    expect(tokenizer.decode(prompt.ids.slice(0, tag))).toBe(
      "<s>[INST] <<SYS>>\nA chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions.\n<</SYS>>\n\n",
    );
    expect(tokenizer.decode(prompt.ids.slice(tag + 1))).toBe(
      '\nwhat does C hold? [/INST] the cup </s>[INST] what? [/INST] C holds the cup </s>',
    );
    expect(learned(prompt)).toBe(' the cup </s> C holds the cup </s>');
    expect(withChatFormat(tokenizer, 'tokenizer')).toBe(tokenizer);
  });
});

describe('prompts', () => {
  it('tokenises the pieces around a tag on their own', () => {
    expect(encodeWithPlaceholders(tokenizer, 'C<video>\nholds')).toEqual([...encode('C'), -201, ...encode('\nholds')]);
    expect(encodeWithPlaceholders(tokenizer, '<image>')).toEqual([-200]);
  });

  it('pretraining: the tag, a space and the caption; no special token; the tag is not learned', () => {
    const { ids, labels } = pretrainingPrompt(tokenizer, 'C holds the cup.');
    expect(ids).toEqual([-201, ...encode(' C holds the cup.')]);
    expect(labels).toEqual([IGNORE_INDEX, ...ids.slice(1)]);
  });

  it('instruction: the tag comes first, one beginning of sequence, the answers and their ends are learned', () => {
    const prompt = instructionPrompt(tokenizer, [
      { role: 'user', content: 'what does C hold? <video>' },
      { role: 'assistant', content: 'the cup' },
      { role: 'user', content: 'what?' },
      { role: 'assistant', content: 'C holds the cup' },
    ]);
    const bos = tokenizer.bosId!;
    expect(tokenizer.decode(prompt.ids.slice(0, prompt.ids.indexOf(-201)))).toBe('<s>[INST] ');
    expect(prompt.ids.filter((id) => id === bos)).toHaveLength(1);
    expect(learned(prompt)).toBe(' the cup</s> C holds the cup</s>');
  });

  it('question: ends where the answer starts', () => {
    const question = questionPrompt(tokenizer, [{ role: 'user', content: 'what?' }]);
    const answered = instructionPrompt(tokenizer, [
      { role: 'user', content: 'what?' },
      { role: 'assistant', content: 'the cup' },
    ]);
    expect(answered.ids.slice(0, question.ids.length)).toEqual(question.ids);
    expect(answered.labels.findIndex((label) => label !== IGNORE_INDEX)).toBe(question.ids.length);
    expect(question.labels.every((label) => label === IGNORE_INDEX)).toBe(true);
  });
});
