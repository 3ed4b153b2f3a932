import type { ChatMessage, Tokenizer } from '@egolab/tokenizers';

/** Label of a position that isn't learned. */
export const IGNORE_INDEX = -100;

/** Placeholder ids of VideoLLaMA2; they are negative, so no vocabulary holds them. */
export const PLACEHOLDERS = { '<image>': -200, '<video>': -201 } as const;
export type Placeholder = keyof typeof PLACEHOLDERS;

/** A tokenised text with at most one placeholder id; `labels[i]` is `ids[i]` where it is learned, else IGNORE_INDEX. */
export interface Prompt {
  ids: number[];
  labels: number[];
}

/**
 * Token ids of a text whose tags become placeholder ids. The pieces between tags are tokenised on their own and without
 * special tokens: a beginning-of-sequence token comes from the chat template's text or not at all.
 */
export function encodeWithPlaceholders(tokenizer: Tokenizer, text: string): number[] {
  const pieces = text.split(/(<image>|<video>)/);
  return pieces.flatMap((piece) => {
    if (piece in PLACEHOLDERS) return [PLACEHOLDERS[piece as Placeholder]];
    return piece === '' ? [] : tokenizer.encode(piece, { addSpecialTokens: false });
  });
}

/**
 * VideoLLaMA2's "plain" pretraining format: the placeholder, a space, the caption; no chat template and no
 * end-of-sequence token; everything but the placeholder is learned.
 */
export function pretrainingPrompt(tokenizer: Tokenizer, caption: string, placeholder: Placeholder = '<video>'): Prompt {
  const ids = encodeWithPlaceholders(tokenizer, `${placeholder} ${caption}`);
  return { ids, labels: ids.map((id) => (id < 0 ? IGNORE_INDEX : id)) };
}

/**
 * A conversation in the tokenizer's chat template; the assistant's answers are learned, with whatever ends a turn there.
 * An answer starts where the ids stop agreeing with those of the template up to its generation prompt.
 */
export function instructionPrompt(
  tokenizer: Tokenizer,
  messages: ChatMessage[],
  placeholder: Placeholder = '<video>',
): Prompt {
  const conversation = placeholderFirst(messages, placeholder);
  const encode = (upTo: number, addGenerationPrompt: boolean) =>
    encodeWithPlaceholders(
      tokenizer,
      tokenizer.applyChatTemplate(conversation.slice(0, upTo), { addGenerationPrompt }),
    );
  const ids = encode(conversation.length, false);
  const labels = ids.map(() => IGNORE_INDEX as number);
  conversation.forEach(({ role }, turn) => {
    if (role !== 'assistant') return;
    const start = commonPrefix(encode(turn, true), ids);
    const end = turn === conversation.length - 1 ? ids.length : commonPrefix(encode(turn + 1, false), ids);
    for (let i = start; i < end; i++) labels[i] = ids[i];
  });
  return { ids, labels };
}

/** The same conversation up to where the model answers; nothing is learned. */
export function questionPrompt(
  tokenizer: Tokenizer,
  messages: ChatMessage[],
  placeholder: Placeholder = '<video>',
): Prompt {
  const text = tokenizer.applyChatTemplate(placeholderFirst(messages, placeholder), { addGenerationPrompt: true });
  const ids = encodeWithPlaceholders(tokenizer, text);
  return { ids, labels: ids.map(() => IGNORE_INDEX) };
}

/** Moves the tag to the front of the first user message, or puts it there, as VideoLLaMA2's preprocessing does. */
function placeholderFirst(messages: ChatMessage[], placeholder: Placeholder): ChatMessage[] {
  const first = messages.findIndex(({ role }) => role === 'user');
  return messages.map((message, i) => {
    if (message.role !== 'user') return message;
    const content = message.content.replaceAll(placeholder, '').trim();
    return { ...message, content: i === first ? `${placeholder}\n${content}` : content };
  });
}

function commonPrefix(a: number[], b: number[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
