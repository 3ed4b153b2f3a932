import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { suggestion, UserError } from '@egolab/foundation';
import { readAs } from '../boundary.ts';
import { indexTar, readTarMember } from '../web/tar-index.ts';
import { decodeTokens, keyOf, MANIFEST, type TokenFormat, type TokenFormats, type TokenSample } from './format.ts';

/** The members of one modality, by the data set's sample number. */
interface Column {
  /** of each shard */
  readonly archives: string[];
  readonly offsets: Float64Array;
  readonly sizes: Int32Array;
  /** whether members are `.npz` */
  readonly packed: boolean;
}

const formatSchema = z.object({
  vocabularySize: z.number().int().positive(),
  shape: z.array(z.number().int().positive()),
});
const manifestSchema = z.object({ samples: z.number().int(), modalities: z.record(z.string(), formatSchema) });

/**
 * One data set's tokens on disk, as {@link TokenShardWriter} or the release lays them out. Opening reads the archives' headers alone;
 * tokens are read clip by clip, so memory holds keys and offsets only.
 */
export class TokenShards {
  private constructor(
    readonly folder: string,
    /** those that this data set has, in alphabetical order */
    readonly modalities: readonly string[],
    /** clips of each shard */
    readonly shardSizes: readonly number[],
    private readonly keys: readonly string[],
    private readonly columns: readonly Column[],
    private readonly formats: TokenFormats,
  ) {}

  /**
   * @param formats every modality that the model knows; the data set may lack some
   * @throws UserError for a folder without shards, an unknown modality, another codebook or shape than the model's, a cut archive,
   *   and keys that diverge between modalities or are there twice
   */
  static open(folder: string, formats: TokenFormats): TokenShards {
    const modalities = modalitiesIn(folder, formats);
    checkManifest(folder, formats, modalities);
    const lists = modalities.map((modality) => shardNames(join(folder, modality)));
    lists.forEach((names, i) => checkSameShards(folder, modalities, lists[0], names, i));
    const indexed = modalities.map((modality) => readColumn(join(folder, modality), lists[0]));
    indexed.forEach(({ keys }, i) => checkSameKeys(folder, modalities, indexed[0].keys, keys, i));
    const [{ keys, shardSizes }] = indexed;
    checkUnique(folder, keys);
    return new TokenShards(
      folder,
      modalities,
      shardSizes,
      keys,
      indexed.map(({ column }) => column),
      formats,
    );
  }

  /** clips */
  get length(): number {
    return this.keys.length;
  }

  key(index: number): string {
    return this.keys[index];
  }

  /** @throws UserError for tokens of another shape or outside of the codebook */
  read(index: number): TokenSample {
    const key = this.key(index);
    const shard = this.shardOf(index);
    const tokens = this.modalities.map((modality, i): [string, Int32Array] => {
      const { archives, offsets, sizes, packed } = this.columns[i];
      const name = `${key}.${packed ? 'npz' : 'npy'}`;
      const bytes = readTarMember({ archive: archives[shard], name, offset: offsets[index], size: sizes[index] });
      return [modality, decodeTokens(bytes, name, this.formats[modality], `${archives[shard]}:${name}`)];
    });
    return { key, tokens: Object.fromEntries(tokens) };
  }

  private shardOf(index: number): number {
    let shard = 0;
    for (let before = this.shardSizes[0]; before <= index; before += this.shardSizes[shard]) shard++;
    return shard;
  }
}

const mend = 'write the shards again with the stage tokenize';

function modalitiesIn(folder: string, formats: TokenFormats): string[] {
  if (!existsSync(folder)) throw new UserError({ what: 'there is no such folder', where: folder, mend });
  const folders = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  for (const name of folders) {
    if (!Object.hasOwn(formats, name))
      throw new UserError({
        what: `expected folders of the modalities ${Object.keys(formats).join(', ')}, got '${name}'`,
        where: folder,
        mend: suggestion(name, Object.keys(formats)),
      });
  }
  if (folders.length === 0) throw new UserError({ what: 'there are no token shards', where: folder, mend });
  return folders;
}

/** The manifest says at once what a token would say first when it is read. Released shards have none. */
function checkManifest(folder: string, formats: TokenFormats, modalities: string[]): void {
  const path = join(folder, MANIFEST);
  if (!existsSync(path)) return;
  const found = readAs(manifestSchema, path, mend).modalities;
  for (const modality of modalities) {
    const [expected, got] = [formats[modality], found[modality]].map((format?: TokenFormat) =>
      format ? `a codebook of ${format.vocabularySize} and shape [${format.shape}]` : 'nothing',
    );
    if (expected !== got)
      throw new UserError({
        what: `${modality}: the model expects ${expected}, the tokens are of ${got}`,
        where: path,
        mend: 'tokenize this data set again with the tokenizers that the model is configured for',
      });
  }
}

function shardNames(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.tar')).sort(); // prettier-ignore
  if (names.length === 0) throw new UserError({ what: 'there is no .tar file', where: folder, mend });
  return names;
}

function readColumn(folder: string, shards: string[]): { column: Column; keys: string[]; shardSizes: number[] } {
  const archives = shards.map((name) => join(folder, name));
  const members = archives.map(indexTar);
  const all = members.flat();
  return {
    column: {
      archives,
      offsets: Float64Array.from(all, ({ offset }) => offset),
      sizes: Int32Array.from(all, ({ size }) => size),
      packed: all[0]?.name.endsWith('.npz') ?? false,
    },
    keys: all.map(({ name, archive }) => keyOf(name, archive)),
    shardSizes: members.map(({ length }) => length),
  };
}

function checkSameShards(folder: string, modalities: string[], first: string[], names: string[], i: number): void {
  const missing = first.find((name) => !names.includes(name));
  const extra = names.find((name) => !first.includes(name));
  if (missing ?? extra)
    throw new UserError({
      what: `the modalities' shards diverge: ${missing ? `${missing} is missing` : `${extra} is not in ${modalities[0]}`}`,
      where: join(folder, modalities[i]),
      mend,
    });
}

function checkSameKeys(folder: string, modalities: string[], first: string[], keys: string[], i: number): void {
  if (keys.length === first.length && keys.every((key, at) => key === first[at])) return;
  const at = keys.findIndex((key, index) => key !== first[index]);
  const place = at < 0 ? keys.length : at;
  throw new UserError({
    what:
      `the modalities' keys diverge at sample ${place}: ` +
      `expected '${first[place] ?? 'none'}' as in ${modalities[0]}, got '${keys[place] ?? 'none'}'`,
    where: join(folder, modalities[i]),
    mend,
  });
}

function checkUnique(folder: string, keys: string[]): void {
  if (keys.length === 0) throw new UserError({ what: 'the shards hold no clip', where: folder, mend });
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(key)) throw new UserError({ what: `the key '${key}' is there twice`, where: folder, mend });
    seen.add(key);
  }
}
