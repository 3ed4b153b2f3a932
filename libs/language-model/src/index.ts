export { loadAdapter, saveAdapter } from './adapter-file.ts';
export { KeyValueCache } from './cache.ts';
export { type LlamaConfig, llamaConfigFromGguf, llamaConfigSchema, parseLlamaConfig } from './config.ts';
export { generate, type GenerateOptions } from './generate.ts';
export { chatIds, type GeneratedText, generateText, type GenerateTextOptions } from './generate-text.ts';
export { embedTokens, llama, type LlamaInputs, logits } from './llama.ts';
export { type LanguageModel, loadLanguageModel } from './load.ts';
export {
  type ActiveLora,
  ALL_DECODER_LINEARS,
  createLora,
  type LoraAdapter,
  type LoraConfig,
  loraParameters,
  loraTargets,
} from './lora.ts';
export { mergeLora, type ReplacedWeights, unmergeLora } from './merge-lora.ts';
export { llamaParameters } from './parameters.ts';
export { sampleToken, type SamplingOptions } from './sampling.ts';
