import { existsSync } from 'node:fs';
import {
  canonicalize,
  fromMatrix,
  fromNineNumbers,
  fromQuaternion,
  type Pose,
  readTum,
  type Trajectory,
} from '@egolab/ego-data';
import { Random, readNpy } from '@egolab/foundation';
import { describe, expect, it } from 'vitest';
import { depthErrors } from './depth.ts';
import type { DepthAlignment } from './depth-alignment.ts';
import fixtures from './fixtures/egom2p_metrics.json' with { type: 'json' };
import { frechetDistance } from './frechet.ts';
import { gazeError } from './gaze.ts';
import { psnr, ssim } from './image-quality.ts';
import { symmetricEigen } from './symmetric-eigen.ts';
import { absoluteTrajectoryError, associate, relativePoseErrors, trajectoryErrors } from './trajectory.ts';
import { align } from './trajectory-alignment.ts';

const real = new URL('../../../../shared/real/', import.meta.url).pathname;
const realFile = (name: string) => `${real}${name}`;

function fromRows(rows: readonly (readonly number[])[]): Trajectory {
  return {
    timestamps: rows.map(([time]) => time),
    poses: rows.map(([, tx, ty, tz, x, y, z, w]) => ({
      rotation: fromQuaternion({ x, y, z, w }),
      translation: [tx, ty, tz],
    })),
  };
}

const at = (x: number, y: number, z: number): Pose => ({
  rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  translation: [x, y, z],
});

describe('trajectories', () => {
  const expected = fixtures.trajectory;
  const pairs = associate(fromRows(expected.predicted), fromRows(expected.truth));

  it('agree with evo: association, Umeyama, absolute and relative errors', () => {
    const errors = trajectoryErrors(pairs);
    expect(errors.pairs).toBe(expected.pairs);
    expect(errors.ateNone).toBeCloseTo(expected.ate_none, 12);
    expect(errors.ateSe3).toBeCloseTo(expected.ate_se3, 12);
    expect(errors.ateSim3).toBeCloseTo(expected.ate_sim3, 12);
    expect(errors.rte).toBeCloseTo(expected.rte, 12);
    expect(errors.rre).toBeCloseTo(expected.rre, 10);
    const positions = (poses: readonly Pose[]) => poses.map(({ translation }) => translation);
    expect(align(positions(pairs.predicted), positions(pairs.truth), 'sim3').scale).toBeCloseTo(
      expected.scale_sim3,
      12,
    );
  });

  it('have finite errors where the alignment is not unique', () => {
    const truth = [0, 1, 2].map((x) => at(x, 0, 0));
    const still = { predicted: truth.map(() => at(5, 5, 5)), truth };
    const deviation = Math.sqrt(2 / 3);
    expect(absoluteTrajectoryError(still, 'se3')).toBeCloseTo(deviation, 12);
    expect(absoluteTrajectoryError(still, 'sim3')).toBeCloseTo(deviation, 12);
    const straight = { predicted: [0, 1, 2].map((y) => at(0, 3 * y, 1)), truth };
    expect(absoluteTrajectoryError(straight, 'se3')).toBeCloseTo(2 * deviation, 12);
    expect(absoluteTrajectoryError(straight, 'sim3')).toBeCloseTo(0, 12);
    const both = { predicted: still.predicted, truth: still.predicted };
    expect(trajectoryErrors(both)).toEqual({ ateNone: 0, ateSe3: 0, ateSim3: 0, rte: 0, rre: 0, pairs: 3 });
    expect(align([[0, 0, 0]], [[1, 1, 1]], 'sim3').degenerate).toBe(true);
  });

  it('never mirror: a reflected prediction is only turned', () => {
    const random = new Random(1);
    const truth = Array.from({ length: 20 }, () => at(random.normal(), random.normal(), random.normal()));
    const predicted = truth.map(({ translation: [x, y, z] }) => at(-x, y, z));
    expect(absoluteTrajectoryError({ predicted, truth }, 'se3')).toBeGreaterThan(0.3);
  });

  it('need pairs', () => {
    expect(() => trajectoryErrors({ predicted: [], truth: [] })).toThrow('at least 1 pairs of poses, got 0');
    expect(() => relativePoseErrors({ predicted: [at(0, 0, 0)], truth: [] })).toThrow('expected as many');
    const far = associate({ timestamps: [0], poses: [at(0, 0, 0)] }, { timestamps: [1], poses: [at(0, 0, 0)] });
    expect(far.truth).toHaveLength(0);
  });

  it.skipIf(!existsSync(real))("give the release's numbers for its example clip (needs ../shared/real)", () => {
    const matrices = readNpy(realFile('egom2p-example/cam.npy')).data as Float64Array;
    const poses = Array.from({ length: 60 }, (_, i) => fromMatrix(matrices.subarray(i * 16, i * 16 + 16)));
    const decoded = readNpy(realFile('egom2p-example/cam-recon.npy')).data as Float32Array;
    const example = { predicted: fromNineNumbers(decoded), truth: canonicalize(poses) };
    expect(absoluteTrajectoryError(example, 'rotation')).toBeCloseTo(0.0058740415749732955, 15);
    expect(absoluteTrajectoryError(example, 'none')).toBeCloseTo(0.0065793, 7);
    expect(absoluteTrajectoryError(example, 'se3')).toBeCloseTo(0.0056073, 7);
    expect(absoluteTrajectoryError(example, 'sim3')).toBeCloseTo(0.0055237, 7);
    const { rte, rre } = relativePoseErrors(example);
    // its script in float64 throughout
    expect(rte).toBeCloseTo(0.002837537443745318, 15);
    expect(rre).toBeCloseTo(0.2980470283210008, 13);
    // as printed: it makes rotations in float32, which shows from the eighth digit on
    expect(rte).toBeCloseTo(0.002837537725354713, 9);
    expect(rre).toBeCloseTo(0.2980470115530609, 7);
  });

  it.skipIf(!existsSync(real))('agree with evo on TUM recordings (needs ../shared/real)', () => {
    const truth = readTum(realFile('score-inputs/freiburg1_xyz-groundtruth.txt'));
    const errors = (name: string) => trajectoryErrors(associate(readTum(realFile(`score-inputs/${name}.txt`)), truth));
    const slam = errors('freiburg1_xyz-rgbdslam');
    expect(slam.pairs).toBe(785);
    [slam.ateNone, slam.ateSe3, slam.ateSim3, slam.rte, slam.rre].forEach((value, i) =>
      expect(value).toBeCloseTo([0.0200794, 0.0134701, 0.0133894, 0.0057644, 0.3536132][i], 7),
    );
    const mono = errors('freiburg1_xyz-ORB_kf_mono');
    expect(mono.pairs).toBe(32);
    [mono.ateNone, mono.ateSe3, mono.ateSim3].forEach((value, i) =>
      expect(value).toBeCloseTo([2.0251415, 0.0243016, 0.0097546][i], 7),
    );
  });
});

