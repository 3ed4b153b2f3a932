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

/** Start ffmpeg without a console: nothing is asked, only errors are printed unless `loglevel` says otherwise. */
export function startFfmpeg(args: readonly string[], loglevel = 'error'): ChildProcessWithoutNullStreams {
  return spawn(ffmpegPath(), ['-nostdin', '-hide_banner', '-loglevel', loglevel, ...args]);
}

export interface FfmpegResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Run ffmpeg to its end and collect what it prints; a non-zero exit code is the caller's to judge. */
export function runFfmpeg(args: readonly string[], loglevel = 'error'): Promise<FfmpegResult> {
  const child = startFfmpeg(args, loglevel);
  child.stdin.end();
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ code: code ?? -1, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString('utf8') }),
    );
  });
}
