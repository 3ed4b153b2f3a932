import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { npyBytes } from '@egolab/foundation';
import { writePng, writeVideo } from '@egolab/video';
import { describe, expect, it } from 'vitest';
import { exampleFolder, exampleTake } from '../example-folder.ts';
import { fromMatrix, fromNineNumbers } from '../geometry/pose.ts';
import { fromRotationVector, norm, rotationAngle } from '../geometry/rotation.ts';
import { detectDatasets, validateDataset } from '../validate.ts';
import { mpsRecording, nominalAria, readAriaCalibration, readMpsGaze, readMpsTrajectory } from './aria.ts';
import { cameraMean, type ClipVideo, denormalizeCamera, normalizeCamera, normalizeGaze } from './clip.ts';
import { cleanSensorDepth, closeHoles, inpaint, inverseDepth, medianFilter } from './depth-standardisation.ts';
import { egoM2pClips } from './read.ts';

const real = new URL('../../../../../shared/real/', import.meta.url).pathname;

/** Frames that get brighter by one a frame. */
async function writeBrightening(path: string, numFrames: number, [width, height] = [16, 16]): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const data = new Uint8Array(numFrames * height * width * 3).map((_, i) => 40 + Math.floor(i / (height * width * 3)));
  await writeVideo(path, { data, numFrames, height, width }, { fps: 30, crf: 0, pixelFormat: 'yuv444p' });
}

function writeGrey(path: string, value: number, [width, height] = [12, 8]): void {
  mkdirSync(dirname(path), { recursive: true });
  writePng(path, { data: new Uint16Array(width * height).fill(value), width, height, channels: 1 });
}

/** Camera-to-world of frame t: a steady turn about y and a steady step along x. */
function matrix(t: number): number[] {
  const r = fromRotationVector([0, t * 0.01, 0]);
  return [r[0], r[1], r[2], t * 0.02, r[3], r[4], r[5], 0, r[6], r[7], r[8], 0, 0, 0, 0, 1];
}

const rgbOfSizes = async (video: ClipVideo, sizes: number[]) =>
  (await Promise.all(sizes.map((size) => video.read(size)))).map(({ length }) => length);

const frames = (count: number) => Array.from({ length: count }, (_, t) => t);

describe('splitting', () => {
  it('cuts chunks of 120 frames into two clips and keeps a whole clip of the rest', async () => {
    const root = exampleFolder({});
    const extrinsics = frames(200).flatMap((t) => {
      const r = fromRotationVector([0, -t * 0.01, 0]);
      return [r[0], r[1], r[2], 0, r[3], r[4], r[5], 0, r[6], r[7], r[8], t, 0, 0, 0, 1];
    });
    const folder = join(root, 'Egocentric_Camera_Parameters', '(cut, knife, bowl)', '20230917_001');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'egocentric_frame_extrinsic.npy'), npyBytes([200, 4, 4], Float64Array.from(extrinsics)));
    const { clips, counts, skipped } = await egoM2pClips({ source: 'taco', root });
    expect(clips.map(({ key }) => key.slice(-7))).toEqual(['-0000-0', '-0000-1', '-0001-0']);
    expect(clips.map(({ start }) => start)).toEqual([0, 2, 4]);
    expect(counts).toEqual({ clips: 3, sequences: 1, rgb: 0, depth: 0, gaze: 0, camera: 3 });
    expect(skipped.byReason).toEqual({ 'no RGB video': 1 });
    const [first, second] = fromNineNumbers(clips[1].camera!);
    expect(first.translation).toEqual([0, 0, 0]);
    expect(rotationAngle(second.rotation)).toBeCloseTo(0.01, 5);
    expect(norm(second.translation)).toBeGreaterThan(0.9); // world-to-camera was inverted

    const overlapping = (await egoM2pClips({ source: 'taco', root, stride: 50 })).clips;
    expect(overlapping.map(({ key }) => key.slice(key.indexOf('-0000')))).toEqual([
      '-0000-0',
      '-0000-0+50',
      '-0000-1+40',
    ]);
    const [, shifted] = overlapping.map(({ camera }) => fromNineNumbers(camera!));
    expect(rotationAngle(shifted[10].rotation)).toBeCloseTo(0.1, 5);
  });
});

