import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '@egolab/foundation';

const repository = fileURLToPath(new URL('../../../', import.meta.url));

let found: string | undefined;

/**
 * The ffmpeg program: the one on PATH, else the binary of the `imageio-ffmpeg` wheel in the project's `.venv`.
 * @throws UserError when there is neither
 */
export function ffmpegPath(): string {
  found ??= onPath('ffmpeg') ?? inVenv();
  if (!found) {
    throw new UserError({
      what: 'ffmpeg was found neither on PATH nor in .venv (wheel imageio-ffmpeg)',
      mend: 'run `npm run setup`, or put an ffmpeg on PATH',
    });
  }
  return found;
}

function onPath(program: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, program))
    .find(isExecutable);
}

function inVenv(): string | undefined {
  const lib = join(repository, '.venv', 'lib');
  if (!existsSync(lib)) return undefined;
  for (const python of readdirSync(lib)) {
    const binaries = join(lib, python, 'site-packages', 'imageio_ffmpeg', 'binaries');
    if (!existsSync(binaries)) continue;
    const binary = readdirSync(binaries).find(
      (name) => name.startsWith('ffmpeg-') && isExecutable(join(binaries, name)),
    );
    if (binary) return join(binaries, binary);
  }
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Start ffmpeg without a console: nothing is asked, only errors are printed unless `loglevel` says otherwise. It leads a
 * process group of its own: Ctrl-C asks this process to stop, which may still have frames to read before it does.
 */
export function startFfmpeg(args: readonly string[], loglevel = 'error'): ChildProcessWithoutNullStreams {
  return spawn(ffmpegPath(), ['-nostdin', '-hide_banner', '-loglevel', loglevel, ...args], { detached: true });
}

/** How an ffmpeg process ended: its exit code (undefined after a crash) and what it printed about errors. */
export interface FfmpegEnd {
  readonly code: number | undefined;
  readonly stderr: string;
}

/**
 * Wait for the end of a process.
 * @throws Error when it was killed from outside: that says nothing about the file it read
 */
export function ffmpegEnd(child: ChildProcessWithoutNullStreams): Promise<FfmpegEnd> {
  const stderr: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (signal && /^SIG(INT|TERM|KILL|HUP)$/.test(signal)) reject(new Error(`ffmpeg was stopped by ${signal}`));
      else resolve({ code: code ?? undefined, stderr: Buffer.concat(stderr).toString('utf8') });
    });
  });
}

/** Run ffmpeg to its end and collect what it prints; a non-zero exit code is the caller's to judge. */
export async function runFfmpeg(
  args: readonly string[],
  loglevel?: string,
): Promise<FfmpegEnd & { readonly stdout: Buffer }> {
  const child = startFfmpeg(args, loglevel);
  child.stdin.end();
  const stdout: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  const end = await ffmpegEnd(child);
  return { ...end, stdout: Buffer.concat(stdout) };
}
