/** Depth maps `[height, width]` in metres; 0 where unknown. */
type DepthMap = Float32Array;

/** Side of the square in which holes are closed by the nearest surfaces around them. */
const closing = 5;
const medianSide = 5;
const bilateral = { radius: 2, sigmaPixels: 2, sigmaMetres: 0.05 } as const;

/**
 * Inverse depth of a sequence as the model sees it (section 3.1; the release's 8 bits): 1 / depth, min-max over the sequence,
 * times 255, truncated; the nearest point is 255. Unknown depth is 0, as if far away. A sequence of one depth is 0.
 *
 * @param metres `[...]`, 0 or not finite where unknown
 */
export function inverseDepth(metres: Float32Array): Uint8Array {
  let [low, high] = [Infinity, -Infinity];
  for (const depth of metres) {
    if (!isKnown(depth)) continue;
    low = Math.min(low, 1 / depth);
    high = Math.max(high, 1 / depth);
  }
  const range = high - low;
  return Uint8Array.from(metres, (depth) =>
    isKnown(depth) && range > 0 ? Math.trunc(((1 / depth - low) / range) * 255) : 0,
  );
}

const isKnown = (depth: number): boolean => depth > 0 && depth < Infinity;

/**
 * Depth of a Kinect or a stereo camera, cleaned as section 3.1 says: holes closed (morphology) and inpainted, then a median and a
 * bilateral filter. The paper names the steps, not their sizes: 5x5 closing, 5x5 median, bilateral of radius 2, 2 pixels and 5 cm.
 * A map without any depth stays empty.
 */
export function cleanSensorDepth(metres: DepthMap, height: number, width: number): DepthMap {
  const filled = inpaint(closeHoles(metres, height, width), height, width);
  return bilateralFilter(medianFilter(filled, height, width), height, width);
}

/** Values of the window around a pixel, cut at the borders. */
function* windowOf(values: DepthMap, height: number, width: number, index: number, radius: number) {
  const [y, x] = [Math.floor(index / width), index % width];
  for (let dy = Math.max(-radius, -y); dy <= Math.min(radius, height - 1 - y); dy++) {
    for (let dx = Math.max(-radius, -x); dx <= Math.min(radius, width - 1 - x); dx++) {
      yield [values[(y + dy) * width + x + dx], dx * dx + dy * dy] as const;
    }
  }
}

/**
 * Grey-scale closing (dilation, then erosion) of small holes: unknown pixels only, so that known ones keep their value.
 */
export function closeHoles(metres: DepthMap, height: number, width: number): DepthMap {
  const radius = (closing - 1) / 2;
  const largest = metres.map((_, i) => extreme(metres, height, width, i, radius, Math.max));
  return metres.map((depth, i) => (isKnown(depth) ? depth : extreme(largest, height, width, i, radius, Math.min)));
}

function extreme(
  values: DepthMap,
  height: number,
  width: number,
  index: number,
  radius: number,
  pick: (a: number, b: number) => number,
): number {
  let result: number | undefined;
  for (const [value] of windowOf(values, height, width, index, radius)) {
    result = result === undefined ? value : pick(result, value);
  }
  return result ?? 0;
}

/** Unknown pixels take the mean of their known neighbours, ring by ring from the border of the hole inwards. */
export function inpaint(metres: DepthMap, height: number, width: number): DepthMap {
  const out = metres.slice();
  let unknown = Array.from({ length: out.length }, (_, i) => i).filter((i) => !isKnown(out[i]));
  while (unknown.length > 0 && unknown.length < out.length) {
    const ring = new Map<number, number>();
    for (const index of unknown) {
      let [sum, n] = [0, 0];
      for (const [value] of windowOf(out, height, width, index, 1)) {
        if (!isKnown(value)) continue;
        sum += value;
        n++;
      }
      if (n > 0) ring.set(index, sum / n);
    }
    ring.forEach((value, index) => (out[index] = value));
    unknown = unknown.filter((index) => !ring.has(index));
  }
  return out;
}

/** Median of the 5x5 window, cut at the borders; the lower of two middle values. Removes single wrong pixels, keeps edges. */
export function medianFilter(metres: DepthMap, height: number, width: number): DepthMap {
  const radius = (medianSide - 1) / 2;
  const values: number[] = [];
  return metres.map((_, i) => {
    values.length = 0;
    for (const [value] of windowOf(metres, height, width, i, radius)) values.push(value);
    values.sort((a, b) => a - b);
    return values[(values.length - 1) >> 1];
  });
}

/** Gaussian mean over neighbours of similar depth: smooths surfaces, not across edges. */
export function bilateralFilter(metres: DepthMap, height: number, width: number): DepthMap {
  const { radius, sigmaPixels, sigmaMetres } = bilateral;
  return metres.map((centre, i) => {
    let [sum, weights] = [0, 0];
    for (const [value, distance] of windowOf(metres, height, width, i, radius)) {
      const difference = value - centre;
      const weight = Math.exp(-distance / (2 * sigmaPixels ** 2) - difference ** 2 / (2 * sigmaMetres ** 2));
      sum += weight * value;
      weights += weight;
    }
    return sum / weights;
  });
}
