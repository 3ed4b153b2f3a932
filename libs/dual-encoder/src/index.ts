export { clipConfigSchema, clipTextConfigSchema, clipVisionConfigSchema, gridSide } from './config.ts';
export type { ClipConfig, ClipTextConfig, ClipVisionConfig } from './config.ts';
export { CLIP_MEAN, CLIP_STD, normalizePixels, pixelsFromBytes, pixelsFromClips } from './pixels.ts';
export { clipVision, clipVisionParameters } from './vision.ts';
export type { VisionOutput } from './vision.ts';
export { clipText, clipTextParameters } from './text.ts';
export { clipParameters, imageEmbeds, logitsPerImage, textEmbeds } from './clip.ts';
export { loadClip, loadClipVision } from './load.ts';
export type { EncoderOptions } from './encoder.ts';