describe('sources', () => {
  it('H2O: images, cleaned Kinect depth, poses a file a frame', async () => {
    const root = exampleFolder({});
    const camera = join(root, 'subject1_ego', 'h1', '0', 'cam4');
    for (const t of frames(62)) {
      const name = String(t).padStart(6, '0');
      const path = join(camera, 'rgb', `${name}.png`);
      mkdirSync(dirname(path), { recursive: true });
      writePng(path, { data: new Uint8Array(12 * 8 * 3).fill(t), width: 12, height: 8, channels: 3 });
      writeGrey(join(camera, 'depth', `${name}.png`), 1000 + t);
      mkdirSync(join(camera, 'cam_pose'), { recursive: true });
      writeFileSync(join(camera, 'cam_pose', `${name}.txt`), matrix(t).join(' '));
    }
    expect(detectDatasets(root)).toEqual(['h2o']);
    expect((await egoM2pClips({ source: 'h2o', root, split: 'test' })).clips).toHaveLength(0);
    const { clips } = await egoM2pClips({ source: 'h2o', root, split: 'train' });
    expect(clips.map(({ key }) => key)).toEqual(['subject1_ego_h1_0-0000-0']);
    const [{ rgb, depth, camera: poses, gaze }] = clips;
    expect(gaze).toBeUndefined();
    const pixels = await rgb!.read(4);
    expect(pixels.length).toBe(16 * 4 * 4 * 3);
    expect([0, 1, 2, 15].map((t) => pixels[t * 48])).toEqual([0, 4, 8, 56]); // nearest to 0, 3.75, 7.5, 56.25
    const metres = await depth!.readMetres!(4);
    expect(metres[0]).toBeCloseTo(1, 6);
    expect(metres[15 * 16]).toBeCloseTo(1.056, 6);
    const inverse = await depth!.read(4);
    expect([inverse[0], inverse[15 * 16]]).toEqual([255, 0]);
    expect(fromNineNumbers(poses!)[59].translation[0]).toBeCloseTo(59 * 0.02, 5);
  });

  it('EgoGen: OpenGL poses, rendered depth', async () => {
    const root = exampleFolder({});
    await writeBrightening(join(root, 'rgb', 'walk.mp4'), 60);
    for (const t of frames(60))
      writeGrey(join(root, 'depth', 'walk', `${String(t).padStart(5, '0')}.png`), t < 30 ? 500 : 0);
    mkdirSync(join(root, 'cam'));
    const opengl = frames(60).flatMap((t) => [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, -t * 0.1, 0, 0, 0, 1]);
    writeFileSync(
      join(root, 'cam', 'walk.npz'),
      storedZip('arr_0.npy', npyBytes([60, 4, 4], Float64Array.from(opengl))),
    );
    const { clips } = await egoM2pClips({ source: 'egogen', root });
    expect(clips).toHaveLength(1);
    const [{ rgb, depth, camera }] = clips;
    const forward = fromNineNumbers(camera!)[10].translation; // OpenGL looks along -z, OpenCV along +z
    expect(forward[2]).toBeCloseTo(1, 5);
    expect((await depth!.readMetres!(4))[15 * 16]).toBe(0);
    const pixels = await rgb!.read(8);
    expect(Math.abs(pixels[192 * 4] - 55)).toBeLessThanOrEqual(2); // frame 15
    const report = await validateDataset(root, 'egogen');
    expect(report.problems).toEqual([]);
    expect(report.counts).toMatchObject({ clips: 1, depth: 1, camera: 1 });
  });

  it('HoloAssist: axes, gaze rays half a metre long, crop of 480', async () => {
    const root = exampleFolder({
      'R1/Export_py/Video/Intrinsics.txt': '600\t0\t448\t0\t600\t252\t0\t0\t1\t0\t896\t504\n',
      'R1/Export_py/Video/Pose_sync.txt': frames(60)
        .map((t) => [t / 30, 637917497145832487 + t, 1, 0, 0, t * 0.01, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1].join('\t'))
        .join('\n'),
      'R1/Export_py/Eyes/Eyes_sync.txt': frames(60)
        .map((t) => [t / 30, t, t * 0.01, 0, 0, ...(t === 5 ? [0, 0, 0] : [2, -0.4, 0])].join('\t'))
        .join('\n'),
    });
    const { clips, skipped } = await egoM2pClips({ source: 'holoassist', root });
    expect(skipped.byReason).toEqual({ 'no RGB video': 1 });
    const [{ gaze, camera }] = clips;
    expect([...gaze!.valid].filter((valid) => !valid)).toHaveLength(1);
    expect(gaze!.valid[5]).toBe(0);
    // HoloLens y is left: a ray of slope -0.2 lands 120 pixels right of the middle
    expect(gaze!.xy[0]).toBeCloseTo(0.5 + 120 / 480, 5);
    expect(gaze!.xy[1]).toBeCloseTo(0.5, 5);
    expect(fromNineNumbers(camera!)[10].translation[2]).toBeCloseTo(0.1, 5); // forward was x
    expect(normalizeGaze(gaze!).subarray(15, 18)).toEqual(new Float32Array(3));
  });

  it('HOT3D Quest: camera in the device, no gaze; a lost stretch loses the camera only', async () => {
    const header = 'object_uid,timestamp[ns],t_wo_x[m],t_wo_y[m],t_wo_z[m],q_wo_w,q_wo_x,q_wo_y,q_wo_z';
    const rows = frames(120)
      .filter((t) => t < 70 || t > 80)
      .map((t) => `1,${BigInt(t) * 33333333n + 56752108188860n},${t * 0.01},0,0,1,0,0,0`);
    const root = exampleFolder({
      'P1/metadata.json': { headset: 'Quest3' },
      'P1/headset_trajectory.csv': [header, ...rows].join('\n'),
      'P1/camera_models.json': [
        {
          label: 'small',
          imageHeight: 480,
          T_Device_Camera: { quaternion_wxyz: [1, 0, 0, 0], translation_xyz: [0, 0, 0] },
        },
        {
          label: 'left',
          imageHeight: 1024,
          T_Device_Camera: { quaternion_wxyz: [0, 0, 0, 1], translation_xyz: [0, 0, 0] },
        },
      ],
    });
    await writeBrightening(join(root, 'P1', '1201-1.mp4'), 120);
    const { clips, counts, skipped } = await egoM2pClips({ source: 'hot3d-quest', root });
    expect(counts).toEqual({ clips: 2, sequences: 1, rgb: 2, depth: 0, gaze: 0, camera: 1 });
    expect(skipped.byReason).toEqual({ 'camera tracking is lost in the clip': 1 });
    expect(fromNineNumbers(clips[0].camera!)[10].translation[0]).toBeCloseTo(-0.1, 5); // half a turn about z
    expect((await egoM2pClips({ source: 'hot3d-aria', root })).clips).toHaveLength(0);
  });

  it('HOT3D: participants 1 and 14 are the validation split, those of its test in neither', async () => {
    const rows = ['object_uid,timestamp[ns],t_wo_x[m],t_wo_y[m],t_wo_z[m],q_wo_w,q_wo_x,q_wo_y,q_wo_z'];
    for (const t of frames(60)) rows.push(`1,${Math.round((t / 30) * 1e9) + 1000},0,0,0,1,0,0,0`);
    const names = ['P0001_a', 'P0002_b', 'P0014_c', 'P0015_d', 'P0016_e'];
    const files = names.map((name) => ({
      [`${name}/metadata.json`]: { headset: 'Aria' },
      [`${name}/headset_trajectory.csv`]: `${rows.join('\n')}\n`,
    }));
    const root = exampleFolder(Object.assign({}, ...files));
    const of = async (split?: 'train' | 'val') =>
      (await egoM2pClips({ source: 'hot3d-aria', root, split })).clips.map(({ sequence }) => sequence);
    expect(await of('train')).toEqual(['P0002_b', 'P0015_d']);
    expect(await of('val')).toEqual(['P0001_a', 'P0014_c']);
    expect(await of()).toEqual(names);
  });

  it('clips of a recording that are read together are decoded as when they are read alone', async () => {
    const root = exampleFolder({});
    const folder = join(root, 'Egocentric_Camera_Parameters', 'a', 'b');
    mkdirSync(folder, { recursive: true });
    const pose = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    writeFileSync(join(folder, 'egocentric_frame_extrinsic.npy'), npyBytes([150, 4, 4], Float64Array.from(frames(150).flatMap(() => pose)))); // prettier-ignore
    await writeBrightening(join(root, 'Egocentric_RGB_Videos', 'a', 'b', 'color.mp4'), 150);
    const { clips } = await egoM2pClips({ source: 'taco', root, stride: 45 });
    const together = await Promise.all(clips.map(({ rgb }) => rgb!.read(8)));
    expect(together.map(([first]) => first)).toEqual([40, 85, 130]);
    for (const [i, { rgb }] of clips.entries()) expect(await rgb!.read(8)).toEqual(together[i]);
    expect(await rgbOfSizes(clips[0].rgb!, [4, 8])).toEqual([16 * 16 * 3, 16 * 64 * 3]);
  });

  it('HOI4D at 15 fps and ASE at 10', async () => {
    const root = exampleFolder({
      'ZY1/H1/3Dseg/output.log': frames(32)
        .map(
          (t) =>
            `${t} ${t} ${t + 1}\n${[0, 1, 2, 3]
              .map((row) =>
                matrix(t)
                  .slice(row * 4, row * 4 + 4)
                  .join(' '),
              )
              .join('\n')}`,
        )
        .join('\n'),
      'ZY1/H1/align_rgb/note.txt': '',
    });
    for (const t of frames(32))
      writeGrey(join(root, 'ZY1', 'H1', 'align_depth', `${String(t).padStart(5, '0')}.png`), 700);
    const { clips } = await egoM2pClips({ source: 'hoi4d', root });
    expect(clips).toHaveLength(1);
    expect(fromNineNumbers(clips[0].camera!)[3].translation[0]).toBeCloseTo(1.5 * 0.02, 5); // between frames 1 and 2

    const scenes = exampleFolder({ '7/ase_scene_language.txt': '' });
    for (const t of frames(20)) {
      writeGrey(join(scenes, '7', 'depth', `depth${t}.png`), 900);
      writeGrey(join(scenes, '7', 'rgb', `vignette${t}.png`), 30);
    }
    const found = await egoM2pClips({ source: 'ase', root: scenes });
    expect(found.counts).toEqual({ clips: 1, sequences: 1, rgb: 1, depth: 1, gaze: 0, camera: 0 });
  });

  it('ARCTIC: the pickle is named with what to do', async () => {
    const root = exampleFolder({
      'meta/misc.json': { s01: { ioi_offset: 1 } },
      'raw_seqs/s01/box_grab_01.egocam.dist.npy': 'x',
    });
    const { skipped } = await egoM2pClips({ source: 'arctic', root });
    expect(skipped.first[0].item).toBe('s01/box_grab_01');
    expect(skipped.first[0].reason).toMatch(/pickle: convert once/);
  });

  it('name file, row and field of bad input', async () => {
    const bad = async (pose: string) => {
      const root = exampleFolder({ 'R1/Export_py/Video/Pose_sync.txt': pose });
      return (await validateDataset(root, 'holoassist')).problems[0];
    };
    const row = (time: number, scale = 1) => [time, 1, scale, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1].join('\t');
    expect((await bad(`${row(0)}\n${row(1)}\n${row(0.5)}`)).where).toMatch(/Pose_sync\.txt:3 \(seconds\)/);
    expect((await bad(`${row(0)}\n${row(1, 2)}`)).what).toMatch(/expected a rotation/);
    expect((await bad(`${row(0)}\n1\tnan`)).where).toMatch(/Pose_sync\.txt:2/);
    await expect(egoM2pClips({ source: 'ase', root: '/nowhere' })).rejects.toThrow('no folder for ase');

    const root = exampleFolder({});
    const camera = join(root, 'subject1', 'h1', '0', 'cam4');
    for (const t of frames(6)) writeGrey(join(camera, 'depth', `${t}.png`), 1);
    for (const t of frames(2)) writeGrey(join(camera, 'rgb', `${t}.png`), 1);
    const [problem] = (await validateDataset(root, 'h2o')).problems;
    expect(problem.what).toBe('modalities differ in length: 2 frames, 6 depth maps');
    rmSync(join(camera, 'depth', '3.png'));
    const [hole] = (await validateDataset(root, 'h2o')).problems;
    expect(hole.what).toBe('frame 3 is missing: 2.png is followed by 4.png');
  });
});

