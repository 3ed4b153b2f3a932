import { product, type Rule, type Rules } from '../tensor-type.ts';
import { likeFirst } from './elementwise.ts';

/** libs/runtime/src/native: y, and a number or two for each row. */
const norm: Rule = ({ inputs: [{ shape, dtype }], numOutputs }) => {
  const perRow = { shape: [product(shape.slice(0, -1))], dtype };
  return { outputs: [{ shape, dtype }, ...Array.from({ length: numOutputs - 1 }, () => perRow)] };
};

/** dx, and the gradient of each parameter: weight is input 2. */
const normGradient: Rule = ({ inputs: [{ shape, dtype }, , weight], numOutputs }) => ({
  outputs: [{ shape, dtype }, ...Array.from({ length: numOutputs - 1 }, () => ({ shape: weight.shape, dtype }))],
});

/** Gradients of both halves. */
const swiGluGradient: Rule = ({ inputs: [{ shape, dtype }] }) => ({
  outputs: [
    { shape, dtype },
    { shape, dtype },
  ],
});

/** Multiply-adds of one product of all queries with all keys: what a mask leaves out is counted too, as in a dense product. */
const pairs = ([batch, queries, heads, width]: readonly number[], keys: number) =>
  batch * heads * queries * keys * width;

/** q, k, v, mask, rules -> y, and two numbers of each query */
const attention: Rule = ({ inputs: [q, k] }) => {
  const [batch, queries, heads] = q.shape;
  const perQuery = { shape: [batch, heads, queries], dtype: q.dtype };
  return {
    outputs: [q, perQuery, perQuery].map(({ shape, dtype }) => ({ shape, dtype })),
    flops: 4 * pairs(q.shape, k.shape[1]),
  };
};

/** dy, q, k, v, … -> their gradients: the scores again, and a product for each of dp, dq, dk and dv */
const attentionGradient: Rule = ({ inputs: [, q, k] }) => ({
  outputs: [q, k, k].map(({ shape, dtype }) => ({ shape, dtype })),
  flops: 10 * pairs(q.shape, k.shape[1]),
});

const reflection =
  (sign: 1 | -1): Rule =>
  (call) => {
    const { shape, dtype } = call.inputs[0];
    const change = sign * 2 * (call.attributes['parameter'] as number);
    return { outputs: [{ shape: shape.with(1, shape[1] + change).with(2, shape[2] + change), dtype }] };
  };

const pointwise = ['Gelu', 'GeluTanh', 'QuickGelu', 'Silu'].flatMap((name) => [name, `${name}Grad`]);

export const fused: Rules = {
  ...Object.fromEntries([...pointwise, 'SwiGlu', 'Rotary'].map((name) => [`Egolab${name}`, likeFirst])),
  EgolabLayerNorm: norm,
  EgolabLayerNormGrad: normGradient,
  EgolabRmsNorm: norm,
  EgolabRmsNormGrad: normGradient,
  EgolabSwiGluGrad: swiGluGradient,
  EgolabAttention: attention,
  EgolabAttentionGrad: attentionGradient,
  EgolabReflectionPad: reflection(1),
  EgolabReflectionPadGrad: reflection(-1),
};
