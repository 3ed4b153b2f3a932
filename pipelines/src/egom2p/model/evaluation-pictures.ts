import { clipTiming, fromNineNumbers, type ClipGaze } from '@egolab/ego-data';
import { filmStrip, gazeOnFrames, trajectoryPicture, type DrawnGaze, type StripRow } from '@egolab/pictures';
import { pngBytes } from '@egolab/video';
import type { StagePicture } from '../../pictures.ts';
import { clipName, type Example } from './evaluate.ts';
import type { EvaluationTask } from './scorers.ts';

/** Columns of a strip, and the side that its small frames are enlarged to, at least twice, by a whole factor. */
const [COLUMNS, SHOWN_SIDE] = [6, 64];
const factorOf = (size: number): number => Math.max(2, Math.floor(SHOWN_SIDE / size));
const [TRUE, PREDICTED] = [
  [34, 197, 94],
  [239, 68, 68],
] as const;

/**
 * The evaluation to look at: camera trajectories in 3D, gaze on frames, depth beside what is true, and colour made of depth.
 *
 * @param size side of the frames
 * @param heldOut examples of the pretrained model
 * @param unseen examples of a source that pretraining hasn't seen, before and after post-training
 */
export function evaluationPictures(
  size: number,
  heldOut: readonly Example[],
  unseen: { pretrained: readonly Example[]; postTrained: readonly Example[] },
): StagePicture[] {
  const of = (task: EvaluationTask, examples: readonly Example[]) => examples.filter((each) => each.task === task);
  const moving = furthest(of('camera', heldOut));
  const away = furthest(of('camera', unseen.postTrained));
  const before = of('camera', unseen.pretrained).find(({ clip }) => clip.key === away?.clip.key);
  return [
    ...(moving ? [trajectories('camera', 'Camera from colour video', moving, undefined)] : []),
    ...(away ? [trajectories('camera-unseen', 'Camera of an unseen source', away, before)] : []),
    ...strip('gaze', 'Gaze from colour video', of('gaze', heldOut), size, gazeRows, 'rings on the video: green where the wearer looks, red where the model says'), // prettier-ignore
    ...strip('depth', 'Depth from colour video', of('depth', heldOut), size, depthRows, 'three rows a clip: the video, the true inverse depth, the predicted one (yellow is near)'), // prettier-ignore
    ...strip('synthesis', 'Colour video from depth', of('synthesis', heldOut), size, synthesisRows, 'three rows a clip: the given depth, the video that the model makes of it, the true video'), // prettier-ignore
  ];
}

/** The example whose camera ends furthest from its beginning: most clips stand nearly still. */
function furthest(examples: readonly Example[]): Example | undefined {
  const distance = ({ truth }: Example) => Math.hypot(...(truth as Float32Array).subarray(-3));
  return [...examples].sort((a, b) => distance(b) - distance(a))[0];
}

function trajectories(name: string, title: string, example: Example, before: Example | undefined): StagePicture {
  const drawn = (label: string, nine: Example['truth']) => ({ name: label, poses: fromNineNumbers(nine as Float32Array) }); // prettier-ignore
  const ways = before
    ? [drawn('true', example.truth), drawn('pretrained', before.predicted), drawn('post-trained', example.predicted)]
    : [drawn('true', example.truth), drawn('predicted', example.predicted)];
  const seen = `the camera's way in the two seconds of ${clipName(example.clip)}, of the examples the clip that moves furthest: ${ways.map((way) => way.name).join(', ')}`;
  return {
    name,
    title,
    caption: `In 3D, ${seen}. Pyramids show where the camera looks.`,
    alt: `Drawing of ${seen}.`,
    bytes: trajectoryPicture(title, ways),
  };
}

/** Clips that one strip shows. */
const CLIPS = 2;

function strip(
  name: string,
  title: string,
  examples: readonly Example[],
  size: number,
  rows: (example: Example, size: number) => StripRow[],
  what: string,
): StagePicture[] {
  const shown = examples.slice(0, CLIPS);
  if (shown.length === 0) return [];
  const clips = shown.map(({ clip }) => clipName(clip)).join(' and ');
  const picture = filmStrip(shown.flatMap((example) => rows(example, size)), size * factorOf(size), COLUMNS); // prettier-ignore
  return [
    {
      name,
      title,
      caption: `${clips}, ${what}; ${COLUMNS} of ${clipTiming.videoFrames} frames from left to right.`,
      alt: `Film strips of ${clips}: ${what}.`,
      bytes: pngBytes({ ...picture, channels: 3 }),
    },
  ];
}

function gazeRows({ given, predicted, truth }: Example, size: number): StripRow[] {
  const frames = enlarged(given as Uint8Array, size, 3);
  const gazes = [atFrames(truth as ClipGaze, TRUE), atFrames({ ...(predicted as ClipGaze) }, PREDICTED)];
  return [{ data: gazeOnFrames(frames, size * factorOf(size), gazes), channels: 3 }];
}

/** Gaze at the times of the video's frames. */
function atFrames({ xy, valid }: ClipGaze, colour: DrawnGaze['colour']): DrawnGaze {
  const times = Array.from({ length: clipTiming.videoFrames }, (_, i) => Math.round((i * clipTiming.fps) / clipTiming.videoFps)); // prettier-ignore
  return { xy: times.flatMap((t) => [xy[2 * t], xy[2 * t + 1]]), valid: times.map((t) => valid[t]), colour };
}

function depthRows({ given, predicted, truth }: Example, size: number): StripRow[] {
  return [
    { data: enlarged(given as Uint8Array, size, 3), channels: 3 },
    ...[truth, predicted].map((depth): StripRow => ({ data: enlarged(depth as Uint8Array, size, 1), channels: 1 })),
  ];
}

function synthesisRows({ given, predicted, truth }: Example, size: number): StripRow[] {
  return [
    { data: enlarged(given as Uint8Array, size, 1), channels: 1 },
    ...[predicted, truth].map((video): StripRow => ({ data: enlarged(video as Uint8Array, size, 3), channels: 3 })),
  ];
}

/** Every pixel as a square of pixels; values are rounded to bytes. */
function enlarged(frames: ArrayLike<number>, size: number, channels: 1 | 3): Uint8Array {
  const factor = factorOf(size);
  const side = size * factor;
  const count = frames.length / (size * size * channels);
  const out = new Uint8Array(count * side * side * channels);
  let to = 0;
  for (let frame = 0; frame < count; frame++)
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const from = ((frame * size + Math.floor(y / factor)) * size + Math.floor(x / factor)) * channels;
        for (let c = 0; c < channels; c++) out[to++] = Math.max(0, Math.min(255, Math.round(frames[from + c])));
      }
  return out;
}
