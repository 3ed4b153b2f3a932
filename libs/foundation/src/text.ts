import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { UserError } from './errors.ts';

/** Bytes that {@link readTextPieces} holds at a time. */
const pieceBytes = 1 << 22;

/**
 * Read a UTF-8 file that the user named; a byte order mark, as Windows programs write it, is left out.
 * @throws UserError when it is missing, a folder or in another encoding
 */
export function readTextFile(path: string, mend?: string): string {
  requireFile(path, mend);
  const bytes = readFileSync(path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw foreignText(path, lineOfForeignByte(bytes), error);
  }
}

/**
 * The text of {@link readTextFile} piece by piece, for a file that may be larger than memory or the longest string.
 * @throws UserError when it is missing, a folder or in another encoding
 */
export function* readTextPieces(path: string, bytesAtATime = pieceBytes): Generator<string> {
  requireFile(path);
  const file = openSync(path, 'r');
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const buffer = Buffer.alloc(bytesAtATime);
    let before = Buffer.alloc(0); // a character may have begun in the last three bytes
    let line = 1; // on which these begin
    for (;;) {
      const bytes = buffer.subarray(0, readSync(file, buffer));
      let text: string;
      try {
        text = decoder.decode(bytes, { stream: bytes.length > 0 });
      } catch (error) {
        throw foreignText(path, line - 1 + lineOfForeignByte(withoutTail(Buffer.concat([before, bytes]))), error);
      }
      if (text !== '') yield text;
      if (bytes.length === 0) return;
      const seen = Buffer.concat([before, bytes]);
      before = seen.subarray(-3);
      line += countLineEnds(seen.subarray(0, -3));
    }
  } finally {
    closeSync(file);
  }
}

/** The lines of {@link readTextPieces}, without their ends (`\n` or `\r\n`); after the last end there is one more. */
export function* readTextLines(path: string): Generator<string> {
  let rest = '';
  for (const piece of readTextPieces(path)) {
    const lines = (rest + piece).split(/\r?\n/);
    rest = lines.pop()!;
    yield* lines;
  }
  yield rest;
}

/** @throws UserError when there is no such file, or a folder of that name */
export function requireFile(path: string, mend?: string): void {
  if (!existsSync(path)) throw new UserError({ what: 'there is no such file', where: path, mend });
  if (statSync(path).isDirectory()) throw new UserError({ what: 'expected a file, got a folder', where: path, mend });
}

function foreignText(where: string, line: number, cause: unknown): UserError {
  return new UserError({
    what: `not UTF-8 text: line ${line} holds bytes of another encoding`,
    where,
    mend: 'it may be Windows-1252 or UTF-16: save it as UTF-8; or cut: copy it again',
    cause,
  });
}

/** Of text that isn't UTF-8, the line, from 1, that isn't. */
function lineOfForeignByte(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  for (let begin = 0; ; line++) {
    const end = bytes.indexOf(0x0a, begin);
    if (end < 0) return line;
    try {
      decoder.decode(bytes.subarray(begin, end));
    } catch {
      return line;
    }
    begin = end + 1;
  }
}

function countLineEnds(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) count++;
  return count;
}

/** Without the bytes at the beginning that end a character of the piece before. */
function withoutTail(bytes: Uint8Array): Uint8Array {
  let tail = 0;
  while (tail < 3 && (bytes[tail] & 0xc0) === 0x80) tail++;
  return bytes.subarray(tail);
}
