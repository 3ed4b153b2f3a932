import { type ClipFrames, frameOf } from '../clip.ts';
import { type Box, centreOf, clipBox, components, growBox, type Mask, maskBox, maskOf, scaleBox } from '../geometry.ts';
import {
  type FrameDetections,
  type HandDetection,
  type HandObjectDetector,
  type ObjectDetection,
  offsetBetween,
} from './detections.ts';

/** Frames are looked at in a grid of so many cells along the longer side. */
const CELLS = 96;
/** Skin in the CbCr plane (Chai and Ngan 1999, but redder, against wood), and bright enough to have a colour. */
const SKIN = { cb: [77, 127], cr: [146, 180], minY: 40 } as const;
/** Parts smaller or larger than these shares of the image are no hands. */
const HAND_AREA = [0.004, 0.25] as const;
/** An arm is cut: of a long part, the end away from the wearer, this many times as long as it is wide, is the hand. */
const HAND_LENGTH = 1.3;
/** The wearer's hands come from below: a part that ends above this share of the image's height is something else. */
const REACH = 0.4;
/** A cell that differs by more from the mean colour around the hand stands out, 0..255. */
const SALIENT = 52;
/** What lies around a hand, and what touches it: its box grown by these factors. */
const AROUND = 2.2;
const TOUCHING = 1.2;
const OBJECT_AREA = [0.002, 0.12] as const;

/**
 * Hands by skin colour, objects by what stands out next to them. A stand-in for where no trained detector and no detections are at hand:
 * it needs no weights, takes bare hands only, and mistakes wood and faces for skin. The contact state is a guess from nearness.
 */
export function skinColourDetector(): HandObjectDetector {
  return {
    name: 'skin colour (no trained detector)',
    detect: async (clip) => Array.from({ length: clip.numFrames }, (_, index) => detectFrame(clip, index)),
  };
}

interface Grid {
  readonly rgb: Float32Array;
  readonly height: number;
  readonly width: number;
}

function detectFrame(clip: ClipFrames, index: number): FrameDetections {
  const grid = gridOf(clip, index);
  const skin = skinMask(grid);
  const scale = { x: clip.width / grid.width, y: clip.height / grid.height };
  const toPixels = (box: Box) => clipBox(scaleBox(box, scale.x, scale.y), clip.height, clip.width)!;
  const hands = handParts(skin).map((part) => {
    const mask = maskOf(part, skin.height, skin.width);
    return { box: maskBox(mask)!, share: part.length / skin.data.length };
  });
  const objects: ObjectDetection[] = [];
  const found = hands.map(({ box, share }): HandDetection => {
    const object = objectBeside(grid, skin, box);
    if (object) objects.push({ box: toPixels(object), score: 0.5 });
    const pixels = toPixels(box);
    return {
      box: pixels,
      score: Math.min(1, 0.3 + 10 * share),
      side: centreOf(box).x < grid.width / 2 ? 'left' : 'right',
      contact: object ? 'portable object' : 'none',
      offset: object ? offsetBetween(pixels, toPixels(object)) : null,
    };
  });
  return { hands: differentSides(found), objects };
}

/** Two hands in one half of the image: the one farther left is the left hand. */
function differentSides(hands: HandDetection[]): HandDetection[] {
  if (hands.length !== 2 || hands[0].side !== hands[1].side) return hands;
  const leftmost = centreOf(hands[0].box).x <= centreOf(hands[1].box).x ? 0 : 1;
  return hands.map((hand, index) => ({ ...hand, side: index === leftmost ? 'left' : 'right' }));
}

