import { identityPose, type Pose } from '@egolab/ego-data';
import { describe, expect, it } from 'vitest';
import { depthColour, filmStrip, gazeOnFrames } from './film-strip.ts';
import { trajectoryPicture } from './trajectory-picture.ts';

const along = (step: number): Pose[] =>
  Array.from({ length: 10 }, (_, t) => ({ ...identityPose, translation: [5 + t * step, 0, 0] }));

describe('trajectoryPicture', () => {
  it('draws every way with its cameras and a round bar', () => {
    const svg = trajectoryPicture('camera <1>', [
      { name: 'truth', poses: along(0.1) },
      { name: 'predicted', poses: along(0.05) },
    ]);
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg.match(/<path/g)).toHaveLength(14);
    expect(svg).toContain('camera &lt;1&gt;');
    expect(svg).toContain('20 cm');
    expect(svg).not.toContain('NaN');
  });

  it('stands a camera that does not move, and nothing at all', () => {
    expect(trajectoryPicture('still', [{ name: 'a', poses: along(0) }])).not.toContain('NaN');
    expect(trajectoryPicture('none', [])).toBe('');
  });
});

describe('filmStrip', () => {
  it('puts rows under each other, depth in colour', () => {
    const rgb = new Uint8Array(16 * 4 * 4 * 3).map((_, i) => Math.floor(i / 48));
    const depth = new Uint8Array(16 * 4 * 4).fill(255);
    const { data, height, width } = filmStrip(
      [
        { data: rgb, channels: 3 },
        { data: depth, channels: 1 },
      ],
      4,
      4,
    );
    expect([height, width]).toEqual([10, 22]);
    expect([0, 6, 12, 18].map((x) => data[x * 3])).toEqual([0, 5, 10, 15]);
    expect([...data.subarray(6 * 22 * 3, 6 * 22 * 3 + 3)]).toEqual(depthColour(255));
    expect([...data.subarray(4 * 3, 4 * 3 + 3)]).toEqual([255, 255, 255]);
    expect(() =>
      filmStrip(
        [
          { data: rgb, channels: 3 },
          { data: depth.subarray(16), channels: 1 },
        ],
        4,
      ),
    ).toThrow('got 16, 15');
  });

  it('gets brighter towards the viewer', () => {
    const light = Array.from({ length: 256 }, (_, i) => depthColour(i)).map(([r, g, b]) => 0.3 * r + 0.6 * g + 0.1 * b);
    light.slice(1).forEach((value, i) => expect(value).toBeGreaterThan(light[i] - 0.8));
  });
});

it('draws gaze where it is valid, and leaves the frames alone', () => {
  const frames = new Uint8Array(2 * 48 * 48 * 3).fill(100);
  const drawn = gazeOnFrames(frames, 48, [{ xy: [0.5, 0.5, 0.2, 0.2], valid: [1, 0], colour: [255, 0, 0] }]);
  const bytes = 48 * 48 * 3;
  expect([...drawn.subarray((24 * 48 + 26) * 3, (24 * 48 + 26) * 3 + 3)]).toEqual([255, 0, 0]);
  expect(drawn.subarray(bytes)).toEqual(frames.subarray(bytes));
  expect(frames.every((value) => value === 100)).toBe(true);
  const outside = gazeOnFrames(frames, 48, [{ xy: [1.1, -0.1, 3, 3], colour: [255, 0, 0] }]);
  expect(outside.subarray(bytes)).toEqual(frames.subarray(bytes));
});
