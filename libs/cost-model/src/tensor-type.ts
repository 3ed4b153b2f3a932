/** TensorFlow's dtype numbers (tensorflow/core/framework/types.proto) -> bytes an element; a resource is a handle. */
const BYTES: Readonly<Record<number, number>> = {
  1: 4,
  2: 8,
  3: 4,
  4: 1,
  6: 1,
  7: 8,
  8: 8,
  9: 8,
  10: 1,
  14: 2,
  19: 2,
  20: 0,
};

export const Dtype = { float32: 1, int32: 3, bool: 10, bfloat16: 14, resource: 20 } as const;

/** All that is known of a tensor that isn't computed. */
export interface TensorType {
  readonly shape: readonly number[];
  /** TensorFlow's number of it */
  readonly dtype: number;
}

/** A tensor as an op reads it. */
export interface Operand extends TensorType {
  /** the numbers of one that the program made itself, such as axes, shapes and token ids; undefined for computed ones */
  readonly values?: ArrayLike<number>;
}

/** One op as the program asks for it. */
export interface Call {
  readonly op: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly inputs: readonly Operand[];
  readonly numOutputs: number;
}

/** What an op would make. */
export interface Inferred {
  outputs: readonly TensorType[];
  /** multiplications and additions of its products (matrix products and convolutions), 2 a multiply-add; none for other ops, as is usual */
  flops?: number;
  /** the output is that input's memory under another shape */
  sharesMemoryOf?: number;
}

export type Rule = (call: Call) => Inferred;
export type Rules = Readonly<Record<string, Rule>>;

export const product = (lengths: readonly number[]): number => lengths.reduce((all, length) => all * length, 1);

export function bytesOf({ shape, dtype }: TensorType): number {
  const bytes = BYTES[dtype];
  if (bytes === undefined) throw new Error(`dtype ${dtype} has no known size`);
  return product(shape) * bytes;
}

/** NumPy's rule. @throws Error for shapes that don't go together */
export function broadcast(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const lengths = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((length) => length !== 1);
    if (new Set(lengths).size > 1) throw new Error(`shapes ${shapes.map((s) => `[${s}]`).join(', ')} don't broadcast`);
    return lengths[0] ?? 1;
  });
}

/** The integers of an operand that decides a shape. */
export function integers({ op, inputs }: Call, index: number): number[] {
  const { values } = inputs[index];
  if (!values) throw new Error(`${op}: the shape of its result depends on computed numbers (input ${index})`);
  return Array.from(values, Number);
}

/** The same for axes: counted from the front. */
export function axes(call: Call, index: number, rank: number): number[] {
  return integers(call, index).map((axis) => (axis < 0 ? axis + rank : axis));
}
