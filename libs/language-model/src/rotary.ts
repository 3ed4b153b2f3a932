import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { differentiable, fused } from '@egolab/nn';
import { attribute, fusedKernels, nativeOp, tf } from '@egolab/runtime';

/** cos and sin of every position's angles, `[batch or 1, sequence, 1, headDim]`; the sine of the first half is negated. */
export interface RotaryTables {
  cos: Tensor;
  signedSin: Tensor;
}

/**
 * Tables for the rotary embedding (RoPE, Su et al. 2021): angle j of position m is m * theta^(-2j / headDim), the angles
 * repeated for the second half. Computed in float32, whatever the model's precision, as transformers does.
 *
 * @param positions one row for each sequence of the batch, or one for all
 */
export function rotaryTables(positions: readonly (readonly number[])[], headDim: number, theta: number): RotaryTables {
  const half = headDim / 2;
  const frequencies = Array.from({ length: half }, (_, j) =>
    Math.fround(1 / Math.fround(theta ** ((2 * j) / headDim))),
  );
  const length = positions[0].length;
  const cos = new Float32Array(positions.length * length * headDim);
  const sin = new Float32Array(cos.length);
  positions.flat().forEach((position, row) => {
    for (let j = 0; j < half; j++) {
      const angle = Math.fround(position * frequencies[j]);
      const first = row * headDim + j;
      cos[first] = cos[first + half] = Math.cos(angle);
      sin[first + half] = Math.sin(angle);
      sin[first] = -sin[first + half];
    }
  });
  const shape = [positions.length, length, 1, headDim];
  return { cos: tf.tensor(cos, shape), signedSin: tf.tensor(sin, shape) };
}

/**
 * Rotate queries or keys `[batch, sequence, heads, headDim]` in the half-split layout (dimension j pairs with
 * j + headDim / 2): x cos + rotateHalf(x) sin. The backward pass is the rotation by the opposite angle.
 */
export function applyRotary(x: Tensor, { cos, signedSin }: RotaryTables): Tensor {
  const rotate = (x: Tensor, { cos, signedSin }: RotaryTables, sign: 1 | -1) => {
    if (fusedKernels) return fused('Rotary', [x, cos, signedSin], 1, sign)[0];
    const [along, across] = [tf.mul(x, cos), tf.mul(swapHalves(x), signedSin)];
    return sign === 1 ? tf.add(along, across) : tf.sub(along, across);
  };
  return differentiable({
    name: 'RotaryEmbedding',
    inputs: { x },
    forward: () => ({ value: rotate(x, { cos, signedSin }, 1), saved: { cos, signedSin } }),
    backward: (dy, { cos, signedSin }) => ({ x: () => rotate(dy, { cos, signedSin }, -1) }),
  });
}

function swapHalves(x: Tensor): Tensor {
  const half = tf.scalar(x.shape[3]! / 2, 'int32');
  const axis = tf.scalar(3, 'int32');
  return nativeOp(
    'Roll',
    [attribute.type('T', 'float32'), attribute.type('Tshift', 'int32'), attribute.type('Taxis', 'int32')],
    [x, half, axis],
  );
}
