export { type VslnetConfig, vslnetConfigSchema } from './config.ts';
export { clipDuration, clipFeatures, ego4dFeatureRate, resampled, type VideoFeatures } from './features.ts';
export { groundingLoss, highlightLabels, highlightLoss, spanLoss, type GroundingTarget } from './losses.ts';
export { vslnetParameters } from './parameters.ts';
export { predictWindows, type WindowChoice } from './predict.ts';
export { vslnet, type GroundingBatch, type GroundingLogits } from './vslnet.ts';
export { bestSpans, spanWindow, windowSpan, type Span, type SpanChoice, type TimeWindow } from './windows.ts';
