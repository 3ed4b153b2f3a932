import { mkdirSync, renameSync, rmSync } from 'node:fs';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import { UserError } from '@egolab/foundation';
import { type FfmpegEnd, ffmpegEnd, startFfmpeg } from './ffmpeg.ts';

/** Frames as the whole library passes them: RGB, uint8, shape `[time, height, width, 3]`, C order. */
export interface Frames {
  readonly data: Uint8Array;
  readonly numFrames: number;
  readonly height: number;
  readonly width: number;
}

export interface EncodeOptions {
  /** frames per second */
  readonly fps: number;
  /** x264 constant rate factor, 0 (lossless with yuv444p) to 51; default 14: no visible loss */
  readonly crf?: number;
  /** `yuv444p` keeps the colour of single pixels, `yuv420p` (default; even sides only) plays everywhere */
  readonly pixelFormat?: 'yuv420p' | 'yuv444p';
  /** frames between key frames; default two seconds' worth */
  readonly keyframeInterval?: number;
}

/**
 * Writes an H.264 mp4 frame by frame through ffmpeg's standard input, so a video is never whole in memory.
 * Single-threaded and bit-exact: equal frames give equal bytes. The file appears under its name when `close` is done.
 */
export class VideoWriter {
  readonly path: string;
  private readonly partial: string;
  private readonly frameBytes: number;
  private readonly size: { readonly width: number; readonly height: number };
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly ended: Promise<FfmpegEnd>;
  private broken = false;

  constructor(path: string, options: EncodeOptions & { readonly width: number; readonly height: number }) {
    const { width, height, pixelFormat = 'yuv420p' } = options;
    if (pixelFormat === 'yuv420p' && (width % 2 || height % 2)) {
      throw new UserError({
        what: `yuv420p needs even sides, got ${width}x${height}`,
        where: path,
        mend: 'use yuv444p',
      });
    }
    this.path = path;
    this.size = { width, height };
    this.frameBytes = width * height * 3;
    mkdirSync(dirname(path), { recursive: true });
    this.partial = join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
    this.child = startFfmpeg([...encoderArguments(options, pixelFormat), this.partial]);
    this.child.stdin.on('error', () => (this.broken = true)); // why is told by stderr, in close()
    this.ended = ffmpegEnd(this.child);
    this.ended.catch(() => undefined); // reported by close()
  }

  /** Append frames: uint8 RGB, `[height, width, 3]` or several of them; resolves when ffmpeg can take more. */
  async write(frames: Uint8Array): Promise<void> {
    if (frames.length === 0 || frames.length % this.frameBytes) {
      const { width, height } = this.size;
      throw new Error(
        `expected whole frames of ${height}x${width}x3 = ${this.frameBytes} bytes, got ${frames.length} bytes`,
      );
    }
    if (this.broken) return;
    await new Promise<void>((resolve) => this.child.stdin.write(frames, () => resolve()));
  }

  /** Finish the file and put it under its name. */
  async close(): Promise<void> {
    this.child.stdin.end();
    const { code, stderr } = await this.ended;
    if (code !== 0) {
      rmSync(this.partial, { force: true });
      throw encodeFailure(this.path, stderr);
    }
    renameSync(this.partial, this.path);
  }

  /** Give up: nothing stays behind. */
  async abort(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended.catch(() => undefined);
    rmSync(this.partial, { force: true });
  }
}

/** Write frames as an H.264 mp4; see {@link VideoWriter}. */
export async function writeVideo(path: string, frames: Frames, options: EncodeOptions): Promise<void> {
  const writer = new VideoWriter(path, { ...options, width: frames.width, height: frames.height });
  try {
    await writer.write(frames.data);
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

function encoderArguments(
  options: EncodeOptions & { readonly width: number; readonly height: number },
  pixelFormat: string,
): string[] {
  const { width, height, fps, crf = 14, keyframeInterval = Math.max(1, Math.round(2 * fps)) } = options;
  const input = [
    '-f',
    'rawvideo',
    '-pixel_format',
    'rgb24',
    '-video_size',
    `${width}x${height}`,
    '-framerate',
    String(fps),
  ];
  const codec = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', String(crf), '-pix_fmt', pixelFormat];
  const stable = ['-threads', '1', '-g', String(keyframeInterval), '-fflags', '+bitexact', '-flags:v', '+bitexact'];
  return [
    ...input,
    '-i',
    'pipe:0',
    ...codec,
    ...stable,
    '-map_metadata',
    '-1',
    '-movflags',
    '+faststart',
    '-f',
    'mp4',
    '-y',
  ];
}

function encodeFailure(path: string, stderr: string): Error {
  const reason = stderr.trim().split('\n').slice(-2).join(' ');
  if (/No space left|Disk quota/.test(stderr)) {
    return new UserError({
      what: 'the disk is full while a video is written',
      where: path,
      mend: 'free some space and run the command again',
    });
  }
  return new Error(`ffmpeg could not encode ${path}: ${reason}`);
}
