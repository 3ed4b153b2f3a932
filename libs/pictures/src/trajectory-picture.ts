import { canonicalize, type Pose, rotate, type Vector3 } from '@egolab/ego-data';
import { escape } from './line-chart.ts';

/** A camera's way, to be drawn in one colour. */
export interface DrawnTrajectory {
  readonly name: string;
  /** camera-to-world, OpenCV axes */
  readonly poses: readonly Pose[];
}

const [width, height, margin] = [360, 260, 26];
const colours = ['#111827', '#2563eb', '#dc2626', '#059669', '#9333ea'];
/** Cameras drawn along each way. */
const frusta = 7;
/** Direction of view: from above, behind and to the right of the first camera. */
const [azimuth, elevation] = [0.6, 0.45];

/**
 * Camera trajectories in 3D as a stand-alone SVG element: parallel projection, each way relative to its own first camera, with small
 * pyramids that show where the camera looks. One scale for all, with its bar in metres.
 *
 * @returns an empty string when there is nothing to draw
 */
export function trajectoryPicture(title: string, trajectories: readonly DrawnTrajectory[]): string {
  const ways = trajectories.map(({ poses }) => canonicalize(poses));
  const positions = ways.flatMap((poses) => poses.map(({ translation }) => project(translation)));
  if (positions.length === 0) return '';
  const [xs, ys] = [positions.map(([x]) => x), positions.map(([, y]) => y)];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const extent = Math.max(right - left, bottom - top, 1e-3);
  const size = 0.09 * extent;
  const factor = Math.min(
    (width - 2 * margin) / (right - left + 2 * size),
    (height - 3 * margin) / (bottom - top + 2 * size),
  );
  const toScreen = (point: Vector3): string => {
    const [x, y] = project(point);
    const screenX = width / 2 + (x - (left + right) / 2) * factor;
    return `${screenX.toFixed(1)},${(height / 2 + 8 + (y - (top + bottom) / 2) * factor).toFixed(1)}`;
  };
  const drawn = ways.map((poses, i) => drawWay(poses, colours[i % colours.length], size, toScreen));
  const legend = trajectories.map(
    ({ name }, i) =>
      `<text x="${width - 8}" y="${30 + 13 * i}" text-anchor="end" fill="${colours[i % colours.length]}">${escape(name)}</text>`,
  );
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `font-family="system-ui, sans-serif" font-size="10" role="img" aria-label="${escape(title)}">` +
    `<text x="8" y="14" font-size="12" font-weight="600">${escape(title)}</text>${drawn.join('')}${legend.join('')}${scaleBar(extent, factor)}</svg>`
  );
}

/** Screen directions right and down, in metres, of a point of the first camera's frame (x right, y down, z forward). */
function project([x, y, z]: Vector3): readonly [number, number] {
  const across = Math.cos(azimuth) * x + Math.sin(azimuth) * z;
  const away = -Math.sin(azimuth) * x + Math.cos(azimuth) * z;
  return [across, Math.cos(elevation) * y - Math.sin(elevation) * away];
}

function drawWay(poses: readonly Pose[], colour: string, size: number, toScreen: (point: Vector3) => string): string {
  const points = poses.map(({ translation }) => toScreen(translation)).join(' ');
  const line = `<polyline fill="none" stroke="${colour}" stroke-width="1.6" points="${points}"/>`;
  const chosen = Array.from({ length: Math.min(frusta, poses.length) }, (_, i) =>
    Math.round((i * (poses.length - 1)) / Math.max(1, Math.min(frusta, poses.length) - 1)),
  );
  return (
    line +
    chosen
      .map((i) => `<path fill="none" stroke="${colour}" stroke-width="0.8" d="${pyramid(poses[i], size, toScreen)}"/>`)
      .join('')
  );
}

/** Edges of a camera: from its centre to the corners of its picture, and round the picture. */
function pyramid({ rotation, translation }: Pose, size: number, toScreen: (point: Vector3) => string): string {
  const corner = (x: number, y: number): string => {
    const offset = rotate(rotation, [x * size * 0.6, y * size * 0.6, size]);
    return toScreen([translation[0] + offset[0], translation[1] + offset[1], translation[2] + offset[2]]);
  };
  const corners = [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)];
  const centre = toScreen(translation);
  return `${corners.map((at) => `M${centre}L${at}`).join('')}M${corners.join('L')}Z`;
}

/** A bar of a round length, at most a third of the picture. */
function scaleBar(extent: number, factor: number): string {
  const most = extent / 3;
  const power = 10 ** Math.floor(Math.log10(most));
  const length = [5, 2, 1].map((digit) => digit * power).find((candidate) => candidate <= most) ?? power;
  const y = height - 12;
  const label = length < 1 ? `${Number((length * 100).toPrecision(2))} cm` : `${length} m`;
  return (
    `<line x1="12" x2="${(12 + length * factor).toFixed(1)}" y1="${y}" y2="${y}" stroke="#111827" stroke-width="2"/>` +
    `<text x="12" y="${y - 5}">${label}</text>`
  );
}
