import { init, type ParameterSpecs } from '@egolab/nn';
import type { LlamaConfig } from './config.ts';

/** The seven linears of decoder layer `layer` (none has a bias), by full path, as `[out, in]`. */
export function layerLinears(config: LlamaConfig, layer: number): Record<string, [out: number, inputs: number]> {
  const { hidden_size: hidden, intermediate_size: intermediate, head_dim } = config;
  const queries = config.num_attention_heads * head_dim;
  const keys = config.num_key_value_heads * head_dim;
  const path = `model.layers.${layer}`;
  return {
    [`${path}.self_attn.q_proj`]: [queries, hidden],
    [`${path}.self_attn.k_proj`]: [keys, hidden],
    [`${path}.self_attn.v_proj`]: [keys, hidden],
    [`${path}.self_attn.o_proj`]: [hidden, queries],
    [`${path}.mlp.gate_proj`]: [intermediate, hidden],
    [`${path}.mlp.up_proj`]: [intermediate, hidden],
    [`${path}.mlp.down_proj`]: [hidden, intermediate],
  };
}

/** All decoder linears, by full path. */
export function decoderLinears(config: LlamaConfig): Map<string, [out: number, inputs: number]> {
  const layers = Array.from({ length: config.num_hidden_layers }, (_, layer) =>
    Object.entries(layerLinears(config, layer)),
  );
  return new Map(layers.flat());
}

/** Names and shapes of transformers' LlamaForCausalLM and MistralForCausalLM; a tied head has no weight of its own. */
export function llamaParameters(config: LlamaConfig): ParameterSpecs {
  const { hidden_size: hidden, vocab_size: vocabulary } = config;
  const normal = init.normal(config.initializer_range);
  const norm = { shape: [hidden], init: init.ones() };
  const specs: ParameterSpecs = { 'model.embed_tokens.weight': { shape: [vocabulary, hidden], init: normal } };
  for (const [path, shape] of decoderLinears(config)) specs[`${path}.weight`] = { shape, init: normal };
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    specs[`model.layers.${layer}.input_layernorm.weight`] = norm;
    specs[`model.layers.${layer}.post_attention_layernorm.weight`] = norm;
  }
  specs['model.norm.weight'] = norm;
  if (!config.tie_word_embeddings) specs['lm_head.weight'] = { shape: [vocabulary, hidden], init: normal };
  return specs;
}
