import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { embedding, type Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { MaskedModelConfig } from './config.ts';
import { modalityNames, numTokens } from './modalities.ts';
import { type PackedTokens, rowsOf } from './packing.ts';
import { positionEmbeddings } from './positions.ts';

/** Fixed position embeddings of all modalities one below the other, `[tokens of all, dim]`; the caller's to dispose of. */
export function positionTable({ modalities, dim }: MaskedModelConfig): Tensor {
  const tables = modalityNames(modalities).map((name) => positionEmbeddings(modalities[name], dim));
  return tf.tidy(() => tf.concat(tables.map((values) => tf.tensor2d(values, [values.length / dim, dim]))));
}

/**
 * "pos + mod": where a token stands and what modality it is of.
 *
 * @param positions of {@link positionTable}
 * @returns `[batch, token, dim]`; at padding it means nothing
 */
export function placeEmbeddings(p: Scope, config: MaskedModelConfig, positions: Tensor, tokens: PackedTokens): Tensor {
  const { modalities, dim } = config;
  const names = modalityNames(modalities);
  let offset = 0;
  const offsets = names.map((name) => (offset += numTokens(modalities[name])) - numTokens(modalities[name]));
  const modality = tokens.modality.map((number) => Math.max(number, 0));
  const place = tokens.position.map((position, i) => offsets[modality[i]] + position);
  const shape = [tokens.batchSize, tokens.length];
  const table = tf.concat(names.map((name) => tf.reshape(p.get(`encoder_embeddings.${name}.mod_emb`), [1, dim])));
  return tf.add(tf.gather(positions, tf.tensor(place, shape, 'int32')), embedding(table, tf.tensor(modality, shape, 'int32'))); // prettier-ignore
}

/** The encoder's embeddings of the tokens themselves, `[batch, token, dim]`; 0 at padding. */
export function tokenEmbeddings(p: Scope, { modalities, dim }: MaskedModelConfig, tokens: PackedTokens): Tensor {
  const parts: Tensor[] = [];
  const target = new Int32Array(tokens.modality.length).fill(-1); // flat place -> row of the parts
  let count = 0;
  modalityNames(modalities).forEach((name, number) => {
    const rows = rowsOf(tokens, number);
    if (rows.length === 0) return;
    const ids = rows.map((row) => tokens.token[row]);
    parts.push(embedding(p.get(`encoder_embeddings.${name}.token_emb.weight`), tf.tensor1d(ids, 'int32')));
    rows.forEach((row) => (target[row] = count++));
  });
  parts.push(tf.zeros([1, dim])); // padding
  const order = target.map((row) => (row < 0 ? count : row));
  return embedding(tf.concat(parts), tf.tensor(order, [tokens.batchSize, tokens.length], 'int32'));
}
