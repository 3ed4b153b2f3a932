import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { attention, embedding, gelu, init, layerNorm, linear, prefixed } from '@egolab/nn';
import type { ParameterSpecs, Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { BertConfig } from './config.ts';

/** transformers' `initializer_range` */
const STD = 0.02;

function layerNormSpecs(size: number): ParameterSpecs {
  return { weight: { shape: [size], init: init.ones() }, bias: { shape: [size], init: init.zeros() } };
}

function linearSpecs(inputs: number, outputs: number): ParameterSpecs {
  return {
    weight: { shape: [outputs, inputs], init: init.normal(STD) },
    bias: { shape: [outputs], init: init.zeros() },
  };
}

/** Parameters without the pooler, named and initialised as in transformers' BertModel. */
export function bertParameters(config: BertConfig): ParameterSpecs {
  const { hidden_size: hidden, intermediate_size: intermediate } = config;
  const layer = {
    ...prefixed('attention.self.query', linearSpecs(hidden, hidden)),
    ...prefixed('attention.self.key', linearSpecs(hidden, hidden)),
    ...prefixed('attention.self.value', linearSpecs(hidden, hidden)),
    ...prefixed('attention.output.dense', linearSpecs(hidden, hidden)),
    ...prefixed('attention.output.LayerNorm', layerNormSpecs(hidden)),
    ...prefixed('intermediate.dense', linearSpecs(hidden, intermediate)),
    ...prefixed('output.dense', linearSpecs(intermediate, hidden)),
    ...prefixed('output.LayerNorm', layerNormSpecs(hidden)),
  };
  const layers = Array.from({ length: config.num_hidden_layers }, (_, i) => prefixed(`encoder.layer.${i}`, layer));
  return {
    'embeddings.word_embeddings.weight': { shape: [config.vocab_size, hidden], init: init.normal(STD) },
    'embeddings.position_embeddings.weight': {
      shape: [config.max_position_embeddings, hidden],
      init: init.normal(STD),
    },
    'embeddings.token_type_embeddings.weight': { shape: [config.type_vocab_size, hidden], init: init.normal(STD) },
    ...prefixed('embeddings.LayerNorm', layerNormSpecs(hidden)),
    ...(Object.assign({}, ...layers) as ParameterSpecs),
  };
}

/**
 * BERT's encoder (Devlin et al. 2019): post-norm blocks, every token of type 0.
 *
 * @param p scope holding `embeddings` and `encoder`
 * @param ids `[text, sequence]`
 * @param mask `[text, sequence]`, 1 for tokens and 0 for padding; none: no padding
 * @returns the last hidden states `[text, sequence, hidden]`
 */
export function bert(p: Scope, config: BertConfig, ids: readonly number[][], mask?: readonly number[][]): Tensor {
  const sequence = ids[0].length;
  if (sequence > config.max_position_embeddings)
    throw new Error(`bert: expected at most ${config.max_position_embeddings} tokens, got ${sequence}`);
  return tf.tidy(() => {
    let x = embeddings(p.scope('embeddings'), config, ids as number[][], sequence);
    const visible = mask && tf.tensor2d(mask as number[][], undefined, 'bool');
    for (let layer = 0; layer < config.num_hidden_layers; layer++) {
      const input = x;
      x = tf.tidy(() => block(p.scope(`encoder.layer.${layer}`), config, input, visible));
    }
    return x;
  });
}

function embeddings(p: Scope, config: BertConfig, ids: number[][], sequence: number): Tensor {
  const words = embedding(p.get('word_embeddings.weight'), tf.tensor2d(ids, undefined, 'int32'));
  const positions = tf.slice(p.get('position_embeddings.weight'), [0, 0], [sequence, config.hidden_size]);
  const type = tf.slice(p.get('token_type_embeddings.weight'), [0, 0], [1, config.hidden_size]);
  return layerNorm(p.scope('LayerNorm'), tf.add(words, tf.add(positions, type)), config.layer_norm_eps);
}

function block(p: Scope, { num_attention_heads: heads, layer_norm_eps: eps }: BertConfig, x: Tensor, mask?: Tensor) {
  const attended = linear(p.scope('attention.output.dense'), selfAttention(p.scope('attention.self'), x, heads, mask));
  x = layerNorm(p.scope('attention.output.LayerNorm'), tf.add(attended, x), eps);
  const transformed = linear(p.scope('output.dense'), gelu(linear(p.scope('intermediate.dense'), x)));
  return layerNorm(p.scope('output.LayerNorm'), tf.add(transformed, x), eps);
}

function selfAttention(p: Scope, x: Tensor, heads: number, mask?: Tensor): Tensor {
  const [batch, sequence, hidden] = x.shape;
  const [q, k, v] = ['query', 'key', 'value'].map((name) =>
    tf.reshape(linear(p.scope(name), x), [batch, sequence, heads, hidden / heads]),
  );
  return tf.reshape(attention(q, k, v, { mask }), x.shape);
}

/**
 * SentenceBERT's sentence embedding (Reimers and Gurevych 2019): the mean of the token embeddings, scaled to length one.
 *
 * @param hidden `[text, sequence, hidden]`
 * @param mask `[text, sequence]`, 1 for tokens and 0 for padding
 * @returns `[text, hidden]`
 */
export function meanPooled(hidden: Tensor, mask?: readonly number[][]): Tensor {
  return tf.tidy(() => {
    const weights = mask && tf.expandDims(tf.tensor2d(mask as number[][], undefined, 'float32'), -1);
    const mean = weights ? tf.div(tf.sum(tf.mul(hidden, weights), 1), tf.sum(weights, 1)) : tf.mean(hidden, 1);
    return tf.div(mean, tf.sqrt(tf.sum(tf.square(mean), -1, true)));
  });
}