describe('gaze', () => {
  it('counts both coordinates of valid rows', () => {
    const error = gazeError({ xy: [0.1, 0.2, 9, 9, 0.5, 0.5] }, { xy: [0.1, 0.4, 0, 0, 0.5, 0.1], valid: [1, 0, 1] });
    expect(error.n).toBe(2);
    expect(error.mse).toBeCloseTo((0.04 + 0.16) / 4, 12);
    expect(gazeError({ xy: [0, 0] }, { xy: [0, 0], valid: [0] })).toEqual({ mse: NaN, n: 0 });
    expect(() => gazeError({ xy: [0, 0] }, { xy: [] })).toThrow('expected 0 gaze points, got 1');
  });

  it.skipIf(!existsSync(real))("gives the release's number for its example clip (needs ../shared/real)", () => {
    const pixels = readNpy(realFile('egom2p-example/gaze.npy')).data as Float64Array;
    const xy = pixels.map((value, i) => (Number.isNaN(value) ? 0 : (value - (i % 2 ? 12 : 208)) / 480));
    const valid = Array.from({ length: 60 }, (_, t) => (Number.isNaN(pixels[2 * t]) ? 0 : 1));
    const decoded = readNpy(realFile('egom2p-example/gaze-recon.npy')).data as Float32Array;
    const { mse, n } = gazeError({ xy: decoded }, { xy, valid });
    expect(n).toBe(58);
    expect(mse).toBeCloseTo(4.1835731374459756e-5, 18);
  });
});

