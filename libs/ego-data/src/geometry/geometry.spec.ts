import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nominalAria } from '../egom2p/aria.ts';
import { exampleFolder } from '../example-folder.ts';
import scipy from '../fixtures/rotations.json' with { type: 'json' };
import { axisFixes, fixAxes } from './axes.ts';
import { pinhole } from './camera-model.ts';
import { cpfGazePoint, cropCoordinates, uprightPixel, vergenceGaze } from './gaze.ts';
import { canonicalize, compose, fromNineNumbers, identityPose, inverse, type Pose, toNineNumbers } from './pose.ts';
import { frameTimes, resamplePoints, resamplePoses } from './resample.ts';
import {
  fromQuaternion,
  fromRotationVector,
  orthonormalityError,
  rotate,
  rotationAngle,
  slerp,
  toQuaternion,
  type Vector3,
} from './rotation.ts';
import { readEuroc, readKitti, readTum, tumText } from './trajectory-files.ts';

const number = fc.double({ min: -3, max: 3, noNaN: true });
const vector = fc.tuple(number, number, number);
const poses = fc.record({ rotation: vector.map(fromRotationVector), translation: vector });
const expectClose = (found: ArrayLike<number>, expected: ArrayLike<number>, digits = 10) => {
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < found.length; i++) expect(found[i]).toBeCloseTo(expected[i], digits);
};
const quaternion = ([x, y, z, w]: number[]) => ({ x, y, z, w });

describe('rotations', () => {
  it('agree with scipy: quaternions, angles, slerp', () => {
    scipy.xyzw.forEach((values, i) => {
      const rotation = fromQuaternion(quaternion(values));
      expectClose(rotation, scipy.matrices[i]);
      expect(rotationAngle(rotation)).toBeCloseTo(scipy.angles[i], 10);
      expectClose(fromQuaternion(toQuaternion(rotation)), rotation);
    });
    const [a, b] = scipy.xyzw.map(quaternion);
    scipy.slerp.fractions.forEach((fraction, i) =>
      expectClose(fromQuaternion(slerp(a, b, fraction)), scipy.slerp.matrices[i]),
    );
  });

  it('turn right-handed: a quarter turn about z takes x to y', () => {
    const half = Math.SQRT1_2;
    expectClose(rotate(fromQuaternion({ x: 0, y: 0, z: half, w: half }), [1, 0, 0]), [0, 1, 0]);
  });
});

describe('poses', () => {
  it('compose with their inverse to the identity', () => {
    fc.assert(
      fc.property(poses, (pose) => {
        const { rotation, translation } = compose(pose, inverse(pose));
        expectClose(rotation, identityPose.rotation);
        expectClose(translation, [0, 0, 0]);
      }),
    );
  });

  it('come back from nine numbers, and any nine numbers are a rotation', () => {
    fc.assert(
      fc.property(poses, (pose) => {
        const [back] = fromNineNumbers(toNineNumbers([pose]));
        expectClose(back.rotation, pose.rotation, 5);
        expectClose(back.translation, pose.translation, 5);
      }),
    );
    fc.assert(
      fc.property(fc.array(number, { minLength: 9, maxLength: 9 }), (values) => {
        expect(orthonormalityError(fromNineNumbers(values)[0].rotation)).toBeLessThan(1e-6);
      }),
    );
    const nearlyParallel = [0, 0, -2.9374694674135, 0, 1e-12, 2, 0, 0, 0];
    expect(orthonormalityError(fromNineNumbers(nearlyParallel)[0].rotation)).toBeLessThan(1e-12);
    expect(orthonormalityError(fromNineNumbers(new Float32Array(9))[0].rotation)).toBeLessThan(1e-12);
    expect([...toNineNumbers([{ rotation: [1, 2, 3, 4, 5, 6, 7, 8, 9], translation: [10, 11, 12] }])]).toEqual([
      1, 4, 7, 2, 5, 8, 10, 11, 12,
    ]);
  });

  it('are relative to the first, whatever the world', () => {
    fc.assert(
      fc.property(fc.array(poses, { minLength: 2, maxLength: 4 }), poses, (trajectory, world) => {
        const here = canonicalize(trajectory);
        const elsewhere = canonicalize(trajectory.map((pose) => compose(world, pose)));
        expect(here[0]).toEqual(identityPose);
        here.forEach(({ rotation, translation }, i) => {
          expectClose(elsewhere[i].rotation, rotation, 9);
          expectClose(elsewhere[i].translation, translation, 9);
        });
      }),
    );
  });

  it.each([
    ['hololens', [1, 0, 0], [0, 0, 1]],
    ['opengl', [0, 0, -1], [0, 1, 0]],
    ['ariaUpright', [0, 0, 1], [0, -1, 0]],
  ] as const)('look forward and up in OpenCV axes: %s', (fix, forward, up) => {
    const { rotation } = fixAxes(identityPose, fix);
    expectClose(rotate(rotation, [0, 0, 1]), forward);
    if (fix === 'ariaUpright') expectClose(rotate(rotation, [1, 0, 0]), up);
    else expectClose(rotate(rotation, [0, -1, 0]), up);
    expect(orthonormalityError(axisFixes[fix])).toBe(0);
  });
});

