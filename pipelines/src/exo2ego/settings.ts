import { z } from 'zod';
import { clipVisionConfigSchema } from '@egolab/dual-encoder';
import { mappingConfigSchema } from '@egolab/ego-exo-mapping';
import { llamaConfigSchema } from '@egolab/language-model';
import { chatFormats, connectorConfigSchema } from '@egolab/video-llm';
import { dataSettings, type DataSettings } from './data-settings.ts';

const count = z.number().int().positive();

/** Architectures, and where released weights are. */
export const modelsSettings = z.strictObject({
  languageModel: z.strictObject({
    /** HF-format folder or GGUF file; null: stage `text-model` trains one of this `config` */
    weights: z.string().nullable(),
    config: llamaConfigSchema.nullable(),
    /** how a conversation is laid out: by the tokenizer's own chat template, or as VideoLLaMA2's first generation was trained */
    chatFormat: z.enum(chatFormats),
  }),
  /** both encoders start from this HF-format CLIP folder; null: random weights */
  visionWeights: z.string().nullable(),
  vision: clipVisionConfigSchema,
  /** VideoLLaMA2's `mm_projector` tensors (`mm_projector.bin` as released, or safetensors); null: random weights */
  connectorWeights: z.string().nullable(),
  connector: connectorConfigSchema,
  connectors: z.enum(['shared', 'per-tower']),
  mapping: mappingConfigSchema,
  concatenation: z.enum(['exo-first', 'ego-first']),
  video: z.strictObject({
    /** frames a clip */
    numFrames: count,
    sampler: z.enum(['videollama2-v1', 'videollama2-v1.5']),
    aspect: z.enum(['pad', 'crop']),
  }),
});
export type ModelsSettings = z.infer<typeof modelsSettings>;

/** Table 14 and supplement D.1: what every training stage sets. */
export const trainingSettings = z.strictObject({
  /** passes over the examples; a fraction ends within one. 0: nothing is trained, the stage hands on what it starts from */
  epochs: z.number().min(0),
  globalBatchSize: count,
  localBatchSize: count,
  optimizer: z.strictObject({
    learningRate: z.number().positive(),
    warmupRatio: z.number().min(0).max(1),
    weightDecay: z.number().min(0),
    beta1: z.number().min(0).max(1),
    beta2: z.number().min(0).max(1),
    epsilon: z.number().positive(),
    /** bound of the gradients' global norm */
    maxGradNorm: z.number().positive(),
  }),
  precision: z.enum(['float32', 'bfloat16']),
  gradientCheckpointing: z.boolean(),
  attention: z.enum(['full', 'chunked']),
  /** a resumable state is saved this often */
  saveEverySteps: count,
});
export type TrainingSettings = z.infer<typeof trainingSettings>;

/** Peak learning rate of an encoder that is trained beside parts that start from nothing; null: the optimiser's. */
export const encoderLearningRate = z.number().positive().nullable();

/** The sections that every Exo2Ego stage after `data` shares. */
export const sections = { data: dataSettings, models: modelsSettings };
export interface SharedSettings {
  data: DataSettings;
  models: ModelsSettings;
}
