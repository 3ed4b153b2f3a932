import { broadcast, Dtype, type Call, type Inferred, type Rule, type Rules } from '../tensor-type.ts';

/** A result like the first input. */
export const likeFirst: Rule = ({ inputs: [{ shape, dtype }] }) => ({ outputs: [{ shape, dtype }] });

const toBool: Rule = ({ inputs: [{ shape }] }) => ({ outputs: [{ shape, dtype: Dtype.bool }] });

const broadcasted = ({ inputs }: Call, dtype: number): Inferred => ({
  outputs: [{ shape: broadcast(...inputs.map(({ shape }) => shape)), dtype }],
});

const binary: Rule = (call) => broadcasted(call, call.inputs[0].dtype);
const comparison: Rule = (call) => broadcasted(call, Dtype.bool);
/** of a condition and two values */
const choice: Rule = (call) => broadcasted(call, call.inputs[1].dtype);

/** The same memory. */
const handle: Rule = ({ inputs: [{ shape, dtype }] }) => ({ outputs: [{ shape, dtype }], sharesMemoryOf: 0 });

const cast: Rule = ({ inputs: [{ shape }], attributes }) => ({
  outputs: [{ shape, dtype: attributes['DstT'] as number }],
});

const named = (rule: Rule, names: string): Rules => Object.fromEntries(names.split(' ').map((name) => [name, rule]));

export const elementwise: Rules = {
  ...named(
    likeFirst,
    'Abs AddN BiasAdd Ceil ClipByValue Cos Cumsum DeepCopy Elu EluGrad Erf Exp Expm1 Floor LeakyRelu Log Log1p LogSoftmax Neg OnesLike ' +
      'Reciprocal Relu Relu6 ReluGrad ReverseV2 Round Rsqrt Sigmoid Sign Sin Softmax Softplus Sqrt Square Tanh ZerosLike',
  ),
  ...named(
    binary,
    'Add AddV2 Atan2 Div DivNoNan FloorDiv FloorMod Maximum Minimum Mul Pow RealDiv SquaredDifference Sub',
  ),
  ...named(comparison, 'Equal Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr NotEqual'),
  ...named(toBool, 'IsFinite IsInf IsNan LogicalNot'),
  ...named(choice, 'Select SelectV2'),
  Identity: handle,
  Cast: cast,
};
