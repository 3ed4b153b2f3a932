import { writePng } from '@egolab/video';
import { narration } from './language/sentence.ts';
import { factOf } from './language/fact.ts';
import { Recording } from './recording/recording.ts';
import { Canvas } from './render/canvas.ts';
import type { Instant } from './take/simulate.ts';
import type { Take } from './take/take.ts';
import { gloveColours } from './world/body.ts';
import { egoIntrinsics } from './write/views.ts';

export const ZOOM = 3;
const LABEL = 18;
/** Parts of an action at which it is shown. */
const SHOWN_AT = [0.1, 0.35, 0.6, 0.9];

/** RGB, the nearer the brighter. */
export const depthPicture = (depth: ArrayLike<number>): Uint8Array =>
  Uint8Array.from({ length: depth.length * 3 }, (_, i) => Math.max(0, 255 - depth[Math.floor(i / 3)] * 90));

/** RGB, a colour an instance. */
export const maskPicture = (instances: Uint8Array): Uint8Array =>
  Uint8Array.from(
    { length: instances.length * 3 },
    (_, i) => (instances[Math.floor(i / 3)] * [89, 151, 211][i % 3]) & 255,
  );

/** What the labels say about a take: hands in the colours of their gloves, touched objects in white. */
export function writeTruthSheet(
  path: string,
  take: Take,
  instants: readonly Instant[],
  size: number,
  samples: number,
  fps: number,
): void {
  const recording = new Recording(take, instants, egoIntrinsics(size), fps, samples);
  const rgb = recording.rgb();
  const side = size * ZOOM;
  const sheet = new Canvas(side * 3 * SHOWN_AT.length, (side + LABEL) * take.plan.actions.length);
  take.plan.actions.forEach((action, row) => {
    const top = row * (side + LABEL) + LABEL;
    sheet.write(narration(factOf(action, take.plan, take.wearer.pronoun)), 4, top - LABEL + 4);
    SHOWN_AT.forEach((part, column) => {
      const time = action.start + part * (action.end - action.start);
      const frame = Math.min(instants.length - 1, Math.round(time * fps));
      const left = column * side * 3;
      const { depth, instances } = recording.geometry(frame);
      sheet.paste(rgb.subarray(frame * size * size * 3, (frame + 1) * size * size * 3), size, left, top, ZOOM);
      sheet.paste(depthPicture(depth), size, left + side, top, ZOOM);
      sheet.paste(maskPicture(instances), size, left + side * 2, top, ZOOM);
      const outline = (box: readonly [number, number, number, number], colour: readonly [number, number, number]) => {
        const [x1, y1, x2, y2] = box.map((value) => value * ZOOM);
        sheet.outline([left + x1, top + y1, left + x2, top + y2], colour);
      };
      const { hands, objects } = recording.labels(frame);
      for (const { box } of objects) outline(box, [255, 255, 255]);
      for (const { side: hand, box, touched } of hands) {
        const [r, g, b] = gloveColours[hand].map((value) => Math.round(value * 255));
        outline(box, touched === null ? [r / 2, g / 2, b / 2] : [r, g, b]);
      }
    });
  });
  writePng(path, { data: sheet.data, width: sheet.width, height: sheet.height, channels: 3 });
}
