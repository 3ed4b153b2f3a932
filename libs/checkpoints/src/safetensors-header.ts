import { UserError } from '@egolab/foundation';
import { DTYPE_BITS, type StoredDtype } from './dtype.ts';
import type { TensorInfo } from './checkpoint.ts';

/** The format's own limit on the JSON header, in bytes. */
export const MAX_HEADER_BYTES = 100_000_000;

/** A tensor and the bytes that hold it, counted from the start of the data. */
export interface TensorLocation extends TensorInfo {
  begin: number;
  end: number;
}

export interface SafetensorsHeader {
  tensors: Map<string, TensorLocation>;
  metadata: Record<string, string>;
}

export const numElements = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/**
 * Parse and check a safetensors header against the file's data length: known dtypes, sizes that fit shape and dtype,
 * no holes, no overlaps, no duplicate names, nothing before or after. Violations are UserErrors that name file and tensor.
 * @param dataBytes bytes that follow the header
 */
export function parseHeader(text: string, dataBytes: number, path: string): SafetensorsHeader {
  const json = parseObject(text, path);
  const duplicate = duplicateKey(text);
  if (duplicate !== undefined) throw malformed(path, `the header names "${duplicate}" twice`);
  const { __metadata__: metadata = {}, ...entries } = json;
  const tensors = new Map(Object.entries(entries).map(([name, entry]) => [name, location(name, entry, path)]));
  checkLayout([...tensors.values()], dataBytes, path);
  return { tensors, metadata: textMetadata(metadata, path) };
}

/** The header's bytes, 8-byte length included, padded with spaces to a multiple of 8, for tensors laid out one after the other. */
export function formatHeader(
  tensors: readonly { name: string; shape: readonly number[]; dtype: StoredDtype }[],
  metadata: Record<string, string>,
): Uint8Array {
  const entries: [string, unknown][] = Object.keys(metadata).length ? [['__metadata__', metadata]] : [];
  let begin = 0;
  for (const { name, shape, dtype } of tensors) {
    const end = begin + (numElements(shape) * DTYPE_BITS[dtype]) / 8;
    entries.push([name, { dtype, shape, data_offsets: [begin, end] }]);
    begin = end;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const padded = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  padded.writeBigUInt64LE(BigInt(padded.length - 8), 0);
  padded.set(json, 8);
  return padded;
}

export function malformed(path: string, what: string, cause?: unknown): UserError {
  return new UserError({
    what: `not a valid safetensors file: ${what}`,
    where: path,
    mend: 'download or copy it again; if it stays so, the program that wrote it is at fault',
    cause,
  });
}

function parseObject(text: string, path: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw malformed(path, `the header isn't JSON (${(error as Error).message})`, error);
  }
  if (!isObject(json))
    throw malformed(path, `the header must be a JSON object, found ${JSON.stringify(json)?.slice(0, 40)}`);
  return json;
}

function location(name: string, entry: unknown, path: string): TensorLocation {
  const fail = (what: string) => malformed(path, `tensor "${name}": ${what}`);
  if (!isObject(entry)) throw fail(`expected {dtype, shape, data_offsets}, found ${JSON.stringify(entry)}`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !Object.hasOwn(DTYPE_BITS, dtype)) {
    throw fail(`unknown dtype ${JSON.stringify(dtype)}; known: ${Object.keys(DTYPE_BITS).join(', ')}`);
  }
  if (!isCounts(shape)) throw fail(`shape must be a list of sizes, found ${JSON.stringify(shape)}`);
  if (!isCounts(offsets) || offsets.length !== 2)
    throw fail(`data_offsets must be [begin, end], found ${JSON.stringify(offsets)}`);
  const [begin, end] = offsets;
  const expected = (numElements(shape) * DTYPE_BITS[dtype]) / 8;
  if (end - begin !== expected) {
    throw fail(
      `${dtype} [${shape.join(', ')}] takes ${expected} bytes, but data_offsets [${begin}, ${end}] hold ${end - begin}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/** The tensors must tile the data exactly. */
function checkLayout(tensors: TensorLocation[], dataBytes: number, path: string): void {
  let covered = 0;
  let previous = 'the header';
  for (const { name, begin, end } of tensors.sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) {
      const kind = begin < covered ? 'overlaps' : 'leaves a hole after';
      throw malformed(
        path,
        `tensor "${name}" ${kind} ${previous}: expected it to begin at byte ${covered}, found ${begin}`,
      );
    }
    if (end > dataBytes) {
      throw malformed(path, `the file is cut: tensor "${name}" ends at data byte ${end}, the file at ${dataBytes}`);
    }
    [covered, previous] = [end, `"${name}"`];
  }
  if (covered !== dataBytes) throw malformed(path, `${dataBytes - covered} bytes after the last tensor belong to none`);
}

function textMetadata(metadata: unknown, path: string): Record<string, string> {
  if (!isObject(metadata) || Object.values(metadata).some((value) => typeof value !== 'string')) {
    throw malformed(path, '__metadata__ must map text to text');
  }
  return metadata as Record<string, string>;
}

/** The first key that stands twice in one object of a valid JSON text; JSON.parse would keep the last without a word. */
function duplicateKey(text: string): string | undefined {
  const seen: Set<string>[] = [];
  let key: string | undefined;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}:]/g)) {
    if (token === '{') seen.push(new Set());
    else if (token === '}') seen.pop();
    else if (token === ':') {
      const name = JSON.parse(key ?? '""') as string;
      if (seen.at(-1)?.has(name)) return name;
      seen.at(-1)?.add(name);
    } else key = token;
  }
  return undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);
