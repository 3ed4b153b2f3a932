import { withChatTemplate, type Tokenizer } from '@egolab/tokenizers';

/** Where the layout of a conversation comes from. */
export const chatFormats = ['tokenizer', 'videollama2-v1'] as const;
export type ChatFormat = (typeof chatFormats)[number];

/** System text of VideoLLaMA2's "mistral_instruct" conversations. */
const SYSTEM =
  "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions.";

/**
 * The layout that VideoLLaMA2's first generation (CLIP and Mistral, June 2024) was trained with, `--version v1_mistral`: Llama 2's,
 * its system text before the first question, a space on either side of an answer. Later generations, and `tokenizer` here, take the
 * language model's own template, without a system text. (That generation's own inference code uses another, longer system text than
 * the one that it was trained with; here questions are asked as in training.)
 */
const VIDEOLLAMA2_V1 = `{{ bos_token }}{% for message in messages %}{% if message.role == 'user' %}{{ '[INST] ' }}{% if loop.first %}{{ '<<SYS>>\\n' }}${SYSTEM}{{ '\\n<</SYS>>\\n\\n' }}{% endif %}{{ message.content }}{{ ' [/INST]' }}{% else %}{{ ' ' + message.content + ' ' + eos_token }}{% endif %}{% endfor %}`;

/** The tokenizer with the conversation layout that a configuration names. */
export function withChatFormat(tokenizer: Tokenizer, format: ChatFormat): Tokenizer {
  return format === 'tokenizer' ? tokenizer : withChatTemplate(tokenizer, VIDEOLLAMA2_V1);
}
