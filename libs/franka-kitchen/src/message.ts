import { z } from 'zod';

/** Typed arrays that messages carry, by their numpy names. */
const kinds = { uint8: Uint8Array, float32: Float32Array, float64: Float64Array } as const;
type Dtype = keyof typeof kinds;
interface Values {
  uint8: Uint8Array;
  float32: Float32Array;
  float64: Float64Array;
}

/** A named array of a message, C order. */
export interface MessageArray<D extends Dtype = Dtype> {
  readonly name: string;
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: Values[D];
}

/** A JSON header with binary arrays; `python/protocol.py` has the layout. */
export interface Message {
  readonly header: Record<string, unknown>;
  readonly arrays: readonly MessageArray[];
}

/** Beyond these a length is taken for a damaged stream. */
const MAX_HEADER_BYTES = 2 ** 24;
const MAX_ARRAY_BYTES = 2 ** 31;

const headerSchema = z.looseObject({
  arrays: z
    .array(
      z.strictObject({
        name: z.string(),
        dtype: z.enum(Object.keys(kinds) as [Dtype, ...Dtype[]]),
        shape: z.array(z.number().int().min(0)),
      }),
    )
    .default([]),
});

export function encodeMessage({ header, arrays }: Message): Buffer {
  const named = arrays.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
  const json = Buffer.from(JSON.stringify({ ...header, arrays: named }));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(json.length);
  const parts = arrays.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  return Buffer.concat([size, json, ...parts]);
}

/** Cuts a stream of bytes into messages. */
export class MessageReader {
  private chunks: Buffer[] = [];
  private length = 0;

  /**
   * @returns the messages that these bytes complete
   * @throws Error when the stream isn't one of messages
   */
  push(chunk: Buffer): Message[] {
    this.chunks.push(chunk);
    this.length += chunk.length;
    const messages: Message[] = [];
    for (let next = this.next(); next; next = this.next()) messages.push(next);
    return messages;
  }

  private next(): Message | undefined {
    if (this.length < 4) return undefined;
    const headerBytes = this.bytes(4).readUInt32LE(0);
    if (headerBytes > MAX_HEADER_BYTES) throw new Error(`expected a message, got a header of ${headerBytes} bytes`);
    if (this.length < 4 + headerBytes) return undefined;
    const { arrays: entries, ...header } = parseHeader(this.bytes(4 + headerBytes).subarray(4, 4 + headerBytes));
    const sizes = entries.map(
      ({ dtype, shape }) => shape.reduce((product, each) => product * each, 1) * kinds[dtype].BYTES_PER_ELEMENT,
    );
    const arrayBytes = sizes.reduce((sum, size) => sum + size, 0);
    if (arrayBytes > MAX_ARRAY_BYTES) throw new Error(`expected a message, got one with arrays of ${arrayBytes} bytes`);
    const total = 4 + headerBytes + arrayBytes;
    if (this.length < total) return undefined;
    const content = this.bytes(total);
    let at = 4 + headerBytes;
    const arrays = entries.map(({ name, dtype, shape }, i): MessageArray => {
      const bytes = Uint8Array.from(content.subarray(at, at + sizes[i])); // a copy starts where its elements are aligned
      at += sizes[i];
      return { name, dtype, shape, data: new kinds[dtype](bytes.buffer) };
    });
    this.chunks = [content.subarray(total)];
    this.length -= total;
    return { header, arrays };
  }

  /** All that is there, of which at least `count` bytes lie together. */
  private bytes(count: number): Buffer {
    if (this.chunks[0].length < count) this.chunks = [Buffer.concat(this.chunks)];
    return this.chunks[0];
  }
}

function parseHeader(bytes: Buffer): z.infer<typeof headerSchema> {
  try {
    return headerSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw new Error(`expected a message's JSON header, got ${JSON.stringify(bytes.toString('utf8', 0, 80))}`, {
      cause,
    });
  }
}
