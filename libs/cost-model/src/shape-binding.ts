import type { NativeBinding, NativeTensor } from '@egolab/runtime';
import { Costs } from './costs.ts';
import { infer } from './rules/index.ts';
import { bytesOf, Dtype, product, type Call, type Operand, type TensorType } from './tensor-type.ts';

/** Memory that tensors share: the data of one, or of several under other shapes. */
interface Buffer {
  bytes: number;
  holders: number;
}

interface Held extends Operand {
  /** of a resource: what its variable holds */
  buffer: Buffer;
  variable?: { value: Held | undefined };
}

/** Beyond every id that TensorFlow gives out, so that a tensor of the one is never taken for one of the other. */
const FIRST_ID = 2 ** 40;
/** Computed numbers are zeros; integers that the program made are kept, other dtypes up to this many. */
const KEPT_VALUES = 4096;

/**
 * Stands where tfjs expects TensorFlow's binding, and computes nothing: every op gives a tensor of the type that TensorFlow's would
 * have, and is counted. Reading a computed tensor gives zeros.
 */
export class ShapeBinding {
  readonly costs = new Costs();
  private readonly tensors = new Map<number, Held>();
  private nextId = FIRST_ID;

  createTensor(shape: number[], dtype: number, data: unknown): number {
    const values = data as ArrayLike<number>;
    const keeps = dtype === Dtype.int32 || product(shape) <= KEPT_VALUES;
    return this.add({ shape: [...shape], dtype, ...(keeps && { values }) }).id;
  }

  deleteTensor(id: number): void {
    const held = this.get(id);
    this.tensors.delete(id);
    this.release(held.buffer);
    if (held.variable?.value) this.release(held.variable.value.buffer);
  }

  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array {
    const { dtype, shape, values } = this.get(id);
    const length = product(shape);
    if (dtype === Dtype.int32) return values ? Int32Array.from(values) : new Int32Array(length);
    if (dtype === Dtype.bool) return values ? Uint8Array.from(values) : new Uint8Array(length);
    return values ? Float32Array.from(values) : new Float32Array(length);
  }

  executeOp(op: string, attributes: readonly object[], ids: readonly number[], numOutputs: number): NativeTensor[] {
    const named = attributes as readonly { name: string; value: unknown }[];
    const inputs = ids.map((id) => this.get(id));
    const call: Call = {
      op,
      attributes: Object.fromEntries(named.map(({ name, value }) => [name, value])),
      inputs,
      numOutputs,
    };
    const resource = this.onVariable(call, inputs);
    if (resource) return resource;
    const { outputs, flops = 0, sharesMemoryOf } = infer(call);
    const shared = sharesMemoryOf === undefined ? undefined : inputs[sharesMemoryOf];
    const moved = shared ? 0 : bytes(inputs) + bytes(outputs);
    this.costs.count({ op, dtype: inputs[0]?.dtype ?? Dtype.float32, flops, bytes: moved });
    return outputs.map((type) => this.add({ ...type, values: shared?.values }, shared?.buffer));
  }

  /** Ops on resource variables, which hold a tensor of their own. */
  private onVariable({ op, attributes }: Call, inputs: Held[]): NativeTensor[] | undefined {
    const [handle, value] = inputs;
    switch (op) {
      case 'VarHandleOp': {
        const type = { shape: attributes['shape'] as number[], dtype: Dtype.resource };
        return [this.add(type, undefined, { value: undefined })];
      }
      case 'AssignVariableOp':
        this.assign(handle, value);
        return [];
      case 'ReadVariableOp': {
        const { value: held } = handle.variable!;
        if (!held) throw new Error('ReadVariableOp: the variable was never assigned');
        return [this.add({ shape: held.shape, dtype: held.dtype }, held.buffer)];
      }
      case 'ResourceApplyAdam': {
        // in place, but for a value that others hold too: TensorFlow copies that one first
        for (const { variable } of inputs.slice(0, 3)) this.makeOwn(variable!.value!);
        const gradient = inputs.at(-1)!;
        // reads and writes weight and both moments
        this.costs.count({ op, dtype: gradient.dtype, flops: 0, bytes: 7 * bytesOf(gradient) });
        return [];
      }
      default:
        return undefined;
    }
  }

  private assign({ variable }: Held, value: Held): void {
    if (variable!.value) this.release(variable!.value.buffer);
    value.buffer.holders++;
    variable!.value = { ...value };
  }

  private makeOwn(held: Held): void {
    if (held.buffer.holders === 1) return;
    this.release(held.buffer);
    held.buffer = this.allocate(bytesOf(held));
  }

  private add(type: Operand, shared?: Buffer, variable?: Held['variable']): NativeTensor {
    const id = this.nextId++;
    if (shared) shared.holders++;
    const buffer = shared ?? this.allocate(bytesOf(type));
    this.tensors.set(id, { ...type, buffer, variable });
    return { id, shape: [...type.shape], dtype: type.dtype };
  }

  private allocate(size: number): Buffer {
    this.costs.allocate(size);
    return { bytes: size, holders: 1 };
  }

  private release(buffer: Buffer): void {
    if (--buffer.holders === 0) this.costs.free(buffer.bytes);
  }

  private get(id: number): Held {
    const held = this.tensors.get(id);
    if (!held) throw new Error(`tensor ${id} wasn't made in this trace: make models and batches inside of it`);
    return held;
  }

  /** Everything else (constants, devices) is the real binding's. */
  static over(real: NativeBinding): NativeBinding & ShapeBinding {
    const own = new ShapeBinding();
    const methods = ['createTensor', 'deleteTensor', 'tensorDataSync', 'executeOp'] as const;
    const replaced = Object.fromEntries(methods.map((name) => [name, own[name].bind(own)]));
    return Object.create(real, Object.getOwnPropertyDescriptors({ ...replaced, costs: own.costs })) as NativeBinding &
      ShapeBinding;
  }
}

const bytes = (types: readonly TensorType[]) => types.reduce((sum, type) => sum + bytesOf(type), 0);
