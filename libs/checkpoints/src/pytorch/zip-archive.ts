import { UserError } from '@egolab/foundation';
import type { RandomAccessFile } from '../random-access-file.ts';

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

/** Where an entry's bytes lie in the archive. */
export interface ZipEntry {
  readonly name: string;
  readonly begin: number;
  readonly bytes: number;
}

interface DirectoryEntry {
  name: string;
  method: number;
  bytes: number;
  offset: number;
}

/**
 * The entries of a ZIP archive whose entries aren't compressed, as `torch.save` writes it. Only the directory and the entries'
 * own headers are read, so an archive of any size opens at once.
 * @throws UserError for a cut archive, a compressed entry, or one that reaches beyond the file
 */
export function zipEntries(file: RandomAccessFile): Map<string, ZipEntry> {
  const directory = centralDirectory(file);
  return new Map(directory.map((entry) => [entry.name, locate(file, entry)]));
}

function centralDirectory(file: RandomAccessFile): DirectoryEntry[] {
  const { offset, bytes, count } = endRecord(file);
  if (offset + bytes > file.size) throw malformedZip(file.path, 'its directory lies beyond its end');
  const records = Buffer.from(file.read(offset, bytes, 'the directory').buffer);
  const entries: DirectoryEntry[] = [];
  for (let at = 0; entries.length < count;) {
    if (at + ENTRY_BYTES > records.length || records.readUInt32LE(at) !== ENTRY)
      throw malformedZip(file.path, `its directory is cut after ${entries.length} of ${count} entries`);
    const nameEnd = at + ENTRY_BYTES + records.readUInt16LE(at + 28);
    const extraEnd = nameEnd + records.readUInt16LE(at + 30);
    const wide = zip64Fields(records.subarray(nameEnd, extraEnd));
    const field = (value: number) => (value === SEE_ZIP64 ? Number(wide.shift() ?? -1n) : value);
    // ZIP64 gives the fields that are 0xffffffff here, in this order: unpacked size, packed size, offset
    const unpacked = field(records.readUInt32LE(at + 24));
    field(records.readUInt32LE(at + 20));
    entries.push({
      name: records.toString('utf8', at + ENTRY_BYTES, nameEnd),
      method: records.readUInt16LE(at + 10),
      bytes: unpacked,
      offset: field(records.readUInt32LE(at + 42)),
    });
    at = extraEnd + records.readUInt16LE(at + 32);
  }
  return entries;
}

function endRecord(file: RandomAccessFile): { offset: number; bytes: number; count: number } {
  const tailBytes = Math.min(file.size, END_BYTES + MAX_COMMENT_BYTES + END64_LOCATOR_BYTES);
  const tail = Buffer.from(file.read(file.size - tailBytes, tailBytes, 'the end').buffer);
  let at = tail.length - END_BYTES;
  while (at >= 0 && tail.readUInt32LE(at) !== END) at--;
  if (at < 0) throw malformedZip(file.path, 'its directory is missing');
  const locator = at - END64_LOCATOR_BYTES;
  if (locator >= 0 && tail.readUInt32LE(locator) === END64_LOCATOR) {
    const position = Number(tail.readBigUInt64LE(locator + 8));
    if (position + END64_BYTES > file.size) throw malformedZip(file.path, 'its directory lies beyond its end');
    const end = Buffer.from(file.read(position, END64_BYTES, 'the end').buffer);
    if (end.readUInt32LE(0) !== END64) throw malformedZip(file.path, 'its ZIP64 directory is missing');
    const wide = (offset: number) => Number(end.readBigUInt64LE(offset));
    return { count: wide(32), bytes: wide(40), offset: wide(48) };
  }
  return { count: tail.readUInt16LE(at + 10), bytes: tail.readUInt32LE(at + 12), offset: tail.readUInt32LE(at + 16) };
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

/** An entry's bytes come after its own header, whose length differs from the directory's. */
function locate(file: RandomAccessFile, { name, method, bytes, offset }: DirectoryEntry): ZipEntry {
  if (method !== 0) throw malformedZip(file.path, `"${name}" is compressed, which torch.save doesn't do`);
  if (offset < 0 || bytes < 0 || offset + LOCAL_BYTES > file.size)
    throw malformedZip(file.path, `"${name}" lies beyond its end`);
  const header = Buffer.from(file.read(offset, LOCAL_BYTES, `"${name}"`).buffer);
  if (header.readUInt32LE(0) !== LOCAL) throw malformedZip(file.path, `"${name}" isn't where the directory says`);
  const begin = offset + LOCAL_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (begin + bytes > file.size) throw malformedZip(file.path, `"${name}" lies beyond its end`);
  return { name, begin, bytes };
}

function malformedZip(path: string, what: string): UserError {
  return new UserError({
    what: `not a readable PyTorch checkpoint: ${what}`,
    where: path,
    mend: 'download or copy it again',
  });
}
