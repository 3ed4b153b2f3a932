import { join } from 'node:path';
import { z } from 'zod';
import { readJsonFile, UserError } from '@egolab/foundation';

const count = z.number().int().positive();

/** Field names and defaults of transformers' BertConfig (the defaults are BERT-Base). */
export const bertConfigSchema = z.object({
  vocab_size: count.default(30522),
  hidden_size: count.default(768),
  intermediate_size: count.default(3072),
  num_hidden_layers: count.default(12),
  num_attention_heads: count.default(12),
  max_position_embeddings: count.default(512),
  type_vocab_size: count.default(2),
  hidden_act: z.literal('gelu').default('gelu'),
  position_embedding_type: z.literal('absolute').default('absolute'),
  layer_norm_eps: z.number().positive().default(1e-12),
  model_type: z.literal('bert').default('bert'),
});
export type BertConfig = z.infer<typeof bertConfigSchema>;

/** `1_Pooling/config.json` of a SentenceBERT folder: what is made of the token embeddings. */
const poolingSchema = z.object({
  word_embedding_dimension: count,
  pooling_mode_cls_token: z.literal(false),
  pooling_mode_mean_tokens: z.literal(true),
  pooling_mode_max_tokens: z.literal(false),
});

const lengthSchema = z.object({ max_seq_length: count.nullish() });

export interface SentenceConfig {
  bert: BertConfig;
  /** tokens of a text that are read, [CLS] and [SEP] included */
  maxTokens: number;
}

/**
 * The configuration of a SentenceBERT folder (`config.json`, and where they are there `1_Pooling/config.json`,
 * `sentence_bert_config.json`).
 * @throws UserError for a missing or foreign file, and for any pooling but the mean of the tokens
 */
export function readSentenceConfig(folder: string, exists: (path: string) => boolean): SentenceConfig {
  const bert = read(bertConfigSchema, join(folder, 'config.json'), 'expected the config of a BertModel');
  const pooling = join(folder, '1_Pooling', 'config.json');
  if (exists(pooling)) read(poolingSchema, pooling, 'only mean pooling is known, as all-MiniLM-L6-v2 has it');
  const lengths = join(folder, 'sentence_bert_config.json');
  const { max_seq_length: limit } = exists(lengths)
    ? read(lengthSchema, lengths, 'expected {"max_seq_length": …}')
    : { max_seq_length: undefined };
  return { bert, maxTokens: Math.min(limit ?? bert.max_position_embeddings, bert.max_position_embeddings) };
}

function read<T>(schema: z.ZodType<T>, file: string, mend: string): T {
  const parsed = schema.safeParse(readJsonFile(file, mend));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError({ what: `${issue.path.join('.') || 'the top'}: ${issue.message}`, where: file, mend });
}
