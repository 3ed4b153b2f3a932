import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { clipTiming, type EgoM2pClip } from '@egolab/ego-data';
import type { Random } from '@egolab/foundation';
import { tf } from '@egolab/runtime';
import { padVideo, type VideoSize } from '@egolab/video-tokenizer';

/** A colour or a depth video of a clip. */
export interface VideoExample {
  clip: EgoM2pClip;
  modality: 'rgb' | 'depth';
}

/** Each clip's colour video and depth video, where it has them. */
export function videoExamples(clips: readonly EgoM2pClip[]): VideoExample[] {
  const both = ['rgb', 'depth'] as const;
  return clips.flatMap((clip) =>
    both.filter((modality) => clip[modality] !== undefined).map((modality) => ({ clip, modality })),
  );
}

/** Videos that are decoded at a time ahead of their use. */
const READ_AHEAD = 32;

/** Videos of one size, kept in memory up to a limit once they are decoded. */
export class VideoClips {
  private readonly kept = new Map<string, Uint8Array>();
  private bytes = 0;

  /** @param size side of the frames in pixels */
  constructor(
    private readonly size: number,
    private readonly maxBytes: number,
  ) {}

  get videoSize(): VideoSize {
    return { frames: clipTiming.videoFrames, height: this.size, width: this.size };
  }

  /** Decode videos before they are asked for, while they fit: those of clips of a recording in one pass over its file. */
  async readAhead(examples: readonly VideoExample[]): Promise<void> {
    for (let first = 0; first < examples.length && this.bytes < this.maxBytes; first += READ_AHEAD)
      await Promise.all(examples.slice(first, first + READ_AHEAD).map((example) => this.read(example)));
  }

  /** uint8 `[16, size, size, 3]` of colour, `[16, size, size]` of depth */
  async read({ clip, modality }: VideoExample): Promise<Uint8Array> {
    const key = `${clip.source}/${clip.key}/${modality}`;
    const before = this.kept.get(key);
    if (before) return before;
    const pixels = await clip[modality]!.read(this.size);
    if (this.bytes + pixels.length <= this.maxBytes) {
      this.kept.set(key, pixels);
      this.bytes += pixels.length;
    }
    return pixels;
  }

  /**
   * A batch to train on: a box of each video, `[batch, frames, side, side, 3]` in [-1, 1], padded as the tokenizer pads.
   *
   * @param crop frames and pixels of the boxes, at most the videos' own
   */
  async batch(examples: readonly VideoExample[], crop: VideoSize, random: Random): Promise<Tensor> {
    const videos = await Promise.all(examples.map((example) => this.read(example)));
    const boxes = examples.map(({ modality }, i) =>
      box(videos[i], this.videoSize, modality === 'rgb' ? 3 : 1, crop, random),
    );
    return tf.tidy(() => {
      const shape = [1, crop.frames, crop.height, crop.width, 3];
      const videos = boxes.map((values) => tf.tensor(values, shape));
      return padVideo(videos.length === 1 ? videos[0] : tf.concat(videos, 0));
    });
  }
}

/** A random box of a video, its channel three times where there is one. */
function box(pixels: Uint8Array, video: VideoSize, channels: 1 | 3, crop: VideoSize, random: Random): Float32Array {
  const begin = (whole: number, part: number) => random.integer(0, whole - part);
  const [t0, y0, x0] = [
    begin(video.frames, crop.frames),
    begin(video.height, crop.height),
    begin(video.width, crop.width),
  ];
  const values = new Float32Array(crop.frames * crop.height * crop.width * 3);
  let to = 0;
  for (let t = 0; t < crop.frames; t++) {
    for (let y = 0; y < crop.height; y++) {
      const row = (((t0 + t) * video.height + y0 + y) * video.width + x0) * channels;
      for (let i = 0; i < crop.width * 3; i++) values[to++] = pixels[row + (channels === 3 ? i : Math.floor(i / 3))];
    }
  }
  return values;
}