describe("Aria's calibration", () => {
  const line = (projection: object, label = 'camera-rgb') => ({
    CameraCalibrations: [
      {
        Label: label,
        T_Device_Camera: { Translation: [1, 2, 3], UnitQuaternion: [0, [0, 0, 1]] },
        Projection: projection,
      },
    ],
  });
  const read = (content: unknown) => readAriaCalibration(`${exampleFolder({ 'c.jsonl': content })}/c.jsonl`);

  it('of the whole sensor is that of its recorded image', () => {
    const [f, u, v, ...rest] = [1221.882015735335, 1462.729668220901, 1465.933424505965, ...new Array(12).fill(0)];
    const { model, camera } = read(line({ Name: 'FisheyeRadTanThinPrism', Params: [f, u, v, ...rest] }));
    const pixel = model.project([0, 0, 1])!;
    expect(pixel[0]).toBeCloseTo(715.1148341104505, 9);
    expect(pixel[1]).toBeCloseTo(716.7167122529825, 9);
    expect([model.width, model.height]).toEqual([1408, 1408]);
    expect(camera.translation).toEqual([1, 2, 3]);
    expect(camera.rotation[0]).toBe(-1); // half a turn about z: w comes first
  });

  it('of a small pinhole tells its size', () => {
    const { model } = read(line({ Name: 'Linear', Params: [60, 60, 47.5, 31.5] }));
    expect([model.width, model.height]).toEqual([96, 64]);
  });

  it('names what is wrong', () => {
    expect(() => read(line({ Name: 'Spherical', Params: [1] }))).toThrow(
      /expected FisheyeRadTanThinPrism .* got Spherical/,
    );
    expect(() => read(line({ Name: 'Linear', Params: [1] }, 'camera-slam-left'))).toThrow('no camera "camera-rgb"');
    expect(() => read('{"CameraCal')).toThrow('the first line is not JSON');
    expect(() => read({})).toThrow(/CameraCalibrations/);
  });
});

