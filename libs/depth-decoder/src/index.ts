export { depthDecoderConfigSchema, depthDecoderVariants, keyScales, pyramidScales } from './config.ts';
export type { DepthDecoderConfig, DepthDecoderVariant } from './config.ts';
export { depthDecoder, depthDecoderParameters } from './decoder.ts';
export type { DepthPrediction } from './decoder.ts';
export { binCentres } from './heads.ts';
export { depthLoss, depthLossKinds } from './loss.ts';
export type { DepthLossKind } from './loss.ts';
