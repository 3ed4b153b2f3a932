import { backend, type NativeBinding, type NativeTensor } from '@egolab/runtime';
import { infer } from './rules/index.ts';
import type { Operand } from './tensor-type.ts';

/** Ops of resource variables have no result whose shape a rule could give. */
const VARIABLES = new Set(['VarHandleOp', 'AssignVariableOp', 'ReadVariableOp', 'ResourceApplyAdam']);

/**
 * Run `f` for real and compare what TensorFlow makes of every op with what its rule says.
 *
 * @returns how often each op ran, and the FLOPs of all of them by their rules
 * @throws Error at the first op without a rule, and the first whose result has another shape or dtype
 */
export function checked(f: () => void): { runs: Map<string, number>; flops: number } {
  const owner = backend as { binding: NativeBinding };
  const real = owner.binding;
  const known = new Map<number, Operand>();
  const runs = new Map<string, number>();
  let flops = 0;
  const remember = ({ id, shape, dtype }: NativeTensor) => known.set(id, { shape: [...shape], dtype });
  const watching = {
    createTensor(shape: number[], dtype: number, data: unknown): number {
      const id = real.createTensor(shape, dtype, data);
      known.set(id, { shape: [...shape], dtype, values: Array.from(data as ArrayLike<number>) });
      return id;
    },
    executeOp(op: string, attributes: object[], ids: number[], numOutputs: number): NativeTensor[] {
      const inputs = ids.map((id) => known.get(id));
      const outputs = real.executeOp(op, attributes, ids, numOutputs);
      runs.set(op, (runs.get(op) ?? 0) + 1);
      if (!VARIABLES.has(op) && inputs.every((input) => input !== undefined)) {
        const named = (attributes as { name: string; value: unknown }[]).map(({ name, value }) => [name, value]);
        const call = { op, attributes: Object.fromEntries(named), inputs, numOutputs };
        const inferred = infer(call);
        flops += inferred.flops ?? 0;
        const expected = inferred.outputs.map(describe).join(', ');
        const got = outputs.map(describe).join(', ');
        if (expected !== got) {
          const operands = inputs.map(describe).join(', ');
          throw new Error(`${op}(${operands}): the rule says ${expected}, TensorFlow made ${got}`);
        }
      }
      outputs.forEach(remember);
      return outputs;
    },
  };
  owner.binding = Object.create(real, Object.getOwnPropertyDescriptors(watching)) as NativeBinding;
  try {
    f();
    return { runs, flops };
  } finally {
    owner.binding = real;
  }
}

const describe = ({ shape, dtype }: Pick<Operand, 'shape' | 'dtype'>) => `[${shape}] of dtype ${dtype}`;
