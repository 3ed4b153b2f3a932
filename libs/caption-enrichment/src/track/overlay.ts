import type { Frames } from '@egolab/video';
import type { FrameDetections } from '../detect/detections.ts';
import type { Box, Mask } from '../geometry.ts';
import type { Tracks } from './tracks.ts';

type Colour = readonly [number, number, number];
/** Left hand, right hand, objects. */
const colours = {
  left: [64, 140, 255],
  right: [255, 150, 40],
  objects: [
    [70, 220, 100],
    [235, 90, 220],
  ],
} as const;
/** How much of a mask's colour shows. */
const OPACITY = 0.45;

/** Frames with masks in colour, boxes around them, and a mark above the box of each hand in contact. */
export function overlayFrames(frames: Frames, tracks: Tracks): Frames {
  const drawn = Uint8Array.from(frames.data);
  const { height, width } = frames;
  for (let t = 0; t < frames.numFrames; t++) {
    const frame = drawn.subarray(t * height * width * 3, (t + 1) * height * width * 3);
    const paint = (colour: Colour, mask: Mask | null, box: Box | null) => {
      if (mask) tint(frame, mask, colour);
      if (box) outline(frame, { height, width }, box, colour);
    };
    tracks.objects.forEach(({ masks, boxes }, index) => paint(colours.objects[index % 2], masks[t], boxes[t]));
    for (const { side, contact, masks, boxes } of tracks.hands) {
      paint(colours[side], masks[t], boxes[t]);
      const box = boxes[t];
      if (box && contact !== 'none') fill(frame, { height, width }, markAbove(box, height), colours[side]);
    }
  }
  return { ...frames, data: drawn };
}

/** Frames with the detector's boxes, for clips that could not be tracked. */
export function overlayDetections(frames: Frames, detections: readonly FrameDetections[]): Frames {
  const drawn = Uint8Array.from(frames.data);
  const { height, width } = frames;
  detections.forEach(({ hands, objects }, t) => {
    const frame = drawn.subarray(t * height * width * 3, (t + 1) * height * width * 3);
    for (const { box } of objects) outline(frame, { height, width }, box, colours.objects[0]);
    for (const { box, side, contact } of hands) {
      outline(frame, { height, width }, box, colours[side]);
      if (contact !== 'none') fill(frame, { height, width }, markAbove(box, height), colours[side]);
    }
  });
  return { ...frames, data: drawn };
}

/** Stand out from skin, gloves and kitchens. */
const kindColours = { hand: [0, 200, 255], object: [255, 0, 200] } as const;

/** One frame `[height, width, 3]` with masks in colour, rims in full: hands in cyan, objects in magenta. */
export function overlayMasks(
  frame: Uint8Array,
  instances: readonly { readonly kind: 'hand' | 'object'; readonly mask: Mask }[],
): Uint8Array {
  const drawn = Uint8Array.from(frame);
  for (const { kind, mask } of instances) {
    tint(drawn, mask, kindColours[kind]);
    for (const pixel of rimOf(mask)) drawn.set(kindColours[kind], pixel * 3);
  }
  return drawn;
}

/** Pixels of a mask that touch what is outside of it. */
function rimOf({ data, height, width }: Mask): number[] {
  const inside = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && data[y * width + x] === 1;
  const pixels: number[] = [];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if (inside(x, y) && !(inside(x - 1, y) && inside(x + 1, y) && inside(x, y - 1) && inside(x, y + 1)))
        pixels.push(y * width + x);
  return pixels;
}

function markAbove({ x1, x2, y1 }: Box, height: number): Box {
  const size = Math.max(2, height / 40);
  return {
    x1: (x1 + x2 - size) / 2,
    x2: (x1 + x2 + size) / 2,
    y1: Math.max(0, y1 - 1.5 * size),
    y2: Math.max(size, y1 - 0.5 * size),
  };
}

function tint(frame: Uint8Array, { data }: Mask, colour: Colour): void {
  for (let pixel = 0; pixel < data.length; pixel++) {
    if (data[pixel] === 0) continue;
    for (let channel = 0; channel < 3; channel++) {
      const at = pixel * 3 + channel;
      frame[at] = frame[at] * (1 - OPACITY) + colour[channel] * OPACITY;
    }
  }
}

interface Size {
  readonly height: number;
  readonly width: number;
}

function outline(frame: Uint8Array, size: Size, { x1, y1, x2, y2 }: Box, colour: Colour): void {
  const thickness = Math.max(1, Math.round(size.height / 160));
  fill(frame, size, { x1, x2, y1, y2: y1 + thickness }, colour);
  fill(frame, size, { x1, x2, y1: y2 - thickness, y2 }, colour);
  fill(frame, size, { x1, x2: x1 + thickness, y1, y2 }, colour);
  fill(frame, size, { x1: x2 - thickness, x2, y1, y2 }, colour);
}

function fill(frame: Uint8Array, { height, width }: Size, { x1, y1, x2, y2 }: Box, colour: Colour): void {
  for (let y = Math.max(0, Math.round(y1)); y < Math.min(height, Math.round(y2)); y++)
    for (let x = Math.max(0, Math.round(x1)); x < Math.min(width, Math.round(x2)); x++)
      frame.set(colour, (y * width + x) * 3);
}
