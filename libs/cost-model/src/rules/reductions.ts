import { axes, Dtype, type Rule, type Rules } from '../tensor-type.ts';

const reduction: Rule = (call) => {
  const { shape, dtype } = call.inputs[0];
  const gone = new Set(axes(call, 1, shape.length));
  const kept = call.attributes['keep_dims']
    ? shape.map((length, axis) => (gone.has(axis) ? 1 : length))
    : shape.filter((_, axis) => !gone.has(axis));
  return { outputs: [{ shape: kept, dtype }] };
};

const position: Rule = (call) => {
  const { shape } = call.inputs[0];
  const [gone] = axes(call, 1, shape.length);
  const dtype = (call.attributes['output_type'] as number | undefined) ?? Dtype.int32;
  return { outputs: [{ shape: shape.filter((_, axis) => axis !== gone), dtype }] };
};

/** Sum over every axis but the last. */
const channels: Rule = ({ inputs: [{ shape, dtype }] }) => ({ outputs: [{ shape: shape.slice(-1), dtype }] });

const scalar: Rule = ({ inputs: [{ dtype }] }) => ({ outputs: [{ shape: [], dtype }] });

/** Logits `[row, class]` and labels: the loss of each row, and its gradient. */
const crossEntropy: Rule = ({ inputs: [{ shape, dtype }] }) => ({
  outputs: [
    { shape: shape.slice(0, 1), dtype },
    { shape, dtype },
  ],
});

export const reductions: Rules = {
  All: reduction,
  Any: reduction,
  ArgMax: position,
  ArgMin: position,
  BiasAddGrad: channels,
  L2Loss: scalar,
  Max: reduction,
  Mean: reduction,
  Min: reduction,
  Prod: reduction,
  SparseSoftmaxCrossEntropyWithLogits: crossEntropy,
  Sum: reduction,
};
