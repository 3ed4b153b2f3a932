import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { embedding, init, layerNorm, prefixed } from '@egolab/nn';
import type { ParameterSpecs, Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { ClipTextConfig } from './config.ts';
import { encoder, encoderParameters, layerNormSpecs } from './encoder.ts';
import type { EncoderOptions } from './encoder.ts';

/** transformers' marker of checkpoints made before eos_token_id was right: they pool at the largest id instead. */
const LEGACY_EOS = 2;

/** Parameters of the text tower, named and initialised as in transformers' CLIPModel (`text_model.…`). */
export function clipTextParameters(config: ClipTextConfig): ParameterSpecs {
  const { hidden_size: hidden } = config;
  return prefixed('text_model', {
    'embeddings.token_embedding.weight': { shape: [config.vocab_size, hidden], init: init.normal(0.02) },
    'embeddings.position_embedding.weight': {
      shape: [config.max_position_embeddings, hidden],
      init: init.normal(0.02),
    },
    ...prefixed('encoder', encoderParameters(config)),
    ...prefixed('final_layer_norm', layerNormSpecs(hidden)),
  });
}

/**
 * CLIP's text transformer: causal attention, final norm, pooled at the first end-of-text token. There is no padding mask,
 * as in OpenAI's CLIP: what follows the end-of-text token can't reach it. Without `causal`, as EgoDTM's released code runs
 * it, everything is attended to, padding too: the length to which texts are padded is then part of the function.
 *
 * @param p scope holding `text_model`
 * @param ids `[text, sequence]`, each row with an end-of-text token
 * @returns `lastHidden` `[text, sequence, hidden]` after the final norm, `pooled` `[text, hidden]`
 */
export function clipText(
  p: Scope,
  config: ClipTextConfig,
  ids: number[][],
  { causal = true, ...options }: EncoderOptions & { causal?: boolean } = {},
): { lastHidden: Tensor; pooled: Tensor } {
  const sequence = ids[0].length;
  if (sequence > config.max_position_embeddings) {
    throw new Error(`clipText: expected at most ${config.max_position_embeddings} tokens, got ${sequence}`);
  }
  const model = p.scope('text_model');
  const tokens = embedding(model.get('embeddings.token_embedding.weight'), tf.tensor2d(ids, undefined, 'int32'));
  const positions = tf.slice(model.get('embeddings.position_embedding.weight'), [0, 0], [sequence, config.hidden_size]);
  const x = encoder(model.scope('encoder'), config, tf.add(tokens, positions), { ...options, causal });
  const lastHidden = layerNorm(model.scope('final_layer_norm'), x, config.layer_norm_eps);
  const rows = ids.map((row, text) => text * sequence + endOfText(row, config.eos_token_id));
  const pooled = tf.gather(tf.reshape(lastHidden, [-1, config.hidden_size]), tf.tensor1d(rows, 'int32'));
  return { lastHidden, pooled };
}

/** Position of a text's end-of-text token. */
export function endOfText(ids: number[], eosTokenId: number): number {
  const position = eosTokenId === LEGACY_EOS ? ids.indexOf(Math.max(...ids)) : ids.indexOf(eosTokenId);
  if (position < 0)
    throw new Error(`clipText: expected the end-of-text token ${eosTokenId} in every text, got [${ids}]`);
  return position;
}
