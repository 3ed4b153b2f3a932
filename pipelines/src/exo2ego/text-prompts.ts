import type { Random } from '@egolab/foundation';
import type { TextSample } from '@egolab/synthetic-world';
import type { Tokenizer } from '@egolab/tokenizers';
import { IGNORE_INDEX, type Prompt } from '@egolab/video-llm';

/** The special tokens of a language model of our own, and how its conversations are written. */
export const SPECIAL_TOKENS = { bos_token: '<s>', eos_token: '</s>', pad_token: '<pad>' };
export const CHAT_TEMPLATE =
  "{% for message in messages %}{% if message['role'] == 'user' %}{{ bos_token + 'user: ' + message['content'] + '\n' }}" +
  "{% else %}{{ 'assistant: ' + message['content'] + eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}";

/** Before each word that names what follows in a scene told in key words. */
const KEYS = / (?=(?:hand|verb|object|with|liquid|target|direction|place)\b)/;
/** One action takes up to this many times the room of its key words: visual tokens are many and say things more than once. */
const MAX_REPEATS = 4;

/**
 * A text as the language model will meet it: what visual tokens will say stands in key words where they will stand, in any
 * order and several times over; what is said about it is learned.
 */
export function textPrompt(tokenizer: Tokenizer, { prompt, text }: TextSample, random: Random): Prompt {
  const [scene, ...questions] = (prompt ?? '').split('\n');
  const facts = scene.split(' ; ');
  const shown = facts
    .map((fact) => retell(fact, facts.length === 1 ? random.integer(1, MAX_REPEATS) : 1, random))
    .join(' ; ');
  if (questions.length === 0) return learned(tokenizer, shown, ` ${text}`);
  const asked = tokenizer.applyChatTemplate([{ role: 'user', content: [shown, ...questions].join('\n') }]);
  return learned(tokenizer, asked, ` ${text}${SPECIAL_TOKENS.eos_token}`);
}

function retell(facts: string, repeats: number, random: Random): string {
  const words = facts.split(KEYS);
  return random.shuffle(Array.from({ length: repeats }, () => words).flat()).join(' ');
}

/** Nothing of the context is learned, all of the text is. */
function learned(tokenizer: Tokenizer, context: string, text: string): Prompt {
  const encode = (part: string) => (part === '' ? [] : tokenizer.encode(part, { addSpecialTokens: false }));
  const [before, after] = [encode(context), encode(text)];
  return { ids: [...before, ...after], labels: [...before.map(() => IGNORE_INDEX), ...after] };
}
