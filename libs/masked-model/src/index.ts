export { type MaskedModelConfig, maskedModelConfigSchema } from './config.ts';
export {
  modalitiesSchema,
  modalityNames,
  numTokens,
  paperModalities,
  type TokenModalities,
  type TokenModality,
  tokenModalitySchema,
} from './modalities.ts';
export { EXTRA_IN_RELEASE, maskedModelParameters } from './parameters.ts';
export { positionEmbeddings } from './positions.ts';
export { type Context, MaskedModel, type MaskedModelOptions } from './model.ts';
export { type PackedTokens, packTokens, type TokenList } from './packing.ts';
export { dirichlet, logGamma } from './masking/dirichlet.ts';
export { type Leftover, tokenBudgets } from './masking/budgets.ts';
export {
  type MaskedTokens,
  type MaskIdentity,
  type MaskingConfig,
  maskingConfigSchema,
  maskTokens,
} from './masking/mask-tokens.ts';
export { type LossReduction, lossReductionSchema, type ModalityLoss, modalityLosses, reduceLosses } from './losses.ts';
export { type MaskedLoss, maskedLoss } from './training.ts';
export {
  cosineSchedule,
  linearSchedule,
  temperatures,
  type TemperatureSchedule,
  temperatureScheduleSchema,
} from './decoding/schedules.ts';
export { sampleTokens, type Samples, type SamplingOptions } from './decoding/sampling.ts';
export {
  type ClipTokens,
  type Decoding,
  decodingSchema,
  generate,
  type GenerateOptions,
  type GenerationTarget,
  releasedSteps,
  tokenProbabilities,
} from './decoding/generate.ts';
