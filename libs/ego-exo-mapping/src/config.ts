import { z } from 'zod';

export interface MappingOptions {
  /** Recompute each ResNet block in the backward pass instead of keeping its activations. */
  gradientCheckpointing?: boolean;
}

/** F and G as the ResNet generator "sourced from" CycleGAN (Exo2Ego section 5.1). */
const resnetMappingSchema = z.strictObject({
  kind: z.literal('resnet'),
  /** filters after the first convolution */
  ngf: z.number().int().positive().default(64),
  /** "nine ResNet blocks between the down-sampling and up-sampling operations" */
  nBlocks: z.number().int().nonnegative().default(9),
  /** stride-2 convolutions down, and as many transposed ones up; the grid side must be a multiple of 2^this */
  nDownsampling: z.number().int().nonnegative().default(2),
  /** instance norm erases each frame's own channel mean and scale; none keeps them */
  norm: z.enum(['instance', 'none']).default('instance'),
  /** CycleGAN ends in tanh because images lie in (-1, 1); CLIP features are unbounded, hence linear */
  outputActivation: z.enum(['linear', 'tanh']).default('linear'),
});

/** F and G as fully-connected networks on each token (Exo2Ego Table 7, row 5). The paper gives no depth or width. */
const fullyConnectedMappingSchema = z.strictObject({
  kind: z.literal('fully-connected'),
  hiddenSize: z.number().int().positive(),
  /** linear layers, ReLU between them */
  depth: z.number().int().min(2).default(3),
});

/** Architecture of F and G, a typed switch. */
export const mappingConfigSchema = z.discriminatedUnion('kind', [resnetMappingSchema, fullyConnectedMappingSchema]);
export type MappingConfig = z.infer<typeof mappingConfigSchema>;
export type ResnetMappingConfig = z.infer<typeof resnetMappingSchema>;
export type FullyConnectedMappingConfig = z.infer<typeof fullyConnectedMappingSchema>;
