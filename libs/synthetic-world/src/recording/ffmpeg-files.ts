import { ffmpegPath } from '@egolab/video';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

interface RawFrames {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
}

const stable = ['-threads', '1', '-fflags', '+bitexact', '-flags:v', '+bitexact', '-map_metadata', '-1', '-y'];

function encode(path: string, format: string, { data, width, height, fps }: RawFrames, codec: readonly string[]): void {
  mkdirSync(dirname(path), { recursive: true });
  const input = ['-f', 'rawvideo', '-pixel_format', format, '-video_size', `${width}x${height}`];
  const args = [...input, '-framerate', String(fps), '-i', 'pipe:0', ...codec, ...stable, path];
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const { status, stderr } = spawnSync(ffmpegPath(), ['-hide_banner', '-loglevel', 'error', ...args], { input: bytes });
  if (status !== 0) throw new Error(`ffmpeg could not write ${path}: ${String(stderr).trim()}`);
}

/** A JPEG a frame. @param pattern path with `%05d` or the like @param first number of the first file */
export function writeJpegFrames(pattern: string, first: number, frames: RawFrames): void {
  encode(pattern, 'rgb24', frames, ['-start_number', String(first), '-q:v', '2', '-pix_fmt', 'yuvj444p']);
}

/** An mp4 of another size than the frames. */
export function writeScaledVideo(path: string, width: number, height: number, crf: number, frames: RawFrames): void {
  const scale = ['-vf', `scale=${width}:${height}:flags=bicubic`];
  encode(path, 'rgb24', frames, [
    ...scale,
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-crf',
    String(crf),
    '-pix_fmt',
    'yuv420p',
  ]);
}

/** A WebM (VP8), as Something-Something-V2 has them. */
export function writeWebm(path: string, frames: RawFrames & { readonly crf: number }): void {
  const quality = ['-crf', String(Math.max(4, frames.crf)), '-b:v', '1M', '-deadline', 'realtime', '-cpu-used', '8'];
  encode(path, 'rgb24', frames, ['-c:v', 'libvpx', ...quality, '-pix_fmt', 'yuv420p']);
}
