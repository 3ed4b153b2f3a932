import { createHash } from 'node:crypto';
import type { Tensor, Variable } from '@tensorflow/tfjs-node-gpu';
import type { Random } from '@egolab/foundation';
import { attribute, nativeOp, tf } from '@egolab/runtime';
import type { Initializer } from './init.ts';

export interface ParameterSpec {
  /** PyTorch's layout: linear `[out, in]`, conv2d `[out, in, height, width]`, … */
  shape: number[];
  init: Initializer;
}

/** Full checkpoint name -> shape and initialiser. */
export type ParameterSpecs = Record<string, ParameterSpec>;

/** The same specs under `prefix.`; an empty prefix adds nothing. */
export function prefixed(prefix: string, specs: ParameterSpecs): ParameterSpecs {
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [join(prefix, name), spec]));
}

const join = (prefix: string, name: string) => (prefix === '' ? name : `${prefix}.${name}`);

/** Where a model function reads its parameters; names are joined by '.'. */
export interface Scope {
  /** @throws Error naming the parameter when there is none of that name */
  get(name: string): Tensor;
  has(name: string): boolean;
  scope(prefix: string): Scope;
}

class ParameterScope implements Scope {
  constructor(
    private readonly root: Scope,
    private readonly prefix: string,
  ) {}
  get(name: string): Tensor {
    return this.root.get(join(this.prefix, name));
  }
  has(name: string): boolean {
    return this.root.has(join(this.prefix, name));
  }
  scope(prefix: string): Scope {
    return new ParameterScope(this.root, join(this.prefix, prefix));
  }
}

let parametersMade = 0;

/**
 * The parameters of a model, by their checkpoint names. They stay until `dispose`.
 * A variable's own `name` (the key of {@link valueAndGrads}' gradients) is unique in the process: `<parameter>@<number>`.
 */
export class Parameters implements Scope {
  readonly variables: ReadonlyMap<string, Variable>;

  private constructor(
    readonly specs: ParameterSpecs,
    values: (name: string, shape: number[]) => Float32Array,
  ) {
    const id = ++parametersMade;
    const variables = new Map<string, Variable>();
    this.variables = variables;
    for (const [name, { shape }] of Object.entries(specs)) {
      const initial = tensor(name, shape, values(name, shape));
      variables.set(name, tf.variable(initial, true, `${name}@${id}`));
      initial.dispose();
    }
  }

  /** Draw every parameter; each has its own stream, split from `random` by its name. */
  static initialize(specs: ParameterSpecs, random: Random): Parameters {
    return new Parameters(specs, (name, shape) => specs[name].init(shape, random.split(name)));
  }

  /** Take every parameter's values from `read`. */
  static read(specs: ParameterSpecs, read: (name: string, shape: number[]) => Float32Array): Parameters {
    return new Parameters(specs, read);
  }

  get(name: string): Variable {
    const variable = this.variables.get(name);
    if (!variable)
      throw new Error(`no parameter '${name}' among ${this.variables.size}: ${this.names().slice(0, 8).join(', ')}, …`);
    return variable;
  }

  has(name: string): boolean {
    return this.variables.has(name);
  }

  scope(prefix: string): Scope {
    return new ParameterScope(this, prefix);
  }

  /** In the order of the specs. */
  names(): string[] {
    return [...this.variables.keys()];
  }

  /** How many numbers `names` (default: all) hold. */
  count(names: Iterable<string> = this.names()): number {
    return Array.from(names).reduce((sum, name) => sum + this.get(name).size, 0);
  }

  numBytes(): number {
    return this.count() * Float32Array.BYTES_PER_ELEMENT;
  }

  /** SHA-256 of the bits of one parameter, or of all in the order of their names. */
  digest(name?: string): string {
    const hash = createHash('sha256');
    for (const each of name === undefined ? this.names().sort() : [name]) {
      if (name === undefined) hash.update(`${each}\n`);
      const values = this.get(each).dataSync();
      hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
    return hash.digest('hex');
  }

  /** Overwrite one parameter; `values` row-major in its shape. */
  assign(name: string, values: Float32Array): void {
    const variable = this.get(name);
    tf.tidy(() => variable.assign(tensor(name, variable.shape, values)));
  }

  dispose(): void {
    for (const variable of this.variables.values()) variable.dispose();
  }
}

function tensor(name: string, shape: number[], values: Float32Array): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  if (values.length !== size)
    throw new Error(`parameter '${name}': expected ${size} values for [${shape}], got ${values.length}`);
  // TensorFlow would share the array's memory, and the garbage collector free it late or never
  return tf.tidy(() => nativeOp('DeepCopy', [attribute.type('T', 'float32')], [tf.tensor(values, shape, 'float32')]));
}
