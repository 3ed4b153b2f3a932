import { fromNineNumbers, multiply, norm, rotationAngle, subtract, transpose, type ClipGaze } from '@egolab/ego-data';

/** Means over all frames of all clips. */
export interface CameraReconstruction {
  /** |t - t^|, centimetres */
  translation_cm: number;
  /** angle of R^T R^, degrees */
  rotation_deg: number;
}

/**
 * What a tokenizer loses of camera trajectories, frame by frame and without any alignment.
 *
 * @param cameras, reconstructed `[frame, 9]` each, metres; the reconstructed rotation is orthonormalised by Gram-Schmidt
 */
export function cameraReconstruction(
  cameras: readonly Float32Array[],
  reconstructed: readonly Float32Array[],
): CameraReconstruction {
  let [translation, rotation, frames] = [0, 0, 0];
  cameras.forEach((camera, i) => {
    const decoded = fromNineNumbers(reconstructed[i]);
    fromNineNumbers(camera).forEach((pose, t) => {
      translation += norm(subtract(pose.translation, decoded[t].translation));
      rotation += rotationAngle(multiply(transpose(pose.rotation), decoded[t].rotation));
      frames++;
    });
  });
  return { translation_cm: (100 * translation) / frames, rotation_deg: (180 / Math.PI) * (rotation / frames) };
}

/** What a tokenizer loses of gaze. */
export interface GazeReconstruction {
  /** mean distance over valid frames, as a fraction of the image's side */
  distance: number;
  /** mean squared error over both coordinates of valid frames */
  mse: number;
  validFrames: number;
}

/** @param reconstructed `[frame, 2]` each, as fractions of the image; what is decoded for invalid frames doesn't count */
export function gazeReconstruction(
  gazes: readonly ClipGaze[],
  reconstructed: readonly Float32Array[],
): GazeReconstruction {
  let [distance, squares, frames] = [0, 0, 0];
  gazes.forEach(({ xy, valid }, i) => {
    valid.forEach((isValid, t) => {
      if (!isValid) return;
      const [dx, dy] = [0, 1].map((axis) => xy[2 * t + axis] - reconstructed[i][2 * t + axis]);
      distance += Math.hypot(dx, dy);
      squares += dx * dx + dy * dy;
      frames++;
    });
  });
  return { distance: distance / frames, mse: squares / (2 * frames), validFrames: frames };
}
