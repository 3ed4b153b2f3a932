import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { TokenMixture, TokenShards, type MixtureSource, type Modality } from '@egolab/ego-data';
import { readJsonFile, sha256, suggestion, UserError } from '@egolab/foundation';
import { modalitiesSchema, type TokenModalities } from '@egolab/masked-model';

/** The masked model's name of each modality: that of its tokens. */
export const tokenNames = { camera: 'tok_cam', depth: 'tok_depth', gaze: 'tok_gaze', rgb: 'tok_rgb' } as const satisfies Record<Modality, string>; // prettier-ignore
export type TokenName = (typeof tokenNames)[Modality];

export type TokenSplit = 'train' | 'val';

/** Where stage `tokenize` keeps one data set's shards. */
export function tokenFolder(tokenizeStage: string, split: TokenSplit, source: string): string {
  return join(tokenizeStage, 'tokens', split, source);
}

/**
 * Folders that stage `tokenize` made. A data set has a folder of its name for clips with all its modalities, and one more,
 * `<data set>.<anything>`, for each set of clips that lack some.
 */
export function tokenizedSources(tokenizeStage: string, split: TokenSplit): string[] {
  const folder = join(tokenizeStage, 'tokens', split);
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

const manifest = z.object({ modalities: modalitiesSchema });

/**
 * Every modality that some data set has, as its tokenizer made it.
 * @throws UserError when two data sets were tokenized differently
 */
export function tokenFormats(tokenizeStage: string, split: TokenSplit): TokenModalities {
  const formats: TokenModalities = {};
  for (const source of tokenizedSources(tokenizeStage, split)) {
    const path = join(tokenFolder(tokenizeStage, split, source), 'tokens.json');
    const parsed = manifest.safeParse(readJsonFile(path));
    if (!parsed.success) throw new UserError({ what: z.prettifyError(parsed.error), where: path, mend });
    for (const [name, format] of Object.entries(parsed.data.modalities)) {
      const before = formats[name] ?? format;
      if (JSON.stringify(before) !== JSON.stringify(format))
        throw new UserError({
          what: `${name}: expected ${JSON.stringify(before)} as in the data sets before it, got ${JSON.stringify(format)}`,
          where: path,
          mend,
        });
      formats[name] = format;
    }
  }
  return formats;
}

/** A stream of some data sets' clips, each drawn in proportion to its size. */
export interface TokenStream {
  mixture: TokenMixture;
  /** data set -> digest of its keys and modalities */
  contents: Record<string, string>;
}

/** @throws UserError for a data set without tokens, and shards that don't fit the model */
export function openTokens(
  tokenizeStage: string,
  split: TokenSplit,
  sources: readonly string[],
  formats: TokenModalities,
  seed: number,
): TokenStream {
  const there = tokenizedSources(tokenizeStage, split);
  const opened = sources.flatMap((source) => {
    const names = there.filter((name) => name === source || name.startsWith(`${source}.`));
    if (names.length === 0)
      throw new UserError({
        what: `there are no tokens of '${source}'`,
        where: join(tokenizeStage, 'tokens', split),
        mend: suggestion(source, there),
      });
    return names.map((name): MixtureSource => ({
      name,
      shards: TokenShards.open(tokenFolder(tokenizeStage, split, name), formats),
    }));
  });
  const contents = opened.map(({ name, shards }) => {
    const keys = Array.from({ length: shards.length }, (_, i) => shards.key(i));
    return [name, sha256(JSON.stringify([shards.modalities, keys]))] as const;
  });
  return { mixture: new TokenMixture(opened, seed), contents: Object.fromEntries(contents) };
}

const mend = 'run the stage tokenize again';
