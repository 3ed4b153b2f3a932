import type { GgufValue } from '@egolab/checkpoints';
import { UserError } from '@egolab/foundation';
import { z } from 'zod';

const count = z.number().int().positive();

/** A Llama or Mistral decoder; field names and defaults of transformers' LlamaConfig. */
export const llamaConfigSchema = z
  .object({
    vocab_size: count.default(32000),
    hidden_size: count.default(4096),
    intermediate_size: count.default(11008),
    num_hidden_layers: count.default(32),
    num_attention_heads: count.default(32),
    /** fewer than the query heads is grouped-query attention; null: as many */
    num_key_value_heads: count.nullable().default(null),
    /** null: hidden_size / num_attention_heads */
    head_dim: count.nullable().default(null),
    rms_norm_eps: z.number().positive().default(1e-6),
    rope_theta: z.number().positive().default(10000),
    /** a query sees this many keys, itself included; null: all before it */
    sliding_window: count.nullable().default(null),
    tie_word_embeddings: z.boolean().default(false),
    max_position_embeddings: count.default(2048),
    /** standard deviation of freshly drawn weights */
    initializer_range: z.number().positive().default(0.02),
  })
  .transform((config) => ({
    ...config,
    num_key_value_heads: config.num_key_value_heads ?? config.num_attention_heads,
    head_dim: config.head_dim ?? config.hidden_size / config.num_attention_heads,
  }))
  .refine(({ num_attention_heads, num_key_value_heads }) => num_attention_heads % num_key_value_heads === 0, {
    message: 'expected num_attention_heads to be a multiple of num_key_value_heads',
  })
  .refine(({ head_dim }) => Number.isInteger(head_dim) && head_dim % 2 === 0, {
    message: 'expected an even, whole head_dim (hidden_size / num_attention_heads)',
  });
export type LlamaConfig = z.infer<typeof llamaConfigSchema>;

/** What a `config.json` may say that this model doesn't compute. */
const plainRotary = z.object({
  rope_type: z.literal('default').optional(),
  type: z.literal('default').optional(),
  rope_theta: z.number().optional(),
});
const supportedSchema = z.object({
  model_type: z.enum(['llama', 'mistral']),
  hidden_act: z.literal('silu').default('silu'),
  attention_bias: z.literal(false).default(false),
  mlp_bias: z.literal(false).default(false),
  rope_scaling: plainRotary.nullish(),
  rope_parameters: plainRotary.nullish(),
});

/** MistralConfig's defaults where they differ from LlamaConfig's. */
const MISTRAL_DEFAULTS = {
  intermediate_size: 14336,
  num_key_value_heads: 8,
  sliding_window: 4096,
  max_position_embeddings: 131072,
};

/**
 * The configuration that a Hugging Face `config.json` of a Llama or Mistral model gives.
 *
 * @param json the file's content
 * @param where the file, for messages
 * @throws UserError for another architecture, biases, or a scaled rotary embedding
 */
export function parseLlamaConfig(json: unknown, where: string): LlamaConfig {
  const supported = check(supportedSchema, json, where);
  const fields = { ...(supported.model_type === 'mistral' ? MISTRAL_DEFAULTS : {}), ...(json as object) };
  const theta = supported.rope_parameters?.rope_theta; // where transformers 5 writes it
  return check(llamaConfigSchema, theta === undefined ? fields : { ...fields, rope_theta: theta }, where);
}

function check<T>(schema: z.ZodType<T>, json: unknown, where: string): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new UserError({
    what: parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'configuration'}: ${message}`).join('; '),
    where,
    mend: 'expected a Llama or Mistral model without biases and with the plain rotary embedding',
  });
}

/**
 * The configuration of a GGUF file of the `llama` architecture.
 *
 * @param metadata the file's metadata
 * @param tensors names (Hugging Face's) and shapes of its tensors: they settle the vocabulary's size and whether the head is tied
 */
export function llamaConfigFromGguf(
  metadata: ReadonlyMap<string, GgufValue>,
  tensors: ReadonlyMap<string, number[]>,
  where: string,
): LlamaConfig {
  const get = (key: string) => metadata.get(`llama.${key}`);
  const scaling = get('rope.scaling.type') ?? 'none';
  if (scaling !== 'none')
    throw new UserError({
      what: `expected a plain rotary embedding, got scaling "${String(scaling)}"`,
      where,
      mend: 'take a model without rotary scaling',
    });
  return check(
    llamaConfigSchema,
    {
      vocab_size: tensors.get('model.embed_tokens.weight')?.[0],
      hidden_size: get('embedding_length'),
      intermediate_size: get('feed_forward_length'),
      num_hidden_layers: get('block_count'),
      num_attention_heads: get('attention.head_count'),
      num_key_value_heads: get('attention.head_count_kv') ?? null,
      head_dim: get('attention.key_length') ?? get('rope.dimension_count') ?? null,
      rms_norm_eps: get('attention.layer_norm_rms_epsilon'),
      rope_theta: get('rope.freq_base'),
      max_position_embeddings: get('context_length'),
      tie_word_embeddings: !tensors.has('lm_head.weight'),
    },
    where,
  );
}