describe('standardisation', () => {
  it('inverse depth: nearest 255, unknown 0, truncated', () => {
    expect([...inverseDepth(Float32Array.of(1, 2, 4, 0, NaN))]).toEqual([255, 85, 0, 0, 0]);
    expect([...inverseDepth(Float32Array.of(3, 3))]).toEqual([0, 0]);
  });

  it('closes small holes, inpaints large ones, removes single wrong pixels, keeps edges', () => {
    const [height, width] = [12, 12];
    const wall = new Float32Array(144).map((_, i) => (i % width < 6 ? 1 : 3));
    const holed = wall.slice();
    holed[5 * 12 + 2] = 0;
    expect(closeHoles(holed, height, width)[5 * 12 + 2]).toBe(1);
    for (let y = 2; y < 11; y++) for (let x = 7; x < 12; x++) holed[y * 12 + x] = 0;
    expect(Math.min(...inpaint(holed, height, width))).toBeGreaterThan(0.9);
    const noisy = wall.slice();
    noisy[6 * 12 + 2] = 9;
    expect(medianFilter(noisy, height, width)[6 * 12 + 2]).toBe(1);
    const clean = cleanSensorDepth(noisy, height, width);
    expect(clean[6 * 12 + 2]).toBeCloseTo(1, 3);
    expect(clean[6 * 12 + 5]).toBeCloseTo(1, 3);
    expect(clean[6 * 12 + 6]).toBeCloseTo(3, 3);
    expect([...cleanSensorDepth(new Float32Array(9), 3, 3)]).toEqual(new Array(9).fill(0));
  });

  it('z-scores the camera and back', () => {
    const camera = Float32Array.from([...cameraMean, 1, 0, 0, 0, 1, 0, 0, 0, 0]);
    const scored = normalizeCamera(camera);
    expect(Math.max(...scored.subarray(0, 9).map(Math.abs))).toBeLessThan(1e-6);
    denormalizeCamera(scored).forEach((value, i) => expect(value).toBeCloseTo(camera[i], 6));
  });
});

