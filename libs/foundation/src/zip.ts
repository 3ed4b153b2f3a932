import { inflateRawSync } from 'node:zlib';
import { UserError } from './errors.ts';

/** Signatures and sizes of ZIP's records (PKWARE APPNOTE 4.3); ZIP64's stand in for the others beyond 4 GiB. */
const END = 0x06054b50;
const END_BYTES = 22;
const END64_LOCATOR = 0x07064b50;
const END64_LOCATOR_BYTES = 20;
const END64 = 0x06064b50;
const END64_BYTES = 56;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const MAX_COMMENT_BYTES = 65_535;
const SEE_ZIP64 = 0xffffffff;
const ZIP64_FIELD = 1;
const STORED = 0;
const DEFLATED = 8;

/** Bytes that are read by position: an open file, or memory. */
export interface ByteSource {
  /** for messages */
  readonly path: string;
  readonly size: number;
  /** The `length` bytes from `position`, which lie in the source; `what` names them. */
  read(position: number, length: number, what: string): Uint8Array;
}

/** Where an entry's bytes lie in an archive. */
export interface ZipEntry {
  readonly name: string;
  readonly begin: number;
  /** as they lie there */
  readonly packedBytes: number;
  /** unpacked */
  readonly bytes: number;
  readonly compressed: boolean;
}

interface DirectoryEntry extends Omit<ZipEntry, 'begin' | 'compressed'> {
  method: number;
  offset: number;
}

/**
 * A ZIP archive. Only the directory and the entries' own headers are read, so an archive of any size opens at once.
 *
 * @param kind of file that it should be, such as ".npz file", for messages
 * @throws UserError for a cut archive, an entry that reaches beyond it, and other compression than deflate
 */
export class ZipArchive {
  readonly entries: ReadonlyMap<string, ZipEntry>;

  constructor(
    private readonly source: ByteSource,
    private readonly kind: string,
  ) {
    this.entries = new Map(this.directory().map((entry) => [entry.name, this.locate(entry)]));
  }

  /** An entry's unpacked bytes. */
  read({ name, begin, packedBytes, bytes, compressed }: ZipEntry): Uint8Array {
    const packed = this.source.read(begin, packedBytes, `"${name}"`);
    if (!compressed) return packed;
    try {
      return inflateRawSync(packed, { maxOutputLength: Math.max(1, bytes) });
    } catch (error) {
      throw this.malformed(`"${name}" can't be unpacked`, error);
    }
  }

  private directory(): DirectoryEntry[] {
    const { offset, bytes, count } = this.endRecord();
    if (offset + bytes > this.source.size) throw this.malformed('its directory lies beyond its end');
    const records = buffer(this.source.read(offset, bytes, 'the directory'));
    const entries: DirectoryEntry[] = [];
    for (let at = 0; entries.length < count;) {
      if (at + ENTRY_BYTES > records.length || records.readUInt32LE(at) !== ENTRY)
        throw this.malformed(`its directory is cut after ${entries.length} of ${count} entries`);
      const nameEnd = at + ENTRY_BYTES + records.readUInt16LE(at + 28);
      const extraEnd = nameEnd + records.readUInt16LE(at + 30);
      const wide = zip64Fields(records.subarray(nameEnd, extraEnd));
      const field = (value: number) => (value === SEE_ZIP64 ? Number(wide.shift() ?? -1n) : value);
      // ZIP64 gives the fields that are 0xffffffff here, in this order: unpacked size, packed size, offset
      entries.push({
        name: records.toString('utf8', at + ENTRY_BYTES, nameEnd),
        method: records.readUInt16LE(at + 10),
        bytes: field(records.readUInt32LE(at + 24)),
        packedBytes: field(records.readUInt32LE(at + 20)),
        offset: field(records.readUInt32LE(at + 42)),
      });
      at = extraEnd + records.readUInt16LE(at + 32);
    }
    return entries;
  }

  private endRecord(): { offset: number; bytes: number; count: number } {
    const { size } = this.source;
    const tailBytes = Math.min(size, END_BYTES + MAX_COMMENT_BYTES + END64_LOCATOR_BYTES);
    const tail = buffer(this.source.read(size - tailBytes, tailBytes, 'the end'));
    let at = tail.length - END_BYTES;
    while (at >= 0 && tail.readUInt32LE(at) !== END) at--;
    if (at < 0) throw this.malformed('its directory is missing');
    const locator = at - END64_LOCATOR_BYTES;
    if (locator < 0 || tail.readUInt32LE(locator) !== END64_LOCATOR)
      return {
        count: tail.readUInt16LE(at + 10),
        bytes: tail.readUInt32LE(at + 12),
        offset: tail.readUInt32LE(at + 16),
      };
    const position = Number(tail.readBigUInt64LE(locator + 8));
    if (position + END64_BYTES > size) throw this.malformed('its directory lies beyond its end');
    const end = buffer(this.source.read(position, END64_BYTES, 'the end'));
    if (end.readUInt32LE(0) !== END64) throw this.malformed('its ZIP64 directory is missing');
    const wide = (offset: number) => Number(end.readBigUInt64LE(offset));
    return { count: wide(32), bytes: wide(40), offset: wide(48) };
  }

  /** An entry's bytes come after its own header, whose length differs from the directory's. */
  private locate({ name, method, packedBytes, bytes, offset }: DirectoryEntry): ZipEntry {
    if (method !== STORED && method !== DEFLATED)
      throw this.malformed(`expected stored or deflated entries, "${name}" has ZIP method ${method}`);
    if (offset < 0 || bytes < 0 || packedBytes < 0 || offset + LOCAL_BYTES > this.source.size)
      throw this.malformed(`"${name}" lies beyond its end`);
    const header = buffer(this.source.read(offset, LOCAL_BYTES, `"${name}"`));
    if (header.readUInt32LE(0) !== LOCAL) throw this.malformed(`"${name}" isn't where the directory says`);
    const begin = offset + LOCAL_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
    if (begin + packedBytes > this.source.size) throw this.malformed(`"${name}" lies beyond its end`);
    if (method === STORED && packedBytes !== bytes) throw this.malformed(`"${name}" has two sizes`);
    return { name, begin, packedBytes, bytes, compressed: method === DEFLATED };
  }

  private malformed(what: string, cause?: unknown): UserError {
    return new UserError({
      what: `not a readable ${this.kind}: ${what}`,
      where: this.source.path,
      mend: 'it may be cut: download or copy it again',
      cause,
    });
  }
}

function zip64Fields(extra: Buffer): bigint[] {
  for (let at = 0; at + 4 <= extra.length;) {
    const bytes = extra.readUInt16LE(at + 2);
    const field = extra.subarray(at + 4, at + 4 + bytes);
    if (extra.readUInt16LE(at) === ZIP64_FIELD)
      return Array.from({ length: Math.floor(field.length / 8) }, (_, i) => field.readBigUInt64LE(8 * i));
    at += 4 + bytes;
  }
  return [];
}

const buffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, byteLength);
