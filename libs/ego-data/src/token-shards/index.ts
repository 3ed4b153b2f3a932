export { type TokenFormat, type TokenFormats, type TokenSample, tokensPerSample } from './format.ts';
export { TokenShardWriter } from './token-shard-writer.ts';
export { TokenShards } from './token-shards.ts';
export { type MixtureSample, type MixtureSource, TokenMixture } from './token-mixture.ts';
export { streamOrder } from './stream-order.ts';
