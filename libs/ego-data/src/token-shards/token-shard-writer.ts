import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '@egolab/foundation';
import { encodeTokens, MANIFEST, memberName, type TokenFormats, type TokenSample } from './format.ts';
import { TarWriter } from './tar-writer.ts';

/** The release's number of clips a shard. */
const SAMPLES_PER_SHARD = 1000;

/**
 * Writes one data set's tokens: `<folder>/<modality>/<shard, six digits>.tar` with members `<key>.npy`, the same keys in the same order
 * in every modality, and `<folder>/tokens.json`. Keeps nothing but the open archives.
 */
export class TokenShardWriter {
  private readonly modalities: string[];
  private readonly keys = new Set<string>();
  private open: Map<string, TarWriter> | undefined;
  private inShard = 0;
  private shards = 0;

  /** @param formats the modalities that every clip of this data set has */
  constructor(
    private readonly folder: string,
    private readonly formats: TokenFormats,
    private readonly samplesPerShard = SAMPLES_PER_SHARD,
  ) {
    this.modalities = Object.keys(formats).sort();
    if (this.modalities.length === 0) throw new Error(`${folder}: expected a modality at least, got none`);
    for (const modality of this.modalities) mkdirSync(join(folder, modality), { recursive: true });
  }

  /** @throws Error for a key that was there before, a modality too many or missing, or tokens of another format */
  add({ key, tokens }: TokenSample): void {
    if (key === '' || this.keys.has(key)) throw new Error(`expected a new key, got '${key}'`);
    const given = Object.keys(tokens).sort();
    if (given.join() !== this.modalities.join())
      throw new Error(`${key}: expected the modalities ${this.modalities.join(', ')}, got ${given.join(', ')}`);
    const members = this.modalities.map((modality) =>
      encodeTokens(tokens[modality], this.formats[modality], `${key} (${modality})`),
    );
    this.open ??= this.openShard();
    this.modalities.forEach((modality, i) => this.open!.get(modality)!.add(memberName(key), members[i]));
    this.keys.add(key);
    if (++this.inShard === this.samplesPerShard) this.closeShard();
  }

  /** Finish the last shard. */
  close(): { samples: number; shards: number } {
    if (this.open) this.closeShard();
    const { size: samples } = this.keys;
    const manifest = { samples, shards: this.shards, modalities: this.formats };
    writeFileAtomic(join(this.folder, MANIFEST), `${JSON.stringify(manifest, null, 1)}\n`);
    return { samples, shards: this.shards };
  }

  private openShard(): Map<string, TarWriter> {
    const name = `${String(this.shards).padStart(6, '0')}.tar`;
    return new Map(this.modalities.map((modality) => [modality, new TarWriter(join(this.folder, modality, name))]));
  }

  private closeShard(): void {
    for (const archive of this.open!.values()) archive.close();
    this.open = undefined;
    this.inShard = 0;
    this.shards++;
  }
}
