import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readJsonFile, resolveInside, UserError, writeFileAtomic } from '@egolab/foundation';
import { named, type Checkpoint, type TensorInfo } from './checkpoint.ts';
import { DTYPE_BITS } from './dtype.ts';
import { numElements } from './safetensors-header.ts';
import { openFile } from './open-file.ts';
import { type TensorSource, writeSafetensors } from './safetensors.ts';

/** File names of Hugging Face's checkpoint folders. */
export const SINGLE_FILE = 'model.safetensors';
export const INDEX_FILE = 'model.safetensors.index.json';
/** As PyTorch wrote them before there was safetensors; where a folder holds both, safetensors is read. */
const PYTORCH_FILE = 'pytorch_model.bin';
const PYTORCH_INDEX_FILE = 'pytorch_model.bin.index.json';
export const INDEX_FILES: readonly string[] = [INDEX_FILE, PYTORCH_INDEX_FILE];

/** transformers' default shard size, 5 GB. */
const DEFAULT_SHARD_BYTES = 5_000_000_000;

/**
 * Open a folder with `model.safetensors`, or with shards that `model.safetensors.index.json` maps tensor names to; or the same with
 * `pytorch_model.bin`.
 */
export function openFolder(folder: string): Checkpoint {
  const holds = (name: string) => existsSync(join(folder, name));
  for (const name of [SINGLE_FILE, INDEX_FILE, PYTORCH_FILE, PYTORCH_INDEX_FILE])
    if (holds(name)) return INDEX_FILES.includes(name) ? openShards(folder, name) : openFile(join(folder, name));
  throw new UserError({
    what: `the folder holds neither ${SINGLE_FILE} nor ${PYTORCH_FILE}, nor an index of either`,
    where: folder,
    mend: 'name the folder that holds the weights, or a .safetensors, .gguf or .bin file',
  });
}

function openShards(folder: string, index: string): Checkpoint {
  const weightMap = readWeightMap(folder, index);
  const shards = new Map<string, Checkpoint>();
  const close = () => shards.forEach((shard) => shard.close());
  try {
    for (const file of new Set(weightMap.values()))
      shards.set(file, openFile(resolveInside(folder, file, join(folder, index))));
    for (const [name, file] of weightMap) shards.get(file)?.info(name);
  } catch (error) {
    close();
    throw error;
  }
  return new ShardedCheckpoint(folder, weightMap, shards);
}

class ShardedCheckpoint implements Checkpoint {
  readonly metadata: Record<string, string>;

  constructor(
    readonly source: string,
    private readonly weightMap: ReadonlyMap<string, string>,
    private readonly shards: ReadonlyMap<string, Checkpoint>,
  ) {
    this.metadata = Object.assign({}, ...[...shards.values()].map((shard) => shard.metadata));
  }

  names(): string[] {
    return [...this.weightMap.keys()];
  }

  info(name: string): TensorInfo {
    return this.shardOf(name).info(name);
  }

  read(name: string): Float32Array {
    return this.shardOf(name).read(name);
  }

  close(): void {
    this.shards.forEach((shard) => shard.close());
  }

  private shardOf(name: string): Checkpoint {
    return this.shards.get(named(this.weightMap, name, this.source))!;
  }
}

/** The index's `weight_map`: tensor name -> shard file. */
function readWeightMap(folder: string, file: string): Map<string, string> {
  const path = join(folder, file);
  const index = readJsonFile(path) as { weight_map?: Record<string, unknown> } | null;
  const entries = Object.entries(index?.weight_map ?? {});
  const bad = entries.find(([, shard]) => typeof shard !== 'string');
  if (entries.length === 0 || bad) {
    throw new UserError({
      what: bad
        ? `weight_map["${bad[0]}"] must be a file name, found ${JSON.stringify(bad[1])}`
        : 'there is no "weight_map" from tensor names to files',
      where: path,
      mend: 'download or copy the index again',
    });
  }
  return new Map(entries as [string, string][]);
}

/**
 * Write tensors into a folder: as `model.safetensors` where they fit `maxShardBytes`, else as shards and their index.
 * The old checkpoint of the folder is valid until the new one is: shards get names that are not in use, the index (or the
 * single file, which readers prefer) is replaced last, and only then do the files that it replaced go.
 */
export function writeCheckpointFolder(
  folder: string,
  tensors: Iterable<TensorSource>,
  {
    metadata = {},
    maxShardBytes = DEFAULT_SHARD_BYTES,
  }: { metadata?: Record<string, string>; maxShardBytes?: number } = {},
): void {
  mkdirSync(folder, { recursive: true });
  const shards = groupIntoShards([...tensors], maxShardBytes);
  const replaced = existsSync(join(folder, INDEX_FILE)) ? [...new Set(readWeightMap(folder, INDEX_FILE).values())] : [];
  if (shards.length <= 1) {
    writeSafetensors(join(folder, SINGLE_FILE), shards[0] ?? [], metadata);
    replaced.push(INDEX_FILE);
  } else {
    writeShards(folder, shards, metadata);
    replaced.push(SINGLE_FILE);
  }
  for (const file of replaced) rmSync(join(folder, basename(file)), { force: true });
}

function writeShards(folder: string, shards: TensorSource[][], metadata: Record<string, string>): void {
  const names = unusedShardNames(folder, shards.length);
  const weightMap: Record<string, string> = {};
  try {
    shards.forEach((shard, i) => {
      writeSafetensors(join(folder, names[i]), shard, metadata);
      for (const { name } of shard) weightMap[name] = names[i];
    });
    const total_size = shards.flat().reduce((sum, tensor) => sum + storedBytes(tensor), 0);
    writeFileAtomic(
      join(folder, INDEX_FILE),
      `${JSON.stringify({ metadata: { total_size }, weight_map: weightMap }, null, 2)}\n`,
    );
  } catch (error) {
    for (const name of names) rmSync(join(folder, name), { force: true });
    throw error;
  }
}

/** `model-00001-of-00005.safetensors`, or with a number after `model` while an older checkpoint holds these names. */
function unusedShardNames(folder: string, count: number): string[] {
  const digits = (n: number) => String(n).padStart(5, '0');
  for (let generation = 1; ; generation++) {
    const stem = generation === 1 ? 'model' : `model-${generation}`;
    const names = Array.from({ length: count }, (_, i) => `${stem}-${digits(i + 1)}-of-${digits(count)}.safetensors`);
    if (!names.some((name) => existsSync(join(folder, name)))) return names;
  }
}

/** Fill shards in order; a tensor larger than the limit gets one of its own. */
function groupIntoShards(tensors: TensorSource[], maxBytes: number): TensorSource[][] {
  const shards: TensorSource[][] = [];
  let room = 0;
  for (const tensor of tensors) {
    const bytes = storedBytes(tensor);
    const last = shards.at(-1);
    if (last && bytes <= room) last.push(tensor);
    else shards.push([tensor]);
    room = (last && bytes <= room ? room : maxBytes) - bytes;
  }
  return shards;
}

const storedBytes = ({ shape, dtype = 'F32' }: TensorSource): number => (numElements(shape) * DTYPE_BITS[dtype]) / 8;
