export { KeyValueCache } from './cache.ts';
export { type LlamaConfig, llamaConfigSchema, parseLlamaConfig } from './config.ts';
export { generate, type GenerateOptions } from './generate.ts';
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
export { llamaParameters } from './parameters.ts';
export { applyRotary, type RotaryTables, rotaryTables } from './rotary.ts';
export { sampleToken, type SamplingOptions } from './sampling.ts';
