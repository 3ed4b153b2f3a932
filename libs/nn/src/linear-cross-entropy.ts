import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { attribute, backend, tf } from '@egolab/runtime';
import { differentiable } from './differentiable.ts';
import { fromPrecision, matMul, toPrecision } from './operands.ts';
import { precision, type Precision } from './precision.ts';

export interface LinearCrossEntropyOptions {
  /** Rows whose logits exist at a time. */
  chunkRows?: number;
}

/**
 * Mean softmax cross-entropy of the logits x W^T, without ever holding them all: a chunk of rows gets its logits, loss and share of
 * both gradients, and the logits are gone before the next. For vocabularies whose logits would outweigh the rest of the model.
 *
 * @param x `[row, hidden]`
 * @param weight `[class, hidden]`, such as a tied embedding
 * @param labels int32 `[row]`
 * @returns a scalar; 0 for no rows
 */
export function linearCrossEntropy(
  x: Tensor,
  weight: Tensor,
  labels: Tensor,
  { chunkRows = 512 }: LinearCrossEntropyOptions = {},
): Tensor {
  const [rows, hidden] = x.shape;
  if (x.rank !== 2 || weight.rank !== 2 || weight.shape[1] !== hidden || String(labels.shape) !== String([rows])) {
    throw new Error(
      `linearCrossEntropy: expected x [row, hidden], weight [class, hidden] and labels [row], got [${x.shape}], [${weight.shape}] and [${labels.shape}]`,
    );
  }
  const dtype = precision();
  return differentiable<Record<string, Tensor>>({
    name: 'linearCrossEntropy',
    inputs: { x, weight },
    forward: (needs) => {
      const wants = { x: needs('x'), weight: needs('weight') };
      const w = toPrecision(weight, dtype);
      let loss: Tensor = tf.scalar(0);
      let dWeight: Tensor | undefined;
      const dx: Tensor[] = [];
      for (let first = 0; first < rows; first += chunkRows) {
        const count = Math.min(chunkRows, rows - first);
        const part = tf.tidy(() => ({
          ...chunk(tf.slice(x, [first, 0], [count, hidden]), w, tf.slice(labels, [first], [count]), rows, wants, dtype),
        }));
        loss = sum(loss, part.loss);
        if (part.dx) dx.push(part.dx);
        if (part.dWeight) dWeight = dWeight ? sum(dWeight, part.dWeight) : part.dWeight;
      }
      return {
        value: loss,
        saved: {
          ...(wants.x && { dx: dx.length === 1 ? dx[0] : dx.length === 0 ? tf.zerosLike(x) : tf.concat(dx) }),
          ...(wants.weight && { dWeight: dWeight ?? tf.zerosLike(weight) }),
        },
      };
    },
    backward: (dy, { dx, dWeight }) => ({ x: () => tf.mul(dx, dy), weight: () => tf.mul(dWeight, dy) }),
  });
}

/** Loss of some rows, already divided by the number of all, and its gradients. */
function chunk(
  x: Tensor,
  weight: Tensor,
  labels: Tensor,
  rows: number,
  wants: { x: boolean; weight: boolean },
  dtype: Precision,
): { loss: Tensor; dx?: Tensor; dWeight?: Tensor } {
  const input = toPrecision(x, dtype);
  const logits = fromPrecision(matMul(input, weight, dtype, { b: true }), dtype);
  const [losses, slope] = backend.executeMultipleOutputs(
    'SparseSoftmaxCrossEntropyWithLogits',
    [attribute.type('T', 'float32'), attribute.type('Tlabels', 'int32')],
    [logits, labels],
    2,
  );
  logits.dispose();
  const loss = tf.div(tf.sum(losses), rows);
  if (!wants.x && !wants.weight) return { loss };
  const upstream = toPrecision(tf.div(slope, rows), dtype);
  slope.dispose();
  return {
    loss,
    ...(wants.x && { dx: fromPrecision(matMul(upstream, weight, dtype), dtype) }),
    ...(wants.weight && { dWeight: fromPrecision(matMul(upstream, input, dtype, { a: true }), dtype) }),
  };
}

/** a + b; both are consumed. */
function sum(a: Tensor, b: Tensor): Tensor {
  const total = tf.add(a, b);
  tf.dispose([a, b]);
  return total;
}
