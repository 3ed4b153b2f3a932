import { UserError } from '@egolab/foundation';
import type { Tokenizer } from '@egolab/tokenizers';

/** CLIP's names of the tokens around a text, for a tokenizer whose configuration doesn't name them. */
const START = '<|startoftext|>';
const END = '<|endoftext|>';

/**
 * Token ids as CLIP's text tower reads them: start token, text, end token. Longer texts are cut and still end in the end token.
 *
 * @param length tokens of the longest text, both special ones included
 * @param padding what fills the rows behind the end token: to the longest text, or all to `length`
 * @returns `[text, sequence]`
 * @throws UserError when the tokenizer has no start or end token
 */
export function textIds(
  tokenizer: Tokenizer,
  texts: readonly string[],
  { length, padding }: { length: number; padding: 'longest' | 'length' },
): number[][] {
  const start = tokenizer.bosId ?? tokenizer.tokenId(START);
  const end = tokenizer.eosId ?? tokenizer.tokenId(END);
  if (start === undefined || end === undefined)
    throw new UserError({
      what: `the tokenizer has no ${start === undefined ? 'start' : 'end'} token`,
      mend: 'name bos_token and eos_token in tokenizer_config.json, as transformers saves a CLIPTokenizer',
    });
  const rows = texts.map((text) => [
    start,
    ...tokenizer.encode(text, { addSpecialTokens: false }).slice(0, length - 2),
    end,
  ]);
  const width = padding === 'length' ? length : Math.max(...rows.map((row) => row.length));
  return rows.map((row) => [...row, ...Array.from({ length: width - row.length }, () => 0)]);
}