describe('resampling', () => {
  const at = (x: number): Pose => ({ rotation: fromRotationVector([0, 0, x / 10]), translation: [x, 0, 0] });
  const trajectory = { timestamps: [0, 0.1, 0.2, 0.5, 0.6], poses: [at(0), at(1), at(2), at(5), at(6)] };

  it('interpolates steady motion exactly, but not across a gap', () => {
    const found = resamplePoses(trajectory, [0, 0.05, 0.125, 0.3, 0.49, 0.615, 0.7], { maxGap: 0.15 });
    [0, 0.5, 1.25].forEach((x, i) => {
      expectClose(found[i]!.translation, [x, 0, 0]);
      expect(rotationAngle(found[i]!.rotation)).toBeCloseTo(x / 10, 10);
    });
    expect(found[3]).toBeUndefined();
    expect(found[4]).toEqual(at(5));
    expect(found[5]).toEqual(at(6));
    expect(found[6]).toBeUndefined();
  });

  it('invents no gaze beside a lost sample', () => {
    const point = [0.4, 0.6] as const;
    const samples = [0, 0.1, 0.2, 0.3].map((time) => ({ time, point: time === 0.2 ? undefined : point }));
    const found = resamplePoints(samples, frameTimes(0, 10, 30), { maxGap: 0.15 });
    expect(found.map((each) => (each ? 1 : 0))).toEqual([1, 1, 1, 1, 0, 0, 0, 0, 0, 1]);
    expectClose(found[1]!, point);
  });
});

describe('cameras', () => {
  it.each([
    [
      [0, 0, 1],
      [715.1148341104505, 716.7147122529825],
    ],
    [
      [0.3, -0.2, 1],
      [898.5436947442853, 594.4123395463139],
    ],
    [
      [-0.8, 0.5, 1],
      [267.4506215703487, 996.4545084538192],
    ],
    [
      [1.2, 0, 1],
      [1345.373630053325, 716.3269261143795],
    ],
  ])('project as projectaria_tools: %j', (point, pixel) => {
    expectClose(nominalAria.model.project(point as unknown as Vector3)!, pixel, 9);
  });

  it('unproject what they project', () => {
    const models = [nominalAria.model, pinhole({ fx: 300, fy: 310, cx: 150, cy: 140 }, 320, 240)];
    const slope = fc.double({ min: -0.8, max: 0.8, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom(...models), slope, slope, (model, x, y) => {
        const pixel = model.project([x, y, 1])!;
        const [dx, dy, dz] = model.unproject(pixel);
        expect(dx / dz).toBeCloseTo(x, 9);
        expect(dy / dz).toBeCloseTo(y, 9);
      }),
    );
    expect(nominalAria.model.project([0, 0.9, 0.5])).toBeUndefined();
    expect(nominalAria.model.project([0, 0, -1])).toBeUndefined();
  });
});

