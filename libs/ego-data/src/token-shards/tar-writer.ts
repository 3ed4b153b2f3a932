import { closeSync, openSync, renameSync, writeSync } from 'node:fs';

const BLOCK = 512;
const NAME_BYTES = 100;

/** Writes a tar archive (ustar, long names as GNU does) that appears under its name when it is closed. */
export class TarWriter {
  private readonly file: number;

  constructor(private readonly path: string) {
    this.file = openSync(this.partial, 'w');
  }

  private get partial(): string {
    return `${this.path}.partial`;
  }

  add(name: string, content: Uint8Array): void {
    const bytes = Buffer.from(name, 'utf8');
    if (bytes.length > NAME_BYTES) this.member('././@LongLink', Buffer.concat([bytes, Buffer.alloc(1)]), 'L');
    this.member(bytes.subarray(0, NAME_BYTES), content, '0');
  }

  close(): void {
    this.write(Buffer.alloc(2 * BLOCK));
    closeSync(this.file);
    renameSync(this.partial, this.path);
  }

  private member(name: string | Buffer, content: Uint8Array, type: 'L' | '0'): void {
    this.write(header(name, content.length, type));
    this.write(content);
    this.write(Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK));
  }

  private write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) done += writeSync(this.file, bytes, done);
  }
}

/** No user, group or time, so that the same tokens are the same bytes. */
function header(name: string | Buffer, size: number, type: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  Buffer.from(name as string).copy(block);
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write(' '.repeat(8), 148, 'latin1');
  block.write(type, 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
