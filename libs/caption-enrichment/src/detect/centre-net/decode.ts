import { type Box, clipBox } from '../../geometry.ts';
import {
  contactStates,
  type FrameDetections,
  type HandDetection,
  type ObjectDetection,
  type Side,
} from '../detections.ts';
import { NUM_OUTPUTS, OUTPUTS } from './config.ts';

/** As the authors run their detector: one threshold for both classes. */
export const SCORE_THRESHOLD = 0.3;

interface Peak {
  readonly score: number;
  /** index of the cell's first value in the map */
  readonly at: number;
  readonly row: number;
  readonly column: number;
}

/**
 * Detections of one frame: cells whose probability is above the threshold and the highest among their eight neighbours.
 *
 * @param map `[cells, cells, 18]`
 * @param frame size of the frame in pixels, in which the boxes are given
 */
export function decodeFrame(
  map: Float32Array,
  cells: number,
  frame: { height: number; width: number },
  threshold = SCORE_THRESHOLD,
): FrameDetections {
  const [x, y] = [frame.width / cells, frame.height / cells];
  const boxOf = ({ at, row, column }: Peak, kind: 0 | 1): Box | undefined => {
    const [width, height] = map.subarray(at + OUTPUTS.size.start + 2 * kind);
    const [right, down] = map.subarray(at + OUTPUTS.fraction.start + 2 * kind);
    const centre = { x: column + right, y: row + down };
    const box = {
      x1: centre.x - width / 2,
      y1: centre.y - height / 2,
      x2: centre.x + width / 2,
      y2: centre.y + height / 2,
    };
    return clipBox({ x1: box.x1 * x, y1: box.y1 * y, x2: box.x2 * x, y2: box.y2 * y }, frame.height, frame.width);
  };
  const hands = peaks(map, cells, 0, threshold).flatMap((peak): HandDetection[] => {
    const box = boxOf(peak, 0);
    if (!box) return [];
    const contact = contactStates[indexOfMax(map.subarray(peak.at + OUTPUTS.contact.start), OUTPUTS.contact.size)];
    const side: Side = map[peak.at + OUTPUTS.side.start] > 0 ? 'right' : 'left';
    const [linkX, linkY] = map.subarray(peak.at + OUTPUTS.link.start);
    const offset = contact === 'none' ? null : { x: linkX * frame.width, y: linkY * frame.height };
    return [{ box, score: peak.score, side, contact, offset }];
  });
  const objects = peaks(map, cells, 1, threshold).flatMap((peak): ObjectDetection[] => {
    const box = boxOf(peak, 1);
    return box ? [{ box, score: peak.score }] : [];
  });
  return { hands, objects };
}

function indexOfMax(values: Float32Array, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[i] > values[best]) best = i;
  return best;
}

function peaks(map: Float32Array, cells: number, kind: number, threshold: number): Peak[] {
  const heat = (row: number, column: number) =>
    row < 0 || column < 0 || row >= cells || column >= cells
      ? -Infinity
      : map[(row * cells + column) * NUM_OUTPUTS + OUTPUTS.heat.start + kind];
  const least = Math.log(threshold / (1 - threshold));
  const found: Peak[] = [];
  for (let row = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++) {
      const logit = heat(row, column);
      if (!(logit > least)) continue;
      // of equal neighbours the first in reading order is the peak
      const before = [
        heat(row - 1, column - 1),
        heat(row - 1, column),
        heat(row - 1, column + 1),
        heat(row, column - 1),
      ];
      const after = [
        heat(row, column + 1),
        heat(row + 1, column - 1),
        heat(row + 1, column),
        heat(row + 1, column + 1),
      ];
      if (before.some((other) => other >= logit) || after.some((other) => other > logit)) continue;
      found.push({ score: 1 / (1 + Math.exp(-logit)), at: (row * cells + column) * NUM_OUTPUTS, row, column });
    }
  }
  return found.sort((a, b) => b.score - a.score);
}
