import { crc32 } from './crc32.ts';

/** Signatures of ZIP's records (PKWARE APPNOTE 4.3). */
const LOCAL = 0x04034b50;
const ENTRY = 0x02014b50;
const END = 0x06054b50;
/** 1 January 1980, the earliest date that ZIP knows. */
const DATE = 0x21;

/** The bytes of `numpy.savez`: a ZIP archive of `.npy` files, stored. @param arrays the bytes of each `.npy` */
export function npzBytes(arrays: Readonly<Record<string, Buffer>>): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const [key, content] of Object.entries(arrays)) {
    const name = Buffer.from(`${key}.npy`);
    const common = Buffer.alloc(22);
    common.writeUInt16LE(20, 0); // version needed
    common.writeUInt16LE(DATE, 8);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE(content.length, 18);
    const local = Buffer.concat([unsigned(LOCAL, 4), common, unsigned(name.length, 2), unsigned(0, 2), name, content]);
    locals.push(local);
    const rest = Buffer.alloc(18);
    rest.writeUInt16LE(name.length, 0);
    rest.writeUInt32LE(offset, 14);
    entries.push(Buffer.concat([unsigned(ENTRY, 4), unsigned(20, 2), common, rest, name]));
    offset += local.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, unsigned(END, 4), end]);
}

function unsigned(value: number, bytes: 2 | 4): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntLE(value, 0, bytes);
  return buffer;
}
