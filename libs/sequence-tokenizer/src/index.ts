export { codebookConfigSchema, numChannels, numTokens, sequenceTokenizerConfigSchema } from './config.ts';
export type { CodebookConfig, SequenceTokenizerConfig } from './config.ts';
export { CODEBOOK, FIXED_IN_RELEASE, sequenceTokenizerParameters } from './parameters.ts';
export { decode, detokenize, encode, tokenize } from './model.ts';
export type { TransformerOptions } from './transformer.ts';
export {
  codebookStatistics,
  drawReplacements,
  embedTokens,
  quantize,
  straightThrough,
  updateCodebook,
} from './quantizer.ts';
export type { CodebookStatistics, Quantized } from './quantizer.ts';
export { commitmentLoss, maskedSquaredError, meanSquaredError } from './losses.ts';
export type { MaskedReduction } from './losses.ts';
export { tokenizerLoss } from './training.ts';
export type { TokenizerLossOptions } from './training.ts';
export { codebookUse, perplexity } from './codebook-use.ts';
export { CameraTokenizer, GazeTokenizer, releasedStandardization, standardizationOf } from './tokenizer.ts';
export type { Standardization } from './tokenizer.ts';
export { cameraReconstruction, gazeReconstruction } from './reconstruction.ts';
export type { CameraReconstruction, GazeReconstruction } from './reconstruction.ts';
