export type { ChatMessage } from './chat-template.ts';
export { loadTokenizer } from './load-tokenizer.ts';
export { createTokenizer, type Tokenizer, type TokenizerConfig, withChatTemplate } from './tokenizer.ts';
export { trainBytePairs } from './train-byte-pairs.ts';
