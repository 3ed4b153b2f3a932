/** Some tokens of one clip; of equal length. Modalities are numbered in the order of `modalityNames`. */
export interface TokenList {
  modality: number[];
  /** place in the modality's grid, row-major */
  position: number[];
  token: number[];
}

/** Tokens of several clips, a row each. */
export interface PackedTokens {
  batchSize: number;
  length: number;
  /** `[batch, token]`; -1 is padding */
  modality: Int32Array;
  position: Int32Array;
  token: Int32Array;
}

export const emptyList = (): TokenList => ({ modality: [], position: [], token: [] });

/** Append tokens of one modality. */
export function append(
  list: TokenList,
  modality: number,
  positions: Iterable<number>,
  tokens: ArrayLike<number>,
): void {
  for (const position of positions) {
    list.modality.push(modality);
    list.position.push(position);
    list.token.push(tokens[position]);
  }
}

/**
 * Side by side, padded at the end.
 *
 * @param length of a row; default: the longest's, at least 1, which computes the same with less padding than the fixed number that
 *   bounds it
 */
export function packTokens(lists: readonly TokenList[], length?: number): PackedTokens {
  const longest = lists.reduce((most, { token }) => Math.max(most, token.length), 1);
  const width = length ?? longest;
  if (width < longest) throw new Error(`packTokens: expected at most ${width} tokens a clip, got ${longest}`);
  const packed = {
    batchSize: lists.length,
    length: width,
    modality: new Int32Array(lists.length * width).fill(PADDING),
    position: new Int32Array(lists.length * width),
    token: new Int32Array(lists.length * width),
  };
  lists.forEach(({ modality, position, token }, row) => {
    packed.modality.set(modality, row * width);
    packed.position.set(position, row * width);
    packed.token.set(token, row * width);
  });
  return packed;
}

export const PADDING = -1;

/** Flat indices `row * length + column` of the tokens of one modality. */
export function rowsOf({ modality }: PackedTokens, wanted: number): Int32Array {
  let count = 0;
  for (const each of modality) if (each === wanted) count++;
  const rows = new Int32Array(count);
  let at = 0;
  modality.forEach((each, row) => {
    if (each === wanted) rows[at++] = row;
  });
  return rows;
}
