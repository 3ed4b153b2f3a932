import type { Intrinsics } from '../render/camera.ts';
import { type Geometry, renderGeometry, View } from '../render/view.ts';
import { contactsOf } from '../take/contact.ts';
import type { Instant } from '../take/simulate.ts';
import { Stage, type Take } from '../take/take.ts';
import type { Side } from '../world/objects.ts';
import { millimetres, type TrueFrame } from './ground-truth.ts';
import { type FrameLabels, labelFrame } from './labels.ts';

/** A take as the head camera records it; pictures and geometry are rendered when they are asked for. */
export class Recording {
  private readonly stage: Stage;
  private frames: Uint8Array | undefined;
  private latest: { readonly frame: number; readonly geometry: Geometry } | undefined;

  constructor(
    readonly take: Take,
    readonly instants: readonly Instant[],
    readonly intrinsics: Intrinsics,
    readonly fps: number,
    private readonly samples: number,
    /** pictures and geometry a second; between them they stand still. Default: one a frame */
    private readonly pictureFps = fps,
  ) {
    this.stage = new Stage(take);
  }

  get numFrames(): number {
    return this.instants.length;
  }

  /** All frames: RGB, uint8 `[time, height, width, 3]`. */
  rgb(): Uint8Array {
    if (this.frames) return this.frames;
    const { width, height } = this.intrinsics;
    const view = new View(this.intrinsics, this.samples);
    const frames = new Uint8Array(this.numFrames * width * height * 3);
    const bytes = width * height * 3;
    this.instants.forEach((instant, index) => {
      const shown = this.shownAt(index);
      const picture = frames.subarray(index * bytes, (index + 1) * bytes);
      if (shown === index) view.render(this.stage.at(instant, false), instant.head, picture);
      else picture.set(frames.subarray(shown * bytes, (shown + 1) * bytes));
    });
    this.frames = frames;
    return frames;
  }

  /** Exact z-depth and instances of a frame. */
  geometry(at: number): Geometry {
    const frame = this.shownAt(at);
    if (this.latest?.frame === frame) return this.latest.geometry;
    const instant = this.instants[frame];
    const camera = { ...instant.head, intrinsics: this.intrinsics };
    this.latest = { frame, geometry: renderGeometry(this.stage.at(instant, false), camera) };
    return this.latest.geometry;
  }

  /** The latest frame with a picture of its own: picture k is taken at the frame nearest to its time. */
  private shownAt(frame: number): number {
    const frames = this.fps / this.pictureFps;
    const picture = Math.ceil((frame + 0.5) / frames - 1e-9) - 1;
    return Math.floor(picture * frames + 0.5 + 1e-9);
  }

  /** Depth of a frame in millimetres, uint16 `[height, width]`. */
  depth(frame: number): Uint16Array<ArrayBuffer> {
    return millimetres(this.geometry(frame));
  }

  /** The exact geometry of some frames. */
  *truth(frames: Iterable<number>): Generator<TrueFrame> {
    for (const frame of frames) {
      const instant = this.instants[frame];
      const touched = Object.entries(contactsOf(this.take.plan, instant)) as [Side, number][];
      const contact = touched.map(([hand, object]) => ({ hand, object })).sort((a, b) => a.object - b.object);
      yield { frame, instant, geometry: this.geometry(frame), contact };
    }
  }

  labels(frame: number): FrameLabels {
    return labelFrame(
      this.geometry(frame).instances,
      this.intrinsics.width,
      contactsOf(this.take.plan, this.instants[frame]),
    );
  }

  /** Frames between two times, both ends included; at least one. */
  framesBetween(start: number, end: number): number[] {
    const first = Math.min(this.numFrames - 1, Math.max(0, Math.round(start * this.fps)));
    const last = Math.min(this.numFrames - 1, Math.max(first, Math.round(end * this.fps)));
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  }
}
