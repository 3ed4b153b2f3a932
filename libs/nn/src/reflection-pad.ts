import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { attribute, fusedKernels, nativeOp, tf } from '@egolab/runtime';
import { differentiable } from './differentiable.ts';
import { fused } from './fused.ts';

/**
 * Reflection padding of both spatial axes by `n` on each side, as torch.nn.ReflectionPad2d. (tfjs's own gradient of mirrorPad
 * drops what the reflected border contributes.)
 *
 * @param x `[batch, height, width, channel]`, height and width above `n`
 */
export function reflectionPad2d(x: Tensor, n: number): Tensor {
  const [, height, width] = x.shape;
  if (x.rank !== 4 || height <= n || width <= n) {
    throw new Error(
      `reflectionPad2d: expected x [batch, height, width, channel] with height and width above ${n}, got [${x.shape}]`,
    );
  }
  const attributes = [
    attribute.type('T', 'float32'),
    attribute.type('Tpaddings', 'int32'),
    attribute.string('mode', 'REFLECT'),
  ];
  const run = (op: string, y: Tensor) =>
    nativeOp(op, attributes, [y, tf.tensor2d([0, 0, n, n, n, n, 0, 0], [4, 2], 'int32')]);
  return differentiable({
    name: 'reflectionPad2d',
    inputs: { x },
    forward: () => ({ value: fusedKernels ? fused('ReflectionPad', [x], 1, n)[0] : run('MirrorPad', x), saved: {} }),
    backward: (dy) => ({
      x: () => (fusedKernels ? fused('ReflectionPadGrad', [dy], 1, n)[0] : run('MirrorPadGrad', dy)),
    }),
  });
}
