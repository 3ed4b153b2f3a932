import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import type { TarMember } from '@egolab/video';
import { UserError } from '@egolab/foundation';

const block = 512;

/**
 * The regular files of a tar archive (ustar, GNU and pax names), found by reading the 512-byte headers alone: the content
 * is skipped, so a shard of a gigabyte is indexed in milliseconds, and its members can be read in any order.
 * @throws UserError for a missing, cut, compressed or foreign file
 */
export function indexTar(archive: string): TarMember[] {
  if (!existsSync(archive)) throw new UserError({ what: 'there is no such file', where: archive });
  const file = openSync(archive, 'r');
  try {
    const { size } = fstatSync(file);
    if (size < block) throw foreign(archive, 'not an uncompressed tar archive');
    const members: TarMember[] = [];
    let longName: string | undefined;
    let longSize: number | undefined;
    for (let at = 0; at + block <= size;) {
      const header = readAt(file, at, block);
      if (header.every((byte) => byte === 0)) return members;
      checkHeader(header, archive, at);
      const type = String.fromCharCode(header[156]);
      const length = longSize ?? numberField(header, 124, 12);
      const offset = at + block;
      if (offset + length > size) throw cut(archive);
      at = offset + Math.ceil(length / block) * block;
      if (type === 'L') longName = textField(readAt(file, offset, length), 0, length);
      else if (type === 'x') {
        const pax = paxFields(readAt(file, offset, length));
        [longName, longSize] = [pax.path ?? longName, pax.size ? Number(pax.size) : undefined];
      } else if (type !== 'g') {
        if (type === '0' || type === '\0')
          members.push({ archive, name: longName ?? shortName(header), offset, size: length });
        [longName, longSize] = [undefined, undefined];
      }
    }
    throw cut(archive); // an archive ends in blocks of zeros
  } finally {
    closeSync(file);
  }
}

/** The bytes of a member: for captions and other small ones. */
export function readTarMember({ archive, offset, size }: TarMember): Buffer {
  const file = openSync(archive, 'r');
  try {
    return readAt(file, offset, size);
  } finally {
    closeSync(file);
  }
}

function readAt(file: number, offset: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const count = readSync(file, buffer, done, length - done, offset + done);
    if (count === 0) throw new Error(`expected ${length} bytes at ${offset}, got ${done}`);
    done += count;
  }
  return buffer;
}

/** The header's checksum is the sum of its bytes, the checksum's own field counted as spaces. */
function checkHeader(header: Buffer, archive: string, at: number): void {
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  if (sum === numberField(header, 148, 8)) return;
  throw foreign(archive, at === 0 ? 'not an uncompressed tar archive' : `no valid tar header at byte ${at}`);
}

function foreign(archive: string, what: string): UserError {
  return new UserError({ what, where: archive, mend: 'unpack a compressed shard once (gunzip), or download it again' });
}

function cut(archive: string): UserError {
  return new UserError({ what: 'the tar archive is cut', where: archive, mend: 'download or copy it again' });
}

/** Octal text, or GNU's big-endian binary when the first bit is set. */
function numberField(header: Buffer, from: number, length: number): number {
  if (header[from] & 0x80) return Number(header.readBigUInt64BE(from + length - 8));
  return parseInt(textField(header, from, length).trim() || '0', 8);
}

function textField(buffer: Buffer, from: number, length: number): string {
  const field = buffer.subarray(from, from + length);
  const end = field.indexOf(0);
  return field.subarray(0, end < 0 ? length : end).toString('utf8');
}

function shortName(header: Buffer): string {
  const prefix = textField(header, 257, 5) === 'ustar' ? textField(header, 345, 155) : '';
  return prefix ? `${prefix}/${textField(header, 0, 100)}` : textField(header, 0, 100);
}

/** Records "<length> <key>=<value>\n". */
function paxFields(content: Buffer): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const length = space < 0 ? NaN : Number(content.toString('latin1', at, space));
    if (!(length > 0)) return fields;
    const record = content.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    fields[record.slice(0, equals)] = record.slice(equals + 1);
    at += length;
  }
  return fields;
}
