import { readFileSync } from 'node:fs';
import { UserError } from './errors.ts';
import { requireFile } from './text.ts';
import { type NpyArray, parseNpy } from './npy.ts';
import { type ByteSource, ZipArchive } from './zip.ts';

/** Arrays larger than this, unpacked, are refused: a small file can claim any size. */
const MAX_ARRAY_BYTES = 2 ** 31;

/**
 * One array of a `.npz` file, as numpy.savez and numpy.savez_compressed write it.
 * @throws UserError for a missing or cut file, or one without this key
 */
export function readNpz(path: string, key: string): NpyArray {
  requireFile(path);
  return parseNpz(readFileSync(path), key, path);
}

/** As {@link readNpz}, from memory; `where` names the bytes in messages. */
export function parseNpz(bytes: Uint8Array, key: string, where: string): NpyArray {
  const archive = new ZipArchive(inMemory(bytes, where), '.npz file');
  const entry = archive.entries.get(`${key}.npy`);
  if (!entry) {
    const names = [...archive.entries.keys()].map((name) => name.replace(/\.npy$/, '')).join(', ');
    throw new UserError({ what: `expected the array '${key}', found ${names || 'none'}`, where });
  }
  if (entry.bytes > MAX_ARRAY_BYTES)
    throw new UserError({
      what: `expected an array of at most ${MAX_ARRAY_BYTES} bytes, '${key}' has ${entry.bytes}`,
      where,
    });
  return parseNpy(archive.read(entry), `${where} (${key})`);
}

function inMemory(bytes: Uint8Array, path: string): ByteSource {
  return {
    path,
    size: bytes.length,
    read: (position, length) => bytes.subarray(position, position + length),
  };
}
