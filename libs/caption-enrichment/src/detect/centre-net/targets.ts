import { type Box, centreOf } from '../../geometry.ts';
import { contactStates, type FrameDetections, linkObjects } from '../detections.ts';
import { NUM_OUTPUTS, OUTPUTS } from './config.ts';

/** What a frame's map should be. */
export interface FrameTargets {
  /** channels as the output's, `[cells, cells, 18]`; the heat map is Gaussian around centres, the rest holds at centres only */
  readonly map: Float32Array;
  /** where the rest holds, `[cells, cells, 3]`: at a hand, at an object, at a hand with an offset */
  readonly weights: Float32Array;
}
export const NUM_WEIGHTS = 3;

/** Standard deviation of a centre's Gaussian, as a share of the box's shorter side; and in cells at least. */
const SPREAD = 1 / 6;
const MIN_SPREAD = 0.7;

/**
 * Targets of one frame.
 *
 * @param scale cells per pixel along x and y
 */
export function frameTargets(frame: FrameDetections, cells: number, scale: { x: number; y: number }): FrameTargets {
  const map = new Float32Array(cells * cells * NUM_OUTPUTS);
  const weights = new Float32Array(cells * cells * NUM_WEIGHTS);
  const place = (box: Box, kind: 0 | 1): number => {
    const [width, height] = [(box.x2 - box.x1) * scale.x, (box.y2 - box.y1) * scale.y];
    const x = Math.min(cells - 1e-3, Math.max(0, centreOf(box).x * scale.x));
    const y = Math.min(cells - 1e-3, Math.max(0, centreOf(box).y * scale.y));
    spread(map, cells, kind, x, y, Math.max(MIN_SPREAD, Math.min(width, height) * SPREAD));
    const cell = Math.floor(y) * cells + Math.floor(x);
    const at = cell * NUM_OUTPUTS;
    map.set([width, height], at + OUTPUTS.size.start + 2 * kind);
    map.set([x - Math.floor(x), y - Math.floor(y)], at + OUTPUTS.fraction.start + 2 * kind);
    weights[cell * NUM_WEIGHTS + kind] = 1;
    return cell;
  };
  for (const { hand, object } of linkObjects(frame)) {
    const cell = place(hand.box, 0);
    const at = cell * NUM_OUTPUTS;
    map[at + OUTPUTS.contact.start + contactStates.indexOf(hand.contact)] = 1;
    map[at + OUTPUTS.side.start] = hand.side === 'right' ? 1 : 0;
    if (object < 0) continue;
    const [from, to] = [centreOf(hand.box), centreOf(frame.objects[object].box)];
    map.set([((to.x - from.x) * scale.x) / cells, ((to.y - from.y) * scale.y) / cells], at + OUTPUTS.link.start);
    weights[cell * NUM_WEIGHTS + 2] = 1;
  }
  for (const { box } of frame.objects) place(box, 1);
  return { map, weights };
}

/** Raise the heat map of a class to a Gaussian around the cell that holds (x, y); 1 there. */
function spread(map: Float32Array, cells: number, kind: number, x: number, y: number, deviation: number): void {
  const reach = Math.ceil(3 * deviation);
  const [column, row] = [Math.floor(x), Math.floor(y)];
  for (let r = Math.max(0, row - reach); r <= Math.min(cells - 1, row + reach); r++) {
    for (let c = Math.max(0, column - reach); c <= Math.min(cells - 1, column + reach); c++) {
      const value = Math.exp(-((c - column) ** 2 + (r - row) ** 2) / (2 * deviation ** 2));
      const at = (r * cells + c) * NUM_OUTPUTS + OUTPUTS.heat.start + kind;
      map[at] = Math.max(map[at], value);
    }
  }
}
