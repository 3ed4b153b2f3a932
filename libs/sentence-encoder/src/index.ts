export { bertConfigSchema, type BertConfig, type SentenceConfig } from './config.ts';
export { bert, bertParameters, meanPooled } from './bert.ts';
export { loadSentenceEncoder, sentenceEncoder, type Embeddings, type SentenceEncoder } from './sentence-encoder.ts';
export { mostSimilar, SIMILARITY_DECIMALS, type MostSimilarOptions } from './most-similar.ts';