describe('gaze', () => {
  it("gives projectaria_tools' points", () => {
    const vergence = vergenceGaze(-0.1264797, -0.07706982, -0.26359045)!;
    expect(vergence.depth).toBeCloseTo(1.31310134, 7);
    expect(vergence.yaw).toBeCloseTo(-0.10183712, 7);
    expectClose(vergence.point, [-0.12892598, -0.34047373, 1.26162232], 7);
    expectClose(cpfGazePoint(-0.10291049, -0.288851887, 1.179526637), [-0.11620133, -0.33435595, 1.12516063], 7);
    expect(vergenceGaze(0.1, 0.1, 0)).toBeUndefined();
  });

  it('is a fraction of the crop, and lost far outside it', () => {
    const square = { width: 896, height: 504, crop: 480 };
    expectClose(cropCoordinates([208, 12], square)!, [0, 0]);
    expectClose(cropCoordinates([448, 252], square)!, [0.5, 0.5]);
    expect(cropCoordinates([208 - 97, 252], square)).toBeUndefined();
    expect(cropCoordinates([NaN, 252], square)).toBeUndefined();
    expect(uprightPixel([10, 1400], 1408)).toEqual([7, 10]);
  });
});

describe('trajectory files', () => {
  const half = '0.7071067811865476';

  it('of TUM, EuRoC and KITTI tell the same pose', () => {
    const root = exampleFolder({
      'tum.txt': `# a comment\n1 1 2 3 0 0 ${half} ${half}\n`,
      'euroc.csv': `#timestamp, p_x, p_y\n1000000000,1,2,3,${half},0,0,${half},9,9\n`,
      'kitti.txt': '0 -1 0 1 1 0 0 2 0 0 1 3\n',
      'times.txt': '1\n',
    });
    const files = [
      readTum(`${root}/tum.txt`),
      readEuroc(`${root}/euroc.csv`),
      readKitti(`${root}/kitti.txt`, `${root}/times.txt`),
    ];
    for (const {
      timestamps,
      poses: [pose],
    } of files) {
      expect(timestamps).toEqual([1]);
      expectClose(pose.rotation, [0, -1, 0, 1, 0, 0, 0, 0, 1]);
      expectClose(pose.translation, [1, 2, 3]);
    }
    const again = exampleFolder({ 'again.txt': tumText(files[0]) });
    expectClose(readTum(`${again}/again.txt`).poses[0].rotation, files[0].poses[0].rotation, 8);
  });

  it('name what is wrong', () => {
    const root = exampleFolder({
      'skew.txt': '1 0 0 0 0 2 0 0 0 0 1 0\n',
      'mirror.txt': '1 0 0 0 0 1 0 0 0 0 -1 0\n',
      'whole.txt': '1 0 0 0 0 1 0 0 0 0 1 0\n',
      'times.txt': '0\n1\n',
      'euroc.csv': '5,0,0,0,1,0,0,0\n4,0,0,0,1,0,0,0\n',
    });
    const kitti = (name: string) => () => readKitti(`${root}/${name}.txt`, `${root}/times.txt`);
    expect(kitti('skew')).toThrow(/skew\.txt:1: expected a rotation \(orthonormal, determinant 1\)/);
    expect(kitti('mirror')).toThrow('off by 2');
    expect(kitti('whole')).toThrow('expected 1 times');
    expect(() => readEuroc(`${root}/euroc.csv`)).toThrow(/euroc\.csv:2 \(timestamp\)/);
    expect(() => readTum(root)).toThrow('expected a file, got a folder');
  });
});
