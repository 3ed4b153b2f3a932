/** Pixels are cut into this many parts before a polygon's edges are drawn. */
const parts = 5;

/**
 * The mask of COCO polygons, as pycocotools' frPyObjects and merge make it: edges drawn on a grid five times as fine, and
 * per pixel column the rows where the outline crosses the middle of the column.
 *
 * @param polygons corner coordinates `x, y, x, y, …` in pixels; their union is meant
 * @returns run lengths column by column, outside first
 */
export function polygonRuns(polygons: readonly (readonly number[])[], height: number, width: number): number[] {
  return polygons
    .map((polygon) => runsBetween(crossings(polygon, height, width), height * width))
    .reduce((union, runs) => unionOfRuns(union, runs), [height * width]);
}

/** Positions, column by column, at which inside and outside change. */
function crossings(polygon: readonly number[], height: number, width: number): number[] {
  const outline = drawn(polygon);
  const positions: number[] = [];
  for (let i = 1; i < outline.length; i++) {
    const [before, here] = [outline[i - 1], outline[i]];
    if (here[0] === before[0]) continue;
    const x = toPixel(Math.min(here[0], before[0]));
    if (!Number.isInteger(x) || x < 0 || x > width - 1) continue;
    const y = Math.ceil(Math.min(Math.max(toPixel(Math.min(here[1], before[1])), 0), height));
    positions.push(x * height + y);
  }
  return positions.sort((a, b) => a - b);
}

const toPixel = (fine: number): number => (fine + 0.5) / parts - 0.5;

/** All points of the closed outline on the fine grid, edge by edge. */
function drawn(polygon: readonly number[]): [x: number, y: number][] {
  const corners: [number, number][] = [];
  for (let i = 0; i + 1 < polygon.length; i += 2)
    corners.push([Math.trunc(parts * polygon[i] + 0.5), Math.trunc(parts * polygon[i + 1] + 0.5)]);
  return corners.flatMap((corner, i) => edge(corner, corners[(i + 1) % corners.length]));
}

/** A straight edge, one point for each step along its longer axis; the same points in either direction. */
function edge(from: readonly [number, number], to: readonly [number, number]): [number, number][] {
  const [dx, dy] = [Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1])];
  const axis = dx >= dy ? 0 : 1; // the longer
  const steps = Math.max(dx, dy);
  const reversed = from[axis] > to[axis];
  const [low, high] = reversed ? [to, from] : [from, to];
  const slope = steps === 0 ? 0 : (high[1 - axis] - low[1 - axis]) / steps;
  const points = Array.from({ length: steps + 1 }, (_, step): [number, number] => {
    const along = low[axis] + step;
    const across = Math.trunc(low[1 - axis] + slope * step + 0.5);
    return axis === 0 ? [along, across] : [across, along];
  });
  return reversed ? points.reverse() : points;
}

/** Run lengths between sorted positions of change; two changes at one place are none. */
function runsBetween(positions: readonly number[], total: number): number[] {
  const changes: number[] = [];
  for (const position of positions) {
    if (changes.at(-1) === position) changes.pop();
    else changes.push(position);
  }
  const bounds = [0, ...changes, total];
  const runs = bounds.slice(1).map((bound, i) => bound - bounds[i]);
  return runs.at(-1) === 0 && runs.length > 1 ? runs.slice(0, -1) : runs;
}

function unionOfRuns(a: readonly number[], b: readonly number[]): number[] {
  const union: number[] = [];
  let [runA, runB] = [0, 0];
  let [leftA, leftB] = [a[0], b[0]];
  let inside = false;
  let run = 0;
  for (;;) {
    while (leftA === 0 && runA + 1 < a.length) leftA = a[++runA];
    while (leftB === 0 && runB + 1 < b.length) leftB = b[++runB];
    const step = Math.min(leftA, leftB);
    if (step === 0) break;
    const now = runA % 2 === 1 || runB % 2 === 1;
    if (now !== inside) {
      union.push(run);
      run = 0;
      inside = now;
    }
    run += step;
    leftA -= step;
    leftB -= step;
  }
  return [...union, run];
}
