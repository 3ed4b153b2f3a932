import { z } from 'zod';

/** VideoLLaMA2's spatial-temporal convolution connector; padding 1 is `stc_connector`, padding 0 `stc_connector_v35`. */
const stcSchema = z.strictObject({
  kind: z.literal('stc_connector'),
  /** blocks in each of the two RegStages */
  depth: z.number().int().positive().default(4),
  /** padding of the stride-2 3D convolution: 16 frames of 24 x 24 patches become 9 x 13 x 13 tokens with 1, 8 x 12 x 12 with 0 */
  padding: z.union([z.literal(0), z.literal(1)]).default(1),
});

/** LLaVA's two-layer MLP on every patch. */
const mlpSchema = z.strictObject({
  kind: z.literal('mlp2x_gelu'),
  /** mean: frames are averaged first, as VideoLLaMA2 does; keep: every frame's patches become tokens */
  temporal: z.enum(['mean', 'keep']).default('mean'),
});

/** The connector between vision tower and language model, a typed switch; kinds are VideoLLaMA2's `mm_projector_type`. */
export const connectorConfigSchema = z.discriminatedUnion('kind', [stcSchema, mlpSchema]);
export type ConnectorConfig = z.infer<typeof connectorConfigSchema>;
export type StcConnectorConfig = z.infer<typeof stcSchema>;
export type MlpConnectorConfig = z.infer<typeof mlpSchema>;

export interface ConnectorOptions {
  /** Recompute each RegNet block in the backward pass instead of keeping its activations. */
  gradientCheckpointing?: boolean;
}

/** Widths that the connector joins. */
export interface ConnectorWidths {
  /** channels of the vision tower */
  vision: number;
  /** hidden size of the language model */
  language: number;
}
