import { existsSync } from 'node:fs';
import { loadParameters, openCheckpoint } from '@egolab/checkpoints';
import { UserError } from '@egolab/foundation';
import type { Parameters } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { loadTokenizer, type Tokenizer } from '@egolab/tokenizers';
import { bert, bertParameters, meanPooled } from './bert.ts';
import { mostSimilar, type Embeddings } from './most-similar.ts';
import { readSentenceConfig, type SentenceConfig } from './config.ts';

/** What turns texts into embeddings whose dot products are their similarities. */
export interface SentenceEncoder {
  embed(texts: readonly string[], onProgress?: (done: number, total: number) => void): Embeddings;
  /** per query the indices of the most similar candidates; see {@link mostSimilar} */
  readonly mostSimilar: typeof mostSimilar;
  dispose(): void;
}

/** Buffers that older transformers versions saved, and the pooler, which mean pooling doesn't need. */
const UNREAD = /^(embeddings\.position_ids|pooler\.)/;

/**
 * A SentenceBERT model from a folder in Hugging Face format, such as all-MiniLM-L6-v2.
 * @throws UserError when a file is missing or damaged, or the model is no BERT with mean pooling
 */
export function loadSentenceEncoder(folder: string): SentenceEncoder & { readonly parameters: Parameters } {
  const config = readSentenceConfig(folder, existsSync);
  const tokenizer = loadTokenizer(folder);
  const checkpoint = openCheckpoint(folder);
  try {
    const parameters = loadParameters(bertParameters(config.bert), checkpoint, { ignoreExtra: UNREAD });
    return { ...sentenceEncoder(config, parameters, tokenizer), parameters };
  } finally {
    checkpoint.close();
  }
}

/**
 * Every forward pass has the same number of rows, all of one length, without padding inside: the embedding of a text does
 * not depend on how many others are embedded, nor on which.
 */
const ROWS = 16;

/** A sentence encoder over parameters that are there already. */
export function sentenceEncoder(config: SentenceConfig, parameters: Parameters, tokenizer: Tokenizer): SentenceEncoder {
  const { hidden_size: width } = config.bert;
  const embed: SentenceEncoder['embed'] = (texts, onProgress) => {
    const data = new Float32Array(texts.length * width);
    const { sequences, users } = distinctSequences(texts, tokenizer, config.maxTokens);
    let done = 0;
    for (const rows of batchesOfEqualLength(sequences)) {
      const padded = Array.from({ length: ROWS }, (_, i) => sequences[rows[Math.min(i, rows.length - 1)]]);
      const pooled = tf.tidy(() => meanPooled(bert(parameters, config.bert, padded)));
      const embedded = pooled.dataSync<'float32'>();
      pooled.dispose();
      rows.forEach((sequence, row) => {
        const values = embedded.subarray(row * width, (row + 1) * width);
        for (const text of users[sequence]) data.set(values, text * width);
      });
      onProgress?.((done += rows.length), sequences.length);
    }
    return { width, data };
  };
  return { embed, mostSimilar, dispose: () => parameters.dispose() };
}

/** Texts that become the same tokens ("Cup", "cup") are one sequence, and get exactly the same embedding. */
function distinctSequences(texts: readonly string[], tokenizer: Tokenizer, maxTokens: number) {
  const index = new Map<string, number>();
  const sequences: number[][] = [];
  const users: number[][] = [];
  texts.forEach((text, i) => {
    const ids = truncated(tokenizer.encode(text), maxTokens);
    if (ids.length === 0) throw new UserError({ what: `text ${i} has no tokens`, where: 'sentence encoder' });
    const key = ids.join();
    const known = index.get(key);
    if (known !== undefined) users[known].push(i);
    else {
      index.set(key, sequences.length);
      sequences.push(ids);
      users.push([i]);
    }
  });
  return { sequences, users };
}

/** The first tokens, and [SEP] at the end as before. */
function truncated(ids: number[], maxTokens: number): number[] {
  return ids.length <= maxTokens ? ids : [...ids.slice(0, maxTokens - 1), ids[ids.length - 1]];
}

function batchesOfEqualLength(sequences: readonly number[][]): number[][] {
  const byLength = new Map<number, number[]>();
  sequences.forEach(({ length }, i) => {
    const same = byLength.get(length);
    if (same) same.push(i);
    else byLength.set(length, [i]);
  });
  return [...byLength.values()].flatMap((rows) =>
    Array.from({ length: Math.ceil(rows.length / ROWS) }, (_, i) => rows.slice(i * ROWS, (i + 1) * ROWS)),
  );
}
