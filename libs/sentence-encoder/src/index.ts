export { bertConfigSchema, type BertConfig, type SentenceConfig } from './config.ts';
export { bert, bertParameters, meanPooled } from './bert.ts';
export { loadSentenceEncoder, sentenceEncoder, type SentenceEncoder } from './sentence-encoder.ts';
export { mostSimilar, SIMILARITY_DECIMALS, type Embeddings, type MostSimilarOptions } from './most-similar.ts';
