import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ZipArchive } from './zip.ts';

const content = Buffer.from('the same words, the same words, the same words');
const open = (bytes: Uint8Array) =>
  new ZipArchive(
    { path: 'a.zip', size: bytes.length, read: (position, length) => bytes.subarray(position, position + length) },
    'archive',
  );

describe('ZipArchive', () => {
  it.each(['stored', 'deflated'] as const)('reads a ZIP64 archive, %s', (method) => {
    const archive = open(zip64(method));
    const entry = archive.entries.get('words')!;
    expect(entry).toMatchObject({ bytes: content.length, compressed: method === 'deflated' });
    expect(Buffer.from(archive.read(entry))).toEqual(content);
  });

  it('says what is wrong with an archive that is cut or changed', () => {
    const whole = zip64('stored');
    expect(() => open(whole.subarray(0, -1))).toThrow(/a.zip: not a readable archive: its directory is missing/);
    expect(() => open(whole.subarray(1))).toThrow(/"words" isn't where|lies beyond its end|ZIP64 directory is missing/);
    expect(() => open(zip64('stored', { bytes: 2 ** 40 }))).toThrow(/"words" lies beyond its end/);
    expect(() => open(zip64('stored', { method: 12 }))).toThrow(/"words" has ZIP method 12/);
    const deflated = open(zip64('deflated', { claimed: 5 }));
    expect(() => deflated.read(deflated.entries.get('words')!)).toThrow(/"words" can't be unpacked/);
  });
});

/** One entry whose sizes and offset stand in ZIP64's fields; the last argument replaces what the directory says. */
function zip64(
  method: 'stored' | 'deflated',
  says: { bytes?: number; claimed?: number; method?: number } = {},
): Buffer {
  const name = Buffer.from('words');
  const packed = method === 'stored' ? content : deflateRawSync(content);
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(name.length, 26);
  const extra = Buffer.alloc(4 + 24);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(24, 2);
  extra.writeBigUInt64LE(BigInt(says.claimed ?? says.bytes ?? content.length), 4);
  extra.writeBigUInt64LE(BigInt(says.bytes ?? packed.length), 12);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(says.method ?? (method === 'stored' ? 0 : 8), 10);
  for (const field of [20, 24, 42]) entry.writeUInt32LE(0xffffffff, field);
  entry.writeUInt16LE(name.length, 28);
  entry.writeUInt16LE(extra.length, 30);
  const files = Buffer.concat([local, name, packed]);
  const directory = Buffer.concat([entry, name, extra]);
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(1n, 32);
  end64.writeBigUInt64LE(BigInt(directory.length), 40);
  end64.writeBigUInt64LE(BigInt(files.length), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(files.length + directory.length), 8);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  return Buffer.concat([files, directory, end64, locator, end]);
}