describe.skipIf(!existsSync(real))('real recordings (need ../shared/real)', () => {
  it('MPS: five clips with gaze and camera, in the layout of Ego-Exo4D', async () => {
    const root = exampleFolder({ 'takes.json': [exampleTake('walk')] });
    const copy = (from: string, to: string) => cpSync(join(real, 'aria-mps', from), join(root, 'takes/walk', to));
    copy('closed_loop_trajectory.csv', 'trajectory/closed_loop_trajectory.csv');
    copy('generalized_eye_gaze.csv', 'eye_gaze/general_eye_gaze.csv');
    const { clips, counts, skipped } = await egoM2pClips({ source: 'ego-exo4d', root });
    expect(counts).toMatchObject({ clips: 5, camera: 5, gaze: 5 });
    expect(skipped.byReason).toEqual({ 'no online_calibration.jsonl: nominal lens': 1, 'no RGB video': 1 });
    for (const { camera, gaze } of clips) {
      const speeds = fromNineNumbers(camera!).map(({ translation }, i, all) =>
        i === 0 ? 0 : 30 * norm([0, 1, 2].map((k) => translation[k] - all[i - 1].translation[k]) as never),
      );
      expect(Math.max(...speeds)).toBeLessThan(3); // a person walks
      expect(gaze!.valid.reduce((sum, valid) => sum + valid, 0)).toBeGreaterThan(30);
    }
  });

  it('gaze of all four MPS versions', () => {
    const combined = readMpsGaze(join(real, 'aria-mps/eyegaze.csv'));
    const general = readMpsGaze(join(real, 'aria-mps/generalized_eye_gaze.csv'));
    general.forEach(({ time, point }, i) => {
      expect(time).toBe(combined[i].time);
      point!.forEach((value, k) => expect(value).toBeCloseTo(combined[i].point![k], 12));
    });
    const vergence = readMpsGaze(join(real, 'aria-mps/generalized_gaze.csv'));
    expect(vergence).toHaveLength(combined.length);
    expect(readMpsGaze(join(real, 'aria-mps/gen2_general_eye_gaze.csv'))[0].point).toBeDefined();
    expect(readMpsGaze(join(real, 'aria-adt/eyegaze.csv'))[0].point).toBeUndefined(); // depth 0
  });

  it("gaze lands on projectaria_tools' pixels of the upright image", () => {
    const golden = JSON.parse(readFileSync(join(real, 'aria-adt/gaze_projection_golden.json'), 'utf8')) as {
      rgb: { T_device_camera: number[][]; T_device_cpf: number[][] };
      gaze: { 'px_upright_1.0m': [number, number] }[];
    };
    const calibration = {
      camera: fromMatrix(golden.rgb.T_device_camera.flat()),
      cpf: fromMatrix(golden.rgb.T_device_cpf.flat()),
      model: nominalAria.model,
    };
    const gaze = readMpsGaze(join(real, 'aria-adt/general_eye_gaze.csv'));
    const trajectory = readMpsTrajectory(join(real, 'aria-adt/aria_trajectory.csv'));
    const recording = mpsRecording({ sequence: 'adt', trajectory, calibration, gaze, origin: 0 });
    golden.gaze.forEach((row, i) => {
      const [point] = recording.gaze!([gaze[i].time]);
      point!.forEach((value, k) => expect(value * 1408).toBeCloseTo(row['px_upright_1.0m'][k], 3));
    });
  });

  it('HOT3D: headset rows come in pairs; the sample is shorter than a clip', async () => {
    const root = exampleFolder({});
    cpSync(join(real, 'hot3d-aria'), join(root, 'P0003_c701bd11'), { recursive: true });
    const { clips, skipped } = await egoM2pClips({ source: 'hot3d-aria', root });
    expect(clips).toHaveLength(0);
    expect(skipped.byReason).toMatchObject({ 'shorter than a clip of 60 frames': 1 });
  });
});

/** A ZIP archive of one stored file, as numpy.savez writes it. */
function storedZip(name: string, bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(30 + name.length);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt32LE(bytes.length, 18);
  header.writeUInt32LE(bytes.length, 22);
  header.writeUInt16LE(name.length, 26);
  header.write(name, 30);
  const central = Buffer.alloc(46 + name.length);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt32LE(bytes.length, 20);
  central.writeUInt32LE(bytes.length, 24);
  central.writeUInt16LE(name.length, 28);
  central.write(name, 46);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(header.length + bytes.length, 16);
  return Buffer.concat([header, bytes, central, end]);
}
