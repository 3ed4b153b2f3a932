import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { UserError } from './errors.ts';
import { requireFile } from './files.ts';
import { type NpyArray, parseNpy } from './npy.ts';

/** Signatures and sizes of ZIP's records (PKWARE APPNOTE 4.3). */
const END = 0x06054b50;
const END_BYTES = 22;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;
/** Arrays larger than this, unpacked, are refused: a small file can claim any size. */
const MAX_ARRAY_BYTES = 2 ** 31;

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly offset: number;
}

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
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = centralDirectory(file, where);
  const entry = entries.find(({ name }) => name === `${key}.npy`);
  if (!entry) {
    const names = entries.map(({ name }) => name.replace(/\.npy$/, '')).join(', ');
    throw new UserError({ what: `expected the array '${key}', found ${names || 'none'}`, where });
  }
  return parseNpy(unpack(file, entry, where), `${where} (${key})`);
}

function centralDirectory(file: Buffer, path: string): Entry[] {
  let end = file.length - END_BYTES;
  while (end >= 0 && file.readUInt32LE(end) !== END) end--;
  if (end < 0) throw cut(path);
  const entries: Entry[] = [];
  let at = file.readUInt32LE(end + 16);
  for (let count = file.readUInt16LE(end + 10); count > 0; count--) {
    if (at + ENTRY_BYTES > file.length || file.readUInt32LE(at) !== ENTRY) throw cut(path);
    const nameBytes = file.readUInt16LE(at + 28);
    entries.push({
      name: file.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes),
      method: file.readUInt16LE(at + 10),
      packedBytes: file.readUInt32LE(at + 20),
      bytes: file.readUInt32LE(at + 24),
      offset: file.readUInt32LE(at + 42),
    });
    at += ENTRY_BYTES + nameBytes + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
  }
  return entries;
}

function unpack(file: Buffer, { method, packedBytes, bytes, offset }: Entry, path: string): Uint8Array {
  if (offset + LOCAL_BYTES > file.length || file.readUInt32LE(offset) !== LOCAL) throw cut(path);
  const start = offset + LOCAL_BYTES + file.readUInt16LE(offset + 26) + file.readUInt16LE(offset + 28);
  const packed = file.subarray(start, start + packedBytes);
  if (packed.length !== packedBytes || bytes > MAX_ARRAY_BYTES) throw cut(path);
  if (method === STORED) return packed;
  if (method !== DEFLATED)
    throw new UserError({ what: `expected stored or deflated arrays, got ZIP method ${method}`, where: path });
  try {
    return inflateRawSync(packed, { maxOutputLength: bytes });
  } catch (error) {
    throw cut(path, error);
  }
}

function cut(path: string, cause?: unknown): UserError {
  return new UserError({
    what: 'not a readable .npz file',
    where: path,
    mend: 'expected a file as numpy.savez writes it, below 2 GiB; it may be cut: copy it again',
    cause,
  });
}
