export { clipConfigSchema, clipTextConfigSchema, clipVisionConfigSchema, gridSide } from './config.ts';
export type { ClipConfig, ClipTextConfig, ClipVisionConfig } from './config.ts';
export {
  CLIP_MEAN,
  CLIP_STD,
  normalizePixels,
  PIXEL_STATISTICS,
  pixelsFromBytes,
  pixelsFromClips,
  type PixelStatistics,
} from './pixels.ts';
export { clipVision, clipVisionParameters } from './vision.ts';
export type { VisionOutput } from './vision.ts';
export { clipText, clipTextParameters } from './text.ts';
export { clipParameters, imageEmbeds, logitsPerImage, textEmbeds } from './clip.ts';
export { loadClip, loadClipVision } from './load.ts';
export type { EncoderOptions } from './encoder.ts';
export {
  dualEncoderConfigSchema,
  dualEncoderVariants,
  dualTextConfigSchema,
  videoGrid,
  videoTowerConfigSchema,
  withVariant,
} from './video-config.ts';
export type { DualEncoderConfig, DualEncoderSwitches, DualEncoderVariant, VideoTowerConfig } from './video-config.ts';
export { captionEmbeds, dualEncoderParameters, projectVideo, videoEmbeds, videoTower } from './video.ts';
export type { VideoFeatures } from './video.ts';
export { createDualEncoder, isDualEncoder, loadDualEncoder, openDualEncoder, saveDualEncoder } from './load-video.ts';
export { clampLogitScale, infoNce, MAX_LOGIT_SCALE, rowsInParts } from './info-nce.ts';
export type { InfoNce } from './info-nce.ts';
export { textIds } from './text-ids.ts';
export { openEmbedder } from './embedder.ts';
export type { Embedder, Embeddings, EmbedProgress } from './embedder.ts';
