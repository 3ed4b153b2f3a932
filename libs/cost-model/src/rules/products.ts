import { broadcast, integers, product, type Call, type Rule, type Rules } from '../tensor-type.ts';

/** The shape of a matrix, read transposed or not. */
function matrix(shape: readonly number[], transposed: unknown): [rows: number, columns: number] {
  const [rows, columns] = shape.slice(-2);
  return transposed ? [columns, rows] : [rows, columns];
}

function multiplied({ op, inputs: [a, b] }: Call, transposeA: unknown, transposeB: unknown) {
  const [rows, inner] = matrix(a.shape, transposeA);
  const [same, columns] = matrix(b.shape, transposeB);
  if (inner !== same) throw new Error(`${op}: [${a.shape}] and [${b.shape}] have no product`);
  const shape = [...broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2)), rows, columns];
  return { outputs: [{ shape, dtype: a.dtype }], flops: 2 * product(shape) * inner };
}

const matMul: Rule = (call) => multiplied(call, call.attributes['transpose_a'], call.attributes['transpose_b']);
const batchMatMul: Rule = (call) => multiplied(call, call.attributes['adj_x'], call.attributes['adj_y']);

/** Length of an axis after a window of `kernel` went over it. */
function windows(call: Call, axis: number, length: number, kernel: number): number {
  const { padding, strides, dilations, explicit_paddings: explicit } = call.attributes as Record<string, number[]>;
  const stride = strides[axis];
  const reach = (kernel - 1) * (dilations?.[axis] ?? 1) + 1;
  if (String(padding) === 'SAME') return Math.ceil(length / stride);
  const padded = String(padding) === 'EXPLICIT' ? length + explicit[2 * axis] + explicit[2 * axis + 1] : length;
  return Math.floor((padded - reach) / stride) + 1;
}

/** `[batch, ...space, channel]` after windows of `kernel`. */
export function afterWindows(
  call: Call,
  shape: readonly number[],
  kernel: readonly number[],
  channels: number,
): number[] {
  const space = shape.slice(1, -1).map((length, i) => windows(call, i + 1, length, kernel[i]));
  return [shape[0], ...space, channels];
}

/** x `[batch, ...space, in]`, filter `[...kernel, in, out]` */
const convolution: Rule = (call) => {
  const [x, filter] = call.inputs;
  const [inputs, outputs] = filter.shape.slice(-2);
  if (x.shape.at(-1) !== inputs) throw new Error(`${call.op}: [${x.shape}] doesn't fit a filter [${filter.shape}]`);
  const kernel = filter.shape.slice(0, -2);
  const shape = afterWindows(call, x.shape, kernel, outputs);
  return { outputs: [{ shape, dtype: x.dtype }], flops: 2 * product(shape) * product(kernel) * inputs };
};

/** filter `[height, width, in, multiplier]` */
const depthwise: Rule = (call) => {
  const [x, filter] = call.inputs;
  const [height, width, inputs, multiplier] = filter.shape;
  const shape = afterWindows(call, x.shape, [height, width], inputs * multiplier);
  return { outputs: [{ shape, dtype: x.dtype }], flops: 2 * product(shape) * height * width };
};

/**
 * What the result's gradient gives an operand whose shape is input `shapeAt`: every multiply-add of the forward pass again.
 * @param perOutput multiply-adds of one element of the result, of the filter's shape
 */
function adjoint(shapeAt: 0 | 1, perOutput: (filter: readonly number[]) => number): Rule {
  return (call) => {
    const shape = integers(call, shapeAt);
    const dy = call.inputs[2];
    const filter = shapeAt === 0 ? call.inputs[1].shape : shape;
    return { outputs: [{ shape, dtype: dy.dtype }], flops: 2 * product(dy.shape) * perOutput(filter) };
  };
}

const dense = (filter: readonly number[]) => product(filter.slice(0, -1));
const perChannel = (filter: readonly number[]) => product(filter.slice(0, 2));

export const products: Rules = {
  MatMul: matMul,
  _FusedMatMul: matMul,
  BatchMatMulV2: batchMatMul,
  Conv2D: convolution,
  Conv3D: convolution,
  Conv2DBackpropInput: adjoint(0, dense),
  Conv3DBackpropInputV2: adjoint(0, dense),
  Conv2DBackpropFilter: adjoint(1, dense),
  Conv3DBackpropFilterV2: adjoint(1, dense),
  DepthwiseConv2dNative: depthwise,
  DepthwiseConv2dNativeBackpropInput: adjoint(0, perChannel),
  DepthwiseConv2dNativeBackpropFilter: adjoint(1, perChannel),
};