describe('depth', () => {
  const { truth, depth, disparity, errors } = fixtures.depth;
  const maps = (data: readonly (number | null)[]) => ({ data: data.map((value) => value ?? NaN), frames: 3 });

  it.each(['none', 'median', 'affine-depth', 'affine-disparity'] as const)(
    'agrees with numpy, aligned by %s',
    (alignment) => {
      for (const pool of ['sequence', 'frame'] as const) {
        const predicted = maps(alignment === 'affine-disparity' ? disparity : depth);
        const found = depthErrors(predicted, maps(truth), { alignment, pool });
        [found.absRel, found.rmse, found.delta1, found.delta2, found.delta3].forEach((value, i) =>
          expect(value).toBeCloseTo(errors[alignment][pool][i], 9),
        );
      }
    },
  );

  it('is exact after any alignment of an affine copy, and NaN-free for a constant prediction', () => {
    const random = new Random(2);
    const data = Array.from({ length: 50 }, () => random.uniform(0.5, 4));
    const aligned = (predicted: number[], alignment: DepthAlignment) =>
      depthErrors({ data: predicted, frames: 1 }, { data, frames: 1 }, { alignment }).absRel;
    expect(
      aligned(
        data.map((value) => value * 3),
        'median',
      ),
    ).toBeCloseTo(0, 12);
    expect(
      aligned(
        data.map((value) => value * 3 + 1),
        'affine-depth',
      ),
    ).toBeCloseTo(0, 12);
    expect(
      aligned(
        data.map((value) => 0.2 / value + 3),
        'affine-disparity',
      ),
    ).toBeCloseTo(0, 12);
    expect(
      aligned(
        data.map(() => 1),
        'affine-depth',
      ),
    ).toBeLessThan(2);
    expect(
      aligned(
        data.map(() => 0),
        'median',
      ),
    ).toBeCloseTo(1, 2);
  });

  it('needs equal sizes and says NaN where nothing is valid', () => {
    expect(() => depthErrors({ data: [1], frames: 1 }, { data: [1, 1], frames: 1 })).toThrow('expected 1 frames of 2');
    expect(depthErrors({ data: [1], frames: 1 }, { data: [0], frames: 1 }).absRel).toBeNaN();
  });
});

describe('image quality', () => {
  const [frames, height, width, channels] = fixtures.image.shape;
  const video = (data: readonly number[]) => ({ data: Uint8Array.from(data), frames, height, width, channels });
  const [predicted, truth] = [video(fixtures.image.predicted), video(fixtures.image.truth)];

  it('agrees with scikit-image', () => {
    expect(psnr(predicted, truth)).toBeCloseTo(fixtures.image.psnr, 10);
    expect(ssim(predicted, truth)).toBeCloseTo(fixtures.image.ssim, 10);
  });

  it('is 100 dB and 1 for equal videos', () => {
    expect(psnr(truth, truth)).toBe(100);
    expect(ssim(truth, truth)).toBeCloseTo(1, 12);
  });

  it('needs equal sizes and room for a window', () => {
    expect(() => psnr(predicted, { ...truth, frames: 1 })).toThrow('expected 1x18x23x3 pixels, got 2x18x23x3');
    const small = { data: new Uint8Array(10 * 20), frames: 1, height: 10, width: 20, channels: 1 };
    expect(() => ssim(small, small)).toThrow('at least 11x11, got 10x20');
  });
});

describe('Frechet distance', () => {
  it.each(fixtures.frechet)('agrees with numpy (dim $dim)', ({ dim, a, b, distance }) => {
    const found = frechetDistance({ data: a, dim }, { data: b, dim }, 'test');
    expect(found.distance / distance).toBeCloseTo(1, 6);
    expect(found.name).toBe('FD-test');
    expect(found.clips).toEqual([a.length / dim, b.length / dim]);
  });

  it('is 0 for equal sets of any rank and grows with a shift by its square', () => {
    const random = new Random(3);
    for (const [clips, dim] of [
      [4, 9],
      [12, 3],
    ]) {
      const data = Float64Array.from({ length: clips * dim }, () => random.normal());
      expect(frechetDistance({ data, dim }, { data, dim }, 'x').distance).toBeCloseTo(0, 6);
      const moved = frechetDistance({ data: data.map((value) => value + 2), dim }, { data, dim }, 'x');
      expect(moved.distance).toBeCloseTo(4 * dim, 6);
    }
  });

  it('needs two clips and one dimension', () => {
    const two = { data: [1, 2, 3, 4], dim: 2 };
    expect(() => frechetDistance({ data: [1, 2], dim: 2 }, two, 'x')).toThrow(
      'at least two clips of 2 features, got 1',
    );
    expect(() => frechetDistance({ data: [1, 2, 3], dim: 3 }, two, 'x')).toThrow(
      'expected features of dimension 2, got 3',
    );
  });
});

it('decomposes symmetric matrices', () => {
  const random = new Random(4);
  const n = 9;
  const half = Float64Array.from({ length: n * n }, () => random.normal());
  const matrix = half.map((value, i) => value + half[(i % n) * n + Math.floor(i / n)]);
  const { values, vectors } = symmetricEigen(matrix, n);
  for (let i = 0; i < n * n; i++) {
    const [row, column] = [Math.floor(i / n), i % n];
    let sum = 0;
    for (let k = 0; k < n; k++) sum += values[k] * vectors[k * n + row] * vectors[k * n + column];
    expect(sum).toBeCloseTo(matrix[i], 10);
  }
  expect([...values]).toEqual([...values].sort((a, b) => b - a));
});