function gridOf(clip: ClipFrames, index: number): Grid {
  const scale = Math.min(1, CELLS / Math.max(clip.height, clip.width));
  const [height, width] = [clip.height, clip.width].map((side) => Math.max(1, Math.round(side * scale)));
  const frame = frameOf(clip, index);
  const rgb = new Float32Array(height * width * 3);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [Math.floor((y * clip.height) / height), Math.ceil(((y + 1) * clip.height) / height)];
    for (let x = 0; x < width; x++) {
      const [left, right] = [Math.floor((x * clip.width) / width), Math.ceil(((x + 1) * clip.width) / width)];
      for (let row = top; row < bottom; row++)
        for (let column = left; column < right; column++)
          for (let channel = 0; channel < 3; channel++)
            rgb[(y * width + x) * 3 + channel] +=
              frame[(row * clip.width + column) * 3 + channel] / ((bottom - top) * (right - left));
    }
  }
  return { rgb, height, width };
}

function skinMask({ rgb, height, width }: Grid): Mask {
  const data = new Uint8Array(height * width);
  for (let pixel = 0; pixel < data.length; pixel++) {
    const [r, g, b] = rgb.subarray(pixel * 3, pixel * 3 + 3);
    const y = 0.299 * r + 0.587 * g + 0.114 * b;
    const cb = 128 - 0.168736 * r - 0.331264 * g + 0.5 * b;
    const cr = 128 + 0.5 * r - 0.418688 * g - 0.081312 * b;
    data[pixel] = Number(y > SKIN.minY && cb > SKIN.cb[0] && cb < SKIN.cb[1] && cr > SKIN.cr[0] && cr < SKIN.cr[1]);
  }
  return { data, height, width };
}

/** The two largest parts of plausible size that aren't far up, arms cut off. */
function handParts(skin: Mask): number[][] {
  const numCells = skin.data.length;
  return components(skin)
    .filter((part) => part.length > HAND_AREA[0] * numCells && part.length < HAND_AREA[1] * numCells)
    .filter((part) => part.some((cell) => cell > numCells * REACH))
    .slice(0, 2)
    .map((part) => withoutArm(part, skin.width));
}

function withoutArm(part: number[], width: number): number[] {
  const columns = part.map((cell) => cell % width);
  const top = Math.min(...part.map((cell) => Math.floor(cell / width)));
  const breadth = Math.max(...columns) - Math.min(...columns) + 1;
  return part.filter((cell) => Math.floor(cell / width) < top + HAND_LENGTH * breadth);
}

/** What stands out from its surroundings, isn't skin and lies beside a hand; undefined when nothing does. */
function objectBeside(grid: Grid, skin: Mask, hand: Box): Box | undefined {
  const around = clipBox(growBox(hand, AROUND), grid.height, grid.width)!;
  const mean = meanColour(grid, skin, around);
  const data = new Uint8Array(skin.data.length);
  for (let y = Math.floor(around.y1); y < around.y2; y++) {
    for (let x = Math.floor(around.x1); x < around.x2; x++) {
      const cell = y * grid.width + x;
      const difference = Math.hypot(...mean.map((value, channel) => grid.rgb[cell * 3 + channel] - value));
      data[cell] = Number(skin.data[cell] === 0 && difference > SALIENT);
    }
  }
  const near = growBox(hand, TOUCHING);
  const touches = (part: number[]) =>
    part.some(
      (cell) =>
        cell % grid.width >= near.x1 &&
        cell % grid.width < near.x2 &&
        cell / grid.width >= near.y1 &&
        cell / grid.width < near.y2,
    );
  const part = components({ data, height: grid.height, width: grid.width }).find(
    (each) => each.length > OBJECT_AREA[0] * data.length && each.length < OBJECT_AREA[1] * data.length && touches(each),
  );
  return part && maskBox(maskOf(part, grid.height, grid.width));
}

function meanColour({ rgb, width }: Grid, skin: Mask, { x1, y1, x2, y2 }: Box): number[] {
  const sum = [0, 0, 0];
  let count = 0;
  for (let y = Math.floor(y1); y < y2; y++) {
    for (let x = Math.floor(x1); x < x2; x++) {
      const cell = y * width + x;
      if (skin.data[cell]) continue;
      sum.forEach((_, channel) => (sum[channel] += rgb[cell * 3 + channel]));
      count++;
    }
  }
  return sum.map((value) => value / Math.max(1, count));
}
