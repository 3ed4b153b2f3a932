import { mkdirSync, readdirSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Variable } from '@tensorflow/tfjs-node-gpu';
import {
  checkTensors,
  type Checkpoint,
  openSafetensors,
  type TensorSource,
  writeSafetensors,
} from '@egolab/checkpoints';
import { sha256, UserError } from '@egolab/foundation';
import type { Parameters } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { AdamW } from './adamw.ts';

const STATE_FILE = 'train-state.safetensors';
const KINDS = ['weights', 'first_moments', 'second_moments'] as const;

/** Settings by name, as JSON values; a saved state goes on only under the very same ones. */
export type RunIdentity = Record<string, unknown>;

/**
 * Where training stands, in one file: the trained weights, both Adam moments, the buffers, and the number of steps done. Batches,
 * learning rate and random streams are functions of seed and step, so this is all of it. The file is replaced as a whole;
 * `kill -9` at any moment leaves the one before or the one after.
 */
export class TrainState {
  private readonly path: string;
  private frozenDigest: string | undefined;

  constructor(
    private readonly folder: string,
    private readonly optimizer: AdamW,
    private readonly buffers: ReadonlyMap<string, Variable>,
    private readonly frozen: readonly [string, Parameters][],
    private readonly identity: RunIdentity,
  ) {
    this.path = join(folder, STATE_FILE);
  }

  /** Put weights and moments back as they were saved last; returns the steps done, 0 when nothing was saved. */
  restore(): number {
    if (!existsSync(this.path)) return 0;
    const checkpoint = this.open();
    try {
      this.checkIdentity(checkpoint);
      checkTensors(this.shapes(), checkpoint);
      for (const [name, variable] of this.optimizer.variables) this.restoreVariable(name, variable, checkpoint);
      for (const [name, variable] of this.buffers) assign(variable, checkpoint.read(bufferName(name)));
      return Number(checkpoint.metadata['step']);
    } finally {
      checkpoint.close();
    }
  }

  save(step: number): void {
    mkdirSync(this.folder, { recursive: true });
    writeSafetensors(this.path, this.tensors(), {
      step: String(step),
      run: JSON.stringify(this.identity),
      frozen: this.digestFrozen(),
    });
  }

  /** Remove what saves that were killed half-way left behind. */
  removePartialFiles(): void {
    if (!existsSync(this.folder)) return;
    const partial = readdirSync(this.folder).filter(
      (file) => file.startsWith(`.${STATE_FILE}.`) && file.endsWith('.partial'),
    );
    for (const file of partial) rmSync(join(this.folder, file), { force: true });
  }

  /** @throws UserError for a damaged file, which can only be given up */
  private open(): Checkpoint {
    try {
      return openSafetensors(this.path);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const { what, where } = error;
      throw new UserError({ what, where, mend: `remove ${this.folder} to begin anew`, cause: error });
    }
  }

  private restoreVariable(name: string, variable: Variable, checkpoint: Checkpoint): void {
    const [weights, first, second] = KINDS.map((kind) => checkpoint.read(`${kind}/${name}`));
    assign(variable, weights);
    this.optimizer.restore(name, first, second);
  }

  /** Each is copied out of TensorFlow when its turn to be written comes. */
  private *tensors(): Generator<TensorSource> {
    for (const [name, variable] of this.optimizer.variables) {
      const { shape } = variable;
      yield { name: `weights/${name}`, shape, data: () => variable.dataSync<'float32'>() };
      yield { name: `first_moments/${name}`, shape, data: () => this.optimizer.firstMoment(name) };
      yield { name: `second_moments/${name}`, shape, data: () => this.optimizer.secondMoment(name) };
    }
    for (const [name, variable] of this.buffers)
      yield { name: bufferName(name), shape: variable.shape, data: () => variable.dataSync<'float32'>() };
  }

  private shapes(): Map<string, number[]> {
    const variables = [...this.optimizer.variables];
    return new Map([
      ...variables.flatMap(([name, { shape }]) => KINDS.map((kind) => [`${kind}/${name}`, shape] as const)),
      ...[...this.buffers].map(([name, { shape }]) => [bufferName(name), shape] as const),
    ]);
  }

  private checkIdentity({ metadata }: Checkpoint): void {
    const saved = flatten(JSON.parse(metadata['run'] ?? '{}'));
    const now = flatten(JSON.parse(JSON.stringify(this.identity)));
    const keys = [...new Set([...saved.keys(), ...now.keys()])];
    const differences = keys
      .filter((key) => saved.get(key) !== now.get(key))
      .map((key) => `${key}: ${saved.get(key) ?? 'absent'} there, ${now.get(key) ?? 'absent'} here`);
    if (metadata['frozen'] !== this.digestFrozen()) differences.push('the frozen weights: other ones there than here');
    if (differences.length === 0) return;
    throw new UserError({
      what: `the saved training state belongs to a run with other settings:${differences.map((line) => `\n    ${line}`).join('')}`,
      where: this.path,
      mend: `set them back to go on with it, or remove ${this.folder} to begin anew`,
    });
  }

  /** Of the names and the bits of all parameters that aren't trained. */
  private digestFrozen(): string {
    return (this.frozenDigest ??= sha256(
      this.frozen.map(([name, parameters]) => `${name} ${parameters.digest(name)}\n`).join(''),
    ));
  }
}

const bufferName = (name: string) => `buffers/${name}`;

function assign(variable: Variable, values: Float32Array): void {
  tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
}

/** `{a: {b: 1}}` -> `a.b` -> `1` */
function flatten(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return new Map([[path, JSON.stringify(value)]]);
  return new Map(Object.entries(value).flatMap(([key, inner]) => [...flatten(inner, path ? `${path}.${key}` : key)]));
}
