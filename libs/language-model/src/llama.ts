import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { attention as attend, checkpointed, embedding, linear, rmsNorm, type Scope, swiglu } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { KeyValueCache } from './cache.ts';
import type { LlamaConfig } from './config.ts';
import { type ActiveLora, adaptedLinear } from './lora.ts';
import { applyRotary, type RotaryTables, rotaryTables } from './rotary.ts';

export interface LlamaInputs {
  /** `[batch, sequence, hidden]`: of token ids by `embedTokens`, with visual tokens spliced in, … */
  embeddings: Tensor;
  /** `[batch, cached + sequence]`, 1 for tokens and 0 for padding on either side; nothing: no padding */
  attentionMask?: Tensor;
  /** one row for each sequence; nothing: counted on from the cache (padding on the left shifts all of a row alike, which RoPE doesn't see) */
  positions?: readonly (readonly number[])[];
  /** keys and values of what came before; the new ones are added */
  cache?: KeyValueCache;
  lora?: ActiveLora;
  /** keep only each layer's input for the backward pass and compute the layer again there */
  gradientCheckpointing?: boolean;
  /** 'chunked' never holds a `[heads, query, key]` tensor for the backward pass */
  attention?: 'full' | 'chunked';
}

/** Token ids int32 `[batch, sequence]` -> `[batch, sequence, hidden]`. */
export function embedTokens(p: Scope, ids: Tensor): Tensor {
  return embedding(p.get('model.embed_tokens.weight'), ids);
}

/**
 * The Llama and Mistral decoder (Touvron et al. 2023, Jiang et al. 2023): pre-normalised layers of grouped-query causal
 * attention with rotary embedding and a SwiGLU feed-forward network. Reference: transformers' modeling_mistral.
 *
 * @returns hidden states `[batch, sequence, hidden]` after the final norm
 */
export function llama(p: Scope, config: LlamaConfig, inputs: LlamaInputs): Tensor {
  const { embeddings, cache, lora, gradientCheckpointing = false, attention = 'full' } = inputs;
  const [, length] = embeddings.shape;
  const start = cache?.length ?? 0;
  const positions = inputs.positions ?? [Array.from({ length }, (_, i) => start + i)];
  // what every layer reads beside its input; named to gradient checkpointing, which keeps it for the backward pass
  const { cos, signedSin } = rotaryTables(positions, config.head_dim, config.rope_theta);
  const shared = inputs.attentionMask ? [cos, signedSin, tf.cast(inputs.attentionMask, 'bool')] : [cos, signedSin];

  let hidden = embeddings;
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const run = (...[x, cos, signedSin, mask]: Tensor[]) =>
      tf.tidy(() => decoderLayer(p, config, layer, x, { rotary: { cos, signedSin }, mask, cache, lora, attention }));
    hidden = gradientCheckpointing ? checkpointed(run, [hidden, ...shared]) : run(hidden, ...shared);
  }
  return rmsNorm(p.scope('model.norm'), hidden, config.rms_norm_eps);
}

/** What a layer reads beside its input and the parameters. */
interface LayerContext {
  rotary: RotaryTables;
  /** bool `[batch, key]` */
  mask?: Tensor;
  cache?: KeyValueCache;
  lora?: ActiveLora;
  attention: 'full' | 'chunked';
}

/** x + attention(norm(x)), then x + feedForward(norm(x)). */
function decoderLayer(p: Scope, config: LlamaConfig, layer: number, x: Tensor, context: LayerContext): Tensor {
  const path = `model.layers.${layer}`;
  const norm = (name: string, input: Tensor) => rmsNorm(p.scope(`${path}.${name}`), input, config.rms_norm_eps);
  const attended = tf.add(x, selfAttention(p, config, layer, norm('input_layernorm', x), context));
  return tf.add(attended, feedForward(p, `${path}.mlp`, norm('post_attention_layernorm', attended), context.lora));
}

function selfAttention(p: Scope, config: LlamaConfig, layer: number, x: Tensor, context: LayerContext): Tensor {
  const { num_attention_heads: heads, num_key_value_heads: keyValueHeads } = config;
  const path = `model.layers.${layer}.self_attn`;
  const [batch, length] = x.shape;
  const project = (name: string, count: number) =>
    tf.reshape(adaptedLinear(p, `${path}.${name}`, x, context.lora), [batch, length!, count, config.head_dim]);
  const queries = applyRotary(project('q_proj', heads), context.rotary);
  const newKeys = applyRotary(project('k_proj', keyValueHeads), context.rotary);
  const newValues = project('v_proj', keyValueHeads);
  const { keys, values } = context.cache?.append(layer, newKeys, newValues) ?? { keys: newKeys, values: newValues };
  const attended = attend(queries, keys, values, {
    mask: context.mask,
    causal: length! > 1 || config.sliding_window !== null, // a single query is the last token: it sees every key
    slidingWindow: config.sliding_window,
    mode: context.attention,
  });
  return adaptedLinear(
    p,
    `${path}.o_proj`,
    tf.reshape(attended, [batch, length!, heads * config.head_dim]),
    context.lora,
  );
}

/** SwiGLU (Shazeer 2020): down(silu(gate x) * up x). */
function feedForward(p: Scope, path: string, x: Tensor, lora: ActiveLora | undefined): Tensor {
  const [gate, up] = ['gate_proj', 'up_proj'].map((name) => adaptedLinear(p, `${path}.${name}`, x, lora));
  return adaptedLinear(p, `${path}.down_proj`, swiglu(gate, up), lora);
}

/** Scores of every next token: hidden `[..., hidden]` -> `[..., vocabulary]`, by the head or, when tied, the embeddings. */
export function logits(p: Scope, config: LlamaConfig, hidden: Tensor): Tensor {
  return linear(p.scope(config.tie_word_embeddings ? 'model.embed_tokens' : 'lm_head'), hidden);
}
