import { axes, Dtype, integers, product, type Rule, type Rules } from '../tensor-type.ts';

const reshape: Rule = (call) => {
  const { shape, dtype } = call.inputs[0];
  const wanted = integers(call, 1);
  const known = product(wanted.filter((length) => length !== -1));
  return {
    outputs: [{ shape: wanted.map((length) => (length === -1 ? product(shape) / known : length)), dtype }],
    sharesMemoryOf: 0,
  };
};

const expandDims: Rule = (call) => {
  const { shape, dtype } = call.inputs[0];
  const [axis] = axes(call, 1, shape.length + 1);
  return { outputs: [{ shape: [...shape.slice(0, axis), 1, ...shape.slice(axis)], dtype }], sharesMemoryOf: 0 };
};

const transpose: Rule = (call) => {
  const { shape, dtype } = call.inputs[0];
  return { outputs: [{ shape: integers(call, 1).map((axis) => shape[axis]), dtype }] };
};

const slice: Rule = (call) => {
  const { shape, dtype } = call.inputs[0];
  const [begin, size] = [integers(call, 1), integers(call, 2)];
  const lengths = size.map((length, axis) => (length === -1 ? shape[axis] - begin[axis] : length));
  return { outputs: [{ shape: lengths, dtype }] };
};

/** The arrays to join come first, the axis last. */
const concat: Rule = (call) => {
  const parts = call.inputs.slice(0, -1);
  const [axis] = axes(call, parts.length, parts[0].shape.length);
  const length = parts.reduce((sum, { shape }) => sum + shape[axis], 0);
  return { outputs: [{ shape: parts[0].shape.with(axis, length), dtype: parts[0].dtype }] };
};

const pack: Rule = ({ inputs, attributes }) => {
  const { shape, dtype } = inputs[0];
  const given = (attributes['axis'] as number | undefined) ?? 0;
  const axis = given < 0 ? given + shape.length + 1 : given;
  return { outputs: [{ shape: [...shape.slice(0, axis), inputs.length, ...shape.slice(axis)], dtype }] };
};

const unpack: Rule = ({ inputs: [{ shape, dtype }], attributes, numOutputs }) => {
  const given = (attributes['axis'] as number | undefined) ?? 0;
  const axis = given < 0 ? given + shape.length : given;
  const each = shape.filter((_, i) => i !== axis);
  return { outputs: Array.from({ length: numOutputs }, () => ({ shape: each, dtype })) };
};

const splitV: Rule = (call) => {
  const { shape, dtype } = call.inputs[0];
  const [axis] = axes(call, 2, shape.length);
  return { outputs: integers(call, 1).map((length) => ({ shape: shape.with(axis, length), dtype })) };
};

const tile: Rule = (call) => {
  const { shape, dtype } = call.inputs[0];
  const times = integers(call, 1);
  return { outputs: [{ shape: shape.map((length, axis) => length * times[axis]), dtype }] };
};

/** Shape and value. */
const fill: Rule = (call) => ({ outputs: [{ shape: integers(call, 0), dtype: call.inputs[1].dtype }] });

const broadcastTo: Rule = (call) => ({ outputs: [{ shape: integers(call, 1), dtype: call.inputs[0].dtype }] });

const range: Rule = (call) => {
  const [[start], [stop], [step]] = [0, 1, 2].map((index) => integers(call, index));
  return { outputs: [{ shape: [Math.max(0, Math.ceil((stop - start) / step))], dtype: call.inputs[0].dtype }] };
};

const gather: Rule = (call) => {
  const [table, indices] = call.inputs;
  const [axis] = axes(call, 2, table.shape.length);
  const batch = (call.attributes['batch_dims'] as number | undefined) ?? 0;
  const shape = [...table.shape.slice(0, axis), ...indices.shape.slice(batch), ...table.shape.slice(axis + 1)];
  return { outputs: [{ shape, dtype: table.dtype }] };
};

const gatherNd: Rule = ({ inputs: [table, indices] }) => {
  const shape = [...indices.shape.slice(0, -1), ...table.shape.slice(indices.shape.at(-1))];
  return { outputs: [{ shape, dtype: table.dtype }] };
};

/** Indices, updates, shape. */
const scatterNd: Rule = (call) => ({ outputs: [{ shape: integers(call, 2), dtype: call.inputs[1].dtype }] });

/** Rows, the segment of each, the number of segments. */
const segmentSum: Rule = (call) => {
  const [rows, segments] = call.inputs;
  return {
    outputs: [{ shape: [...integers(call, 2), ...rows.shape.slice(segments.shape.length)], dtype: rows.dtype }],
  };
};

/** Indices, depth, the two values. */
const oneHot: Rule = (call) => {
  const { shape } = call.inputs[0];
  return { outputs: [{ shape: [...shape, ...integers(call, 1)], dtype: call.inputs[2].dtype }] };
};

/** Widths `[axis, 2]`; `sign` -1 takes them away. */
const padded =
  (sign: 1 | -1): Rule =>
  (call) => {
    const { shape, dtype } = call.inputs[0];
    const widths = integers(call, 1);
    return {
      outputs: [{ shape: shape.map((length, i) => length + sign * (widths[2 * i] + widths[2 * i + 1])), dtype }],
    };
  };

const topK: Rule = (call) => {
  const { shape, dtype } = call.inputs[0];
  const largest = shape.with(-1, integers(call, 1)[0]);
  return {
    outputs: [
      { shape: largest, dtype },
      { shape: largest, dtype: Dtype.int32 },
    ],
  };
};

/** The shape, then what seeds the draw. */
const random: Rule = (call) => ({
  outputs: [{ shape: integers(call, 0), dtype: (call.attributes['dtype'] as number | undefined) ?? Dtype.float32 }],
});

export const arrays: Rules = {
  BroadcastTo: broadcastTo,
  ConcatV2: concat,
  ExpandDims: expandDims,
  Fill: fill,
  GatherNd: gatherNd,
  GatherV2: gather,
  MirrorPad: padded(1),
  MirrorPadGrad: padded(-1),
  OneHot: oneHot,
  Pack: pack,
  PadV2: padded(1),
  Range: range,
  Reshape: reshape,
  ScatterNd: scatterNd,
  Slice: slice,
  SplitV: splitV,
  StatelessRandomUniform: random,
  Tile: tile,
  TopKV2: topK,
  Transpose: transpose,
  Unpack: unpack,
  UnsortedSegmentSum: segmentSum,
};
