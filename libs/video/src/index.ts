export { ffmpegPath } from './ffmpeg.ts';
export { VideoWriter, writeVideo, type EncodeOptions, type Frames } from './encode.ts';
export { readGreyPng, readPng, writePng, type Image } from './png.ts';
