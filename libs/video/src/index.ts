export { ffmpegPath } from './ffmpeg.ts';
export { VideoWriter, writeVideo, type EncodeOptions, type Frames } from './encode.ts';
export { pngBytes, readGreyPng, readPng, writePng, type Image } from './png.ts';
export { mediaName, type Media, type TarMember } from './media.ts';
export { probe, type VideoInfo } from './probe.ts';
export {
  clipFrames,
  frameRange,
  frameSamplers,
  roundHalfEven,
  uniformFrames,
  type FrameSampler,
  type TimeWindow,
} from './sampling.ts';
export {
  centreCrop,
  clipPaddingColour,
  clipPixelMean,
  clipPixelStd,
  clipResize,
  normalizePixels,
  padToSquare,
  resizeBicubic,
  shortestEdgeSize,
  type RgbImage,
} from './resize.ts';
export {
  decodeClips,
  decodeFrames,
  readVideo,
  streamClips,
  type Clip,
  type ClipOptions,
  type FrameSize,
} from './decode.ts';
export {
  ClipReader,
  type ClipReaderOptions,
  type ClipReaderStats,
  type ClipRequest,
  type WarmProgress,
} from './clip-reader.ts';
