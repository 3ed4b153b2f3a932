import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const suffix = '.clip';
const digestBytes = 32;

/** An abandoned write of a killed process is removed when it is this old, milliseconds. */
const abandonedAfter = 3_600_000;

/**
 * Byte strings on disk under a limit in bytes; the least recently used go first, also across runs (by modification time).
 * Writes are atomic, and each entry ends in its own digest: what a crash or a full disk left unfinished is a miss, never
 * wrong data. Several processes may share a folder; each keeps the limit for what it knows of.
 */
export class DiskCache {
  private readonly folder: string;
  readonly maxBytes: number;
  private readonly sizes: Map<string, number>; // in order of last use
  private total = 0;
  private full = false;

  constructor(folder: string, maxBytes: number) {
    this.folder = folder;
    this.maxBytes = maxBytes;
    mkdirSync(folder, { recursive: true });
    this.sizes = scan(folder);
    for (const size of this.sizes.values()) this.total += size;
  }

  /** Bytes on disk, as far as this process knows. */
  get bytes(): number {
    return this.total;
  }

  has(key: string): boolean {
    return this.sizes.has(key);
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const size = this.sizes.get(key);
    if (size === undefined) return undefined;
    const stored = await readFile(this.path(key)).catch(() => undefined);
    const content = stored && verified(stored);
    this.forget(key);
    if (!content) return undefined;
    this.remember(key, size);
    const now = new Date();
    utimes(this.path(key), now, now).catch(() => undefined); // evicted meanwhile by another process
    return content;
  }

  /** Store, then drop what is over the limit. A full disk turns writing off: a cache may cost time, not a run. */
  async put(key: string, content: Uint8Array): Promise<void> {
    const size = content.length + digestBytes;
    if (this.full || size > this.maxBytes) return;
    const path = this.path(key);
    const partial = `${path}.${process.pid}.partial`;
    try {
      mkdirSync(join(path, '..'), { recursive: true });
      await writeFile(partial, [content, digest(content)]);
      await rename(partial, path);
    } catch (error) {
      await rm(partial, { force: true });
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
      this.full = true;
      return;
    }
    this.forget(key);
    this.remember(key, size);
    await this.evict();
  }

  private async evict(): Promise<void> {
    for (const key of this.sizes.keys()) {
      if (this.total <= this.maxBytes) return;
      this.forget(key);
      await rm(this.path(key), { force: true });
    }
  }

  private remember(key: string, size: number): void {
    this.sizes.set(key, size);
    this.total += size;
  }

  private forget(key: string): void {
    this.total -= this.sizes.get(key) ?? 0;
    this.sizes.delete(key);
  }

  private path(key: string): string {
    return join(this.folder, key.slice(0, 2), key + suffix);
  }
}

/** What is in the folder, oldest first; abandoned partial writes are removed. */
function scan(folder: string): Map<string, number> {
  const entries: { key: string; size: number; used: number }[] = [];
  for (const part of readdirSync(folder)) {
    if (!/^[0-9a-f]{2}$/.test(part)) continue;
    for (const name of readdirSync(join(folder, part))) {
      const path = join(folder, part, name);
      const stat = statSync(path, { throwIfNoEntry: false });
      if (!stat) continue;
      if (name.endsWith(suffix))
        entries.push({ key: name.slice(0, -suffix.length), size: stat.size, used: stat.mtimeMs });
      else if (name.endsWith('.partial') && Date.now() - stat.mtimeMs > abandonedAfter) rmSync(path, { force: true });
    }
  }
  return new Map(entries.sort((a, b) => a.used - b.used).map(({ key, size }) => [key, size]));
}

function digest(content: Uint8Array): Buffer {
  return createHash('sha256').update(content).digest();
}

function verified(stored: Buffer): Uint8Array | undefined {
  if (stored.length < digestBytes) return undefined;
  const content = stored.subarray(0, stored.length - digestBytes);
  return digest(content).equals(stored.subarray(content.length)) ? content : undefined;
}

/** Byte strings in memory under a limit in bytes; the least recently used go first. */
export class MemoryCache {
  private readonly entries = new Map<string, Uint8Array>();
  readonly maxBytes: number;
  private total = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.total;
  }

  has(key: string): boolean {
    return this.entries.has(key);
  }

  get(key: string): Uint8Array | undefined {
    const content = this.entries.get(key);
    if (content) {
      this.entries.delete(key);
      this.entries.set(key, content);
    }
    return content;
  }

  put(key: string, content: Uint8Array): void {
    if (content.length > this.maxBytes || this.entries.has(key)) return;
    this.entries.set(key, content);
    this.total += content.length;
    for (const [oldest, bytes] of this.entries) {
      if (this.total <= this.maxBytes) return;
      this.entries.delete(oldest);
      this.total -= bytes.length;
    }
  }
}
