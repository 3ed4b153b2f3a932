import type { Call, Inferred, Rules } from '../tensor-type.ts';
import { arrays } from './arrays.ts';
import { elementwise } from './elementwise.ts';
import { fused } from './fused.ts';
import { images } from './images.ts';
import { products } from './products.ts';
import { reductions } from './reductions.ts';

/** TensorFlow op -> its result's type. Ops on resource variables are the shape binding's own. */
export const rules: Rules = { ...elementwise, ...reductions, ...products, ...arrays, ...images, ...fused };

/** What an op would make. @throws Error for an op without a rule, and operands that it wouldn't take */
export function infer(call: Call): Inferred {
  const rule = rules[call.op];
  if (!rule) throw new Error(`no rule says what shape the op ${call.op} gives: add it to libs/cost-model/src/rules`);
  return rule(call);
}
