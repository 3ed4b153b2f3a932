import { clipVisionConfigSchema, gridSide } from '@egolab/dual-encoder';
import { mappingConfigSchema } from '@egolab/ego-exo-mapping';
import type { LlamaConfig } from '@egolab/language-model';
import { z } from 'zod';
import { connectorConfigSchema, numVisualTokens } from './connector/index.ts';

/** Everything of the model but the language model, which brings its own configuration. */
export const visionSideSchema = z.strictObject({
  vision: clipVisionConfigSchema.strict(),
  connector: connectorConfigSchema,
  mapping: mappingConfigSchema,
  /** one connector for both towers, or one each; the paper never mentions the connector */
  connectors: z.enum(['shared', 'per-tower']).default('shared'),
  /** which of the two token sequences comes first where teacher's and student's are concatenated; the paper doesn't say */
  concatenation: z.enum(['exo-first', 'ego-first']).default('exo-first'),
});

export type VideoLlmConfig = z.infer<typeof visionSideSchema> & { languageModel: LlamaConfig };

/** Visual tokens of one clip of one view. */
export function tokensPerView({ vision, connector }: VideoLlmConfig, time: number): number {
  return numVisualTokens(connector, time, gridSide(vision), gridSide(vision));
}
