import { npyBytes, type NpyData, parseNpy, parseNpz, UserError } from '@egolab/foundation';

/** How one modality of a clip is tokenized. */
export interface TokenFormat {
  /** codes of the tokenizer: a token is in [0, vocabularySize) */
  readonly vocabularySize: number;
  /** `[tokens]`, or `[time, height, width]` */
  readonly shape: readonly number[];
}

/** Modality name, as a folder holds it (`tok_rgb`) -> its format. */
export type TokenFormats = Readonly<Record<string, TokenFormat>>;

/** One clip: modality name -> tokens, row-major. */
export interface TokenSample {
  readonly key: string;
  readonly tokens: Readonly<Record<string, Int32Array>>;
}

export const tokensPerSample = ({ shape }: TokenFormat): number =>
  shape.reduce((product, length) => product * length, 1);

/** Beside the modalities' folders: what wrote them. */
export const MANIFEST = 'tokens.json';

/** A `.npz` of the release holds one array of this name. */
const RELEASED_ARRAY = 'arr_0';

/** `<key>.npy` (ours) or `<key>.npz` (the release's). */
const MEMBER = /^(.+)\.np[yz]$/s;

/** The key of a tar member. */
export function keyOf(name: string, archive: string): string {
  const key = MEMBER.exec(name)?.[1];
  if (key !== undefined) return key;
  throw new UserError({
    what: `expected members <key>.npy or <key>.npz, got '${name}'`,
    where: archive,
    mend: 'write the shards again with the stage tokenize',
  });
}

export function memberName(key: string): string {
  return `${key}.npy`;
}

/**
 * The bytes of a member for one clip's tokens.
 * @throws Error when they don't have the format
 */
export function encodeTokens(tokens: Int32Array, format: TokenFormat, where: string): Buffer {
  checkTokens(tokens, format.shape, format, where);
  return Buffer.from(npyBytes([...format.shape], tokens));
}

/**
 * One clip's tokens from the bytes of a member.
 * @throws UserError for bytes that are no array, another shape, or tokens outside of the vocabulary
 */
export function decodeTokens(bytes: Uint8Array, name: string, format: TokenFormat, where: string): Int32Array {
  const { data, shape } = name.endsWith('.npz') ? parseNpz(bytes, RELEASED_ARRAY, where) : parseNpy(bytes, where);
  if (data instanceof Float32Array || data instanceof Float64Array)
    throw new UserError({ what: 'expected whole numbers, got floating point', where, mend });
  // before they are narrowed to 32 bits, which would bring a large one back into the codebook
  checkTokens(data, shape, format, where);
  return data instanceof Int32Array ? data : Int32Array.from(data as ArrayLike<number | bigint>, Number);
}

const mend = 'tokenize this data set again with the tokenizers that the model is configured for';

function checkTokens(
  tokens: NpyData,
  shape: readonly number[],
  { vocabularySize, shape: expected }: TokenFormat,
  where: string,
): void {
  if (shape.join() !== expected.join() || tokens.length !== tokensPerSample({ vocabularySize, shape: expected }))
    throw new UserError({ what: `expected tokens of shape [${expected}], got [${shape}]`, where, mend });
  const wrong = (tokens as Int32Array).findIndex((token) => token < 0 || token >= vocabularySize);
  if (wrong >= 0)
    throw new UserError({
      what: `expected tokens of a codebook of ${vocabularySize}, got ${tokens[wrong]} at ${wrong}`,
      where,
      mend,
    });
}
