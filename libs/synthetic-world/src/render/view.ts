import type { Camera, CameraPose, Intrinsics } from './camera.ts';
import { castPrimitives, emptyVisibility, type Visibility } from './raycast.ts';
import { castShadows, type Scene, shade } from './shade.ts';

/** Exact geometry at pixel centres: z-depth in metres and instance ids, `[height, width]` each. */
export interface Geometry {
  readonly depth: Float64Array;
  readonly instances: Uint8Array;
}

/** Renders one camera of a take; buffers are kept from frame to frame, and a fixed camera keeps its background. */
export class View {
  private readonly fine: Intrinsics;
  private readonly seen: Visibility;
  private readonly colours: Uint8Array;
  private background: { seen: Visibility; colours: Uint8Array } | undefined;
  private fixed: CameraPose | undefined;

  /** @param samples samples per pixel along each axis of the RGB image */
  constructor(
    readonly intrinsics: Intrinsics,
    readonly samples = 1,
  ) {
    const { width, height, focal } = intrinsics;
    this.fine = { width: width * samples, height: height * samples, focal: focal * samples };
    this.seen = emptyVisibility(this.fine.width * this.fine.height);
    this.colours = new Uint8Array(this.fine.width * this.fine.height * 3);
  }

  /** The camera stays at `pose`: what is static is rendered once. */
  fix(pose: CameraPose, scene: Scene): void {
    this.fixed = pose;
    const camera = { ...pose, intrinsics: this.fine };
    this.clear();
    castPrimitives(scene.table, 0, scene.numStatic, camera, this.seen);
    shade(scene, camera, this.seen, 0, this.samples, this.colours);
    this.background = {
      seen: { depth: this.seen.depth.slice(), primitive: this.seen.primitive.slice() },
      colours: this.colours.slice(),
    };
  }

  /** RGB image, uint8 `[height, width, 3]`, written into `rgb`. */
  render(scene: Scene, pose: CameraPose, rgb: Uint8Array): void {
    const camera: Camera = { ...(this.fixed ?? pose), intrinsics: this.fine };
    const first = this.background ? scene.numStatic : 0;
    if (this.background) {
      this.seen.depth.set(this.background.seen.depth);
      this.seen.primitive.set(this.background.seen.primitive);
      this.colours.set(this.background.colours);
    } else this.clear();
    castPrimitives(scene.table, first, scene.numPrimitives, camera, this.seen);
    shade(scene, camera, this.seen, first, this.samples, this.colours);
    castShadows(scene, camera, this.seen, this.colours);
    if (this.samples === 1) rgb.set(this.colours);
    else boxAverage(this.colours, this.intrinsics, this.samples, rgb);
  }

  private clear(): void {
    this.seen.depth.fill(Infinity);
    this.seen.primitive.fill(-1);
  }
}

/** Exact depth and instance masks, one ray through each pixel centre. */
export function renderGeometry(scene: Scene, camera: Camera): Geometry {
  const numPixels = camera.intrinsics.width * camera.intrinsics.height;
  const seen = emptyVisibility(numPixels);
  castPrimitives(scene.table, 0, scene.numPrimitives, camera, seen);
  const instances = new Uint8Array(numPixels);
  for (let pixel = 0; pixel < numPixels; pixel++) {
    if (seen.primitive[pixel] >= 0) instances[pixel] = scene.table.instances[seen.primitive[pixel]];
  }
  return { depth: seen.depth, instances };
}

function boxAverage(fine: Uint8Array, { width, height }: Intrinsics, samples: number, rgb: Uint8Array): void {
  const rowBytes = width * samples * 3;
  for (let row = 0, out = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (let channel = 0; channel < 3; channel++, out++) {
        let sum = 0;
        for (let y = 0; y < samples; y++) {
          const start = (row * samples + y) * rowBytes + column * samples * 3 + channel;
          for (let x = 0; x < samples; x++) sum += fine[start + x * 3];
        }
        rgb[out] = sum / (samples * samples) + 0.5;
      }
    }
  }
}
