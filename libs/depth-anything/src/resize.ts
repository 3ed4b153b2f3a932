import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';

/**
 * Bilinear resampling, as torch's interpolate.
 *
 * @param x `[batch, height, width, channel]`
 * @param alignCorners the corner pixels' centres coincide; otherwise the images' borders do
 */
export function resizeBilinear(x: Tensor, height: number, width: number, alignCorners: boolean): Tensor {
  if (x.shape[1] === height && x.shape[2] === width) return x;
  return tf.image.resizeBilinear(x as Tensor4D, [height, width], alignCorners, !alignCorners);
}

/** torch's cubic kernel, a = -3/4. */
const A = -0.75;
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x <= 1) return ((A + 2) * x - (A + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * A;
  return 0;
}

/** Bicubic interpolation along one axis as a matrix `[to, from]`; borders are repeated, nothing is antialiased. */
function bicubicMatrix(from: number, to: number): Tensor2D {
  const rows = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const source = ((i + 0.5) * from) / to - 0.5;
    const first = Math.floor(source) - 1;
    for (let k = first; k < first + 4; k++) {
      rows[i * from + Math.min(from - 1, Math.max(0, k))] += cubic(source - k);
    }
  }
  return tf.tensor2d(rows, [to, from]);
}

/**
 * Bicubic resampling, as torch's interpolate(mode='bicubic', align_corners=False).
 *
 * @param x `[height, width, channel]`
 */
export function resizeBicubic(x: Tensor, height: number, width: number): Tensor {
  const [fromHeight, fromWidth, channels] = x.shape;
  return tf.tidy(() => {
    const columns = tf.matMul(bicubicMatrix(fromHeight, height), tf.reshape(x, [fromHeight, fromWidth * channels]));
    const turned = tf.reshape(tf.transpose(tf.reshape(columns, [height, fromWidth, channels]), [1, 0, 2]), [
      fromWidth,
      height * channels,
    ]);
    const rows = tf.matMul(bicubicMatrix(fromWidth, width), turned as Tensor2D);
    return tf.transpose(tf.reshape(rows, [width, height, channels]), [1, 0, 2]);
  });
}
