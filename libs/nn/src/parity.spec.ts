import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';
import * as nn from './index.ts';
import type { Scope } from './index.ts';

interface Packed {
  shape: number[];
  dtype: 'float32' | 'int32' | 'bool';
  data: number[];
}
interface Case {
  op: string;
  options: Record<string, never>;
  inputs: Record<string, Packed>;
  upstream: Packed;
  output: Packed;
  gradients: Record<string, Packed>;
}
type Tensors = Record<string, Tensor>;

const { cases } = JSON.parse(readFileSync(new URL('./fixtures/parity.json', import.meta.url), 'utf8')) as {
  cases: Case[];
};

const scopeOf = (tensors: Tensors): Scope => ({
  get: (name) => tensors[name],
  has: (name) => name in tensors,
  scope: () => scopeOf(tensors),
});

/** The fixtures are `[batch, heads, sequence, headDim]`, as PyTorch has them. */
const attention = (t: Tensors, options: nn.AttentionOptions) => {
  const [q, k, v] = ['q', 'k', 'v'].map((name) => tf.transpose(t[name], [0, 2, 1, 3]));
  return tf.transpose(nn.attention(q, k, v, { ...options, mask: t['mask'] }), [0, 2, 1, 3]);
};

/** Ops by the fixture's names; `t` holds inputs and parameters. */
const ops: Record<string, (t: Tensors, options: Record<string, never>) => Tensor> = {
  linear: (t) => nn.linear(scopeOf(t), t['x']),
  layerNorm: (t, { eps }) => nn.layerNorm(scopeOf(t), t['x'], eps),
  rmsNorm: (t, { eps }) => nn.rmsNorm(scopeOf(t), t['x'], eps),
  instanceNorm: (t, { eps }) => nn.instanceNorm(t['x'], eps),
  gelu: (t) => nn.gelu(t['input']),
  geluTanh: (t) => nn.geluTanh(t['input']),
  quickGelu: (t) => nn.quickGelu(t['input']),
  silu: (t) => nn.silu(t['input']),
  embedding: (t) => nn.embedding(t['table'], t['ids']),
  conv2d: (t, options) => nn.conv2d(scopeOf(t), t['x'], options),
  depthwiseConv2d: (t, options) => nn.depthwiseConv2d(scopeOf(t), t['x'], options),
  conv3d: (t, options) => nn.conv3d(scopeOf(t), t['x'], options),
  convTranspose2d: (t, options) => nn.convTranspose2d(scopeOf(t), t['x'], options),
  reflectionPad2d: (t, { n }) => nn.reflectionPad2d(t['x'], n),
  crossEntropy: (t, options) => nn.crossEntropy(t['logits'], t['labels'], options),
  attention,
  chunkedAttention: (t, options) => attention(t, { ...options, mode: 'chunked', chunkScores: 80 }),
};

const unpack = ({ shape, dtype, data }: Packed) => tf.tensor(data, shape, dtype);

function largestError(actual: Tensor, expected: Packed): number {
  expect(actual.shape).toEqual(expected.shape);
  return tf.max(tf.abs(tf.sub(actual, unpack(expected)))).dataSync()[0];
}

/** Output and gradients of a case, in this precision. */
function run({ options, inputs, upstream }: Case, op: string, precision: nn.Precision) {
  const tensors: Tensors = {};
  for (const [name, packed] of Object.entries(inputs))
    tensors[name] = packed.dtype === 'float32' ? tf.tidy(() => tf.variable(unpack(packed))) : unpack(packed);
  const variables = Object.values(tensors).filter((tensor): tensor is Variable => tensor.dtype === 'float32');
  let output: Tensor | undefined;
  const f = () => {
    output = tf.keep(nn.withPrecision(precision, () => ops[op](tensors, options)));
    return tf.sum(tf.mul(output, unpack(upstream))) as Scalar;
  };
  const { value, grads } = nn.valueAndGrads(f, variables);
  const gradients = Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, grads.get((tensor as Variable).name)!]),
  );
  value.dispose();
  return { output: output!, gradients, tensors };
}

const withChunked = cases.flatMap((each) =>
  each.op === 'attention' ? [each, { ...each, op: 'chunkedAttention' }] : [each],
);

describe.each(['float32', 'bfloat16'] as const)('PyTorch parity in %s', (precision) => {
  it.each(withChunked.map((each, i) => [`${each.op} ${JSON.stringify(each.options)} (${i})`, each] as const))(
    '%s',
    (_, each) => {
      // bfloat16 has 8 bits of mantissa: a sum of a few dozen products of order 1 is off by some 1e-2
      const bound = precision === 'float32' ? 1e-5 : 0.1;
      const before = tf.memory().numTensors;
      const { output, gradients, tensors } = run(each, each.op, precision);
      tf.tidy(() => {
        expect(largestError(output, each.output)).toBeLessThan(bound);
        for (const [name, expected] of Object.entries(each.gradients))
          expect(largestError(gradients[name], expected), name).toBeLessThan(bound);
      });
      tf.dispose([output, ...Object.values(gradients).filter(Boolean), ...Object.values(tensors)]);
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});
