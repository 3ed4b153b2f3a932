import { nearest, UserError } from '@egolab/foundation';
import { Parameters, type ParameterSpecs } from '@egolab/nn';
import type { Checkpoint } from './checkpoint.ts';
import type { StoredDtype } from './dtype.ts';
import { type TensorSource, writeSafetensors } from './safetensors.ts';
import { writeCheckpointFolder } from './sharded.ts';

export interface LoadOptions {
  /** only the checkpoint's tensors below this prefix are looked at: parameter `a.weight` is its `<prefix>.a.weight` */
  prefix?: string;
  /** the checkpoint's name (below the prefix) of a parameter, where they differ */
  rename?: (parameter: string) => string;
  /** tensors of the checkpoint (full names) that no parameter needs, and that's right */
  ignoreExtra?: RegExp;
}

/** How many of each kind of mismatch a message lists. */
const LISTED = 10;

/**
 * The parameters that `specs` declare, read from a checkpoint one tensor at a time.
 * Errors: one UserError that names every missing, misshapen and extra tensor (the first ten of each, and how many more).
 */
export function loadParameters(specs: ParameterSpecs, checkpoint: Checkpoint, options: LoadOptions = {}): Parameters {
  const { prefix, rename = (name: string) => name } = options;
  const stored = (name: string) => (prefix ? `${prefix}.${rename(name)}` : rename(name));
  checkTensors(new Map(Object.entries(specs).map(([name, { shape }]) => [stored(name), shape])), checkpoint, options);
  return Parameters.read(specs, (name) => checkpoint.read(stored(name)));
}

/**
 * Compare a checkpoint with the tensors that it should hold, full name -> shape.
 * @throws UserError as {@link loadParameters}
 */
export function checkTensors(
  expected: ReadonlyMap<string, readonly number[]>,
  checkpoint: Checkpoint,
  { prefix, ignoreExtra }: LoadOptions = {},
): void {
  const below = prefix ? `${prefix}.` : '';
  const names = new Set(checkpoint.names().filter((name) => name.startsWith(below)));
  const extra = [...names].filter((name) => !expected.has(name) && !ignoreExtra?.test(name));
  const missing = [...expected.keys()].filter((name) => !names.has(name));
  const misshapen = [...expected].flatMap(([name, shape]) => {
    const found = names.has(name) ? checkpoint.info(name).shape : shape;
    return found.join() === shape.join()
      ? []
      : [`${name}: expected [${shape.join(', ')}], found [${found.join(', ')}]`];
  });
  if (missing.length + misshapen.length + extra.length === 0) return;
  const lists = [
    listing('missing', missing, (name) => withNearest(name, extra)),
    listing('of another shape', misshapen),
    listing('unknown to the model', extra),
  ];
  throw new UserError({
    what: `the tensors are not those of the model${lists.join('')}`,
    where: checkpoint.source,
    mend: 'take the checkpoint of this model, or the configuration of this checkpoint',
  });
}

function listing(kind: string, items: string[], line = (item: string) => item): string {
  if (items.length === 0) return '';
  const more = items.length > LISTED ? [`… and ${items.length - LISTED} more`] : [];
  return `\n  ${kind} (${items.length}):${[...items.slice(0, LISTED).map(line), ...more].map((text) => `\n    ${text}`).join('')}`;
}

function withNearest(name: string, extra: string[]): string {
  const near = extra.length <= 1000 ? nearest(name, extra) : undefined;
  return near ? `${name} (there is "${near}")` : name;
}

export interface SaveOptions {
  /** stored element type; the values are rounded to it */
  dtype?: StoredDtype;
  /** largest shard, in bytes, when a folder is written */
  maxShardBytes?: number;
}

/**
 * Save parameters under their full names, atomically: to one file when `path` ends in `.safetensors`, else into a folder
 * (`model.safetensors`, or shards and their index when it would be larger than `maxShardBytes`).
 */
export function saveParameters(
  path: string,
  parameters: Parameters,
  metadata: Record<string, string> = {},
  { dtype, maxShardBytes }: SaveOptions = {},
): void {
  const tensors: TensorSource[] = [...parameters.variables].map(([name, variable]) => ({
    name,
    shape: variable.shape,
    dtype,
    data: () => variable.dataSync<'float32'>(),
  }));
  const withFormat = { format: 'pt', ...metadata }; // transformers refuses a file that doesn't name its layout
  if (path.endsWith('.safetensors')) writeSafetensors(path, tensors, withFormat);
  else writeCheckpointFolder(path, tensors, { metadata: withFormat, maxShardBytes });
}
