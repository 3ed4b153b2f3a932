import { UserError } from '@egolab/foundation';
import { runFfmpeg } from './ffmpeg.ts';
import { ffmpegInput, type Media, mediaName } from './media.ts';

export interface VideoInfo {
  /** as displayed: a rotation stored in the file is applied */
  readonly width: number;
  readonly height: number;
  /** mean frame rate, frames / duration */
  readonly fps: number;
  readonly numFrames: number;
  /** seconds */
  readonly duration: number;
  /** when each frame is shown, ascending, in seconds from the file's start; undefined when the file does not say */
  readonly timestamps: Float64Array | undefined;
}

/**
 * Size, frame rate and the exact frames of a video (an image is a video of one frame). Reads the packets without
 * decoding them, so it is fast, and finds a file that was cut.
 * @throws UserError naming a missing, cut or foreign file
 */
export async function probe(media: Media): Promise<VideoInfo> {
  const input = ffmpegInput(media);
  const { stdout, stderr } = await runFfmpeg([...input, '-map', '0:v:0', '-c', 'copy', '-f', 'framecrc', '-'], 'info');
  const packets = readPackets(stdout.toString('latin1'));
  const stream = /Stream #0:\d+.*?: Video: .*?, (\d{1,5})x(\d{1,5})[\s,]/.exec(stderr);
  if (!stream || packets.numFrames === 0 || damaged(stderr)) throw unreadable(media, stderr);
  const [width, height] = [Number(stream[1]), Number(stream[2])];
  const quarterTurn = Math.abs(Number(/rotation of (-?[\d.]+) degrees/.exec(stderr)?.[1] ?? 0)) % 180 === 90;
  const statedFps = Number(/, ([\d.]+) fps/.exec(stderr)?.[1] ?? 25);
  return {
    width: quarterTurn ? height : width,
    height: quarterTurn ? width : height,
    fps: packets.fps ?? statedFps,
    numFrames: packets.numFrames,
    duration: packets.duration ?? packets.numFrames / statedFps,
    timestamps: packets.timestamps,
  };
}

interface Packets {
  readonly numFrames: number;
  readonly duration: number | undefined;
  readonly fps: number | undefined;
  readonly timestamps: Float64Array | undefined;
}

/** ffmpeg's flag of a packet that an edit list cuts off: needed to decode, never shown. */
const discardFlag = 4;
/** ffmpeg's "no time": such as in a bare H.264 stream. */
const noTime = -(2 ** 63);

/**
 * Lines "stream, dts, pts, duration, size, checksum[, F=flags]" of ffmpeg's framecrc format, in ticks of "#tb 0: num/den"
 * seconds.
 * Sums stay in ticks, so that 25 fps is 25 and not 25.000000000000004: window arithmetic truncates.
 */
function readPackets(text: string): Packets {
  const [, num, den] = (/#tb 0: (\d+)\/(\d+)/.exec(text) ?? []).map(Number);
  const shown = text.split('\n').filter((line) => line.startsWith('0,') && !discarded(line));
  const numFrames = shown.length;
  const packets = shown.map((line) => line.split(',', 4).map(Number)).sort((a, b) => a[2] - b[2]);
  const unknown = { numFrames, duration: undefined, fps: undefined, timestamps: undefined };
  if (numFrames === 0 || packets.some((fields) => fields[2] === noTime)) return unknown;
  const last = packets[numFrames - 1];
  const ticks = last[2] + last[3] - packets[0][2];
  const timestamps = Float64Array.from(packets, (fields) => (fields[2] * num) / den);
  if (!(ticks > 0)) return { ...unknown, timestamps };
  return { numFrames, duration: (ticks * num) / den, fps: (numFrames * den) / (ticks * num), timestamps };
}

function discarded(line: string): boolean {
  return (parseInt(/F=0x([0-9a-f]+)/i.exec(line)?.[1] ?? '0', 16) & discardFlag) !== 0;
}

/** Whether ffmpeg's messages say that the file ends too early or holds no video it knows. */
export function damaged(stderr: string): boolean {
  return /partial file|moov atom not found|Invalid data found|truncated|Error during demuxing|does not contain any stream/i.test(
    stderr,
  );
}

/** The one message for a video that cannot be read. */
export function unreadable(media: Media, stderr: string, what?: string): UserError {
  const reason = stderr
    .split('\n')
    .map((line) => line.replace(/^\[[^\]]*\] */, '').trim())
    .find((line) => damaged(line) || /matches no streams/.test(line));
  return new UserError({
    what:
      what ??
      `the video is cut, damaged or in a format that ffmpeg does not know${reason ? ` (ffmpeg: ${reason})` : ''}`,
    where: mediaName(media),
    mend: 'copy or download the file again, or take it out of the data set',
  });
}
