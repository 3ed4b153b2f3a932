import type { Scalar } from '@tensorflow/tfjs-node-gpu';
import { openCheckpoint } from '@egolab/checkpoints';
import { clipVision, type ClipVisionConfig, clipVisionConfigSchema, clipVisionParameters } from '@egolab/dual-encoder';
import { Random } from '@egolab/foundation';
import { embedTokens, llama, llamaParameters, logits, parseLlamaConfig } from '@egolab/language-model';
import { crossEntropy, init, linear, Parameters, type ParameterSpecs, prefixed } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { maskedWorkload, TINY_MASKED } from './masked-workload.ts';
import { TINY_VIDEO, VIDEO, videoWorkload } from './video-workload.ts';

export type WorkloadName = 'vit' | 'smollm2' | 'masked' | 'video' | 'tiny-vit' | 'tiny-masked' | 'tiny-video';

/** How a step is computed; the loss doesn't depend on it. */
export interface StepOptions {
  attention: 'full' | 'chunked';
  /** samples whose activations are in memory together; only the contrastive step can have fewer than the batch */
  localBatch: number;
}

/** What both sides compute: the loss of one batch, its gradients, and (all but smollm2) the optimiser's update. */
export interface Workload {
  specs: ParameterSpecs;
  /** Whether a step updates the weights. */
  updates: boolean;
  inputs(batch: number): Record<string, { shape: number[]; data: Float32Array }>;
  /** @param inputs by name, as `inputs` made them */
  loss(p: Parameters, inputs: Record<string, Float32Array>, batch: number, options: StepOptions): Scalar;
}

const CLASSES = 1000;

const VIT_B_16 = { patch_size: 16, hidden_act: 'gelu' };

/** config.json of HuggingFaceTB/SmolLM2-135M. */
const SMOLLM2 = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  head_dim: 64,
  vocab_size: 49152,
  max_position_embeddings: 8192,
  rms_norm_eps: 1e-5,
  rope_theta: 100000,
  tie_word_embeddings: true,
  hidden_act: 'silu',
};

/** A vision transformer (ViT-B/16 at 224 pixels, or a tiny one) with a linear head over 1000 classes, a training step with AdamW. */
function vit(config: ClipVisionConfig): Workload {
  const { image_size: side, hidden_size: hidden } = config;
  return {
    specs: {
      ...clipVisionParameters(config),
      ...prefixed('head', {
        weight: { shape: [CLASSES, hidden], init: init.normal(0.02) },
        bias: { shape: [CLASSES], init: init.zeros() },
      }),
    },
    updates: true,
    inputs: (batch) => {
      const random = new Random('bench').split('vit');
      const pixels = Float32Array.from({ length: batch * side * side * 3 }, () => random.uniform(-1, 1));
      const labels = Float32Array.from({ length: batch }, () => random.integer(0, CLASSES - 1));
      return { pixels: { shape: [batch, side, side, 3], data: pixels }, labels: { shape: [batch], data: labels } };
    },
    loss: (p, { pixels, labels }, batch, { attention }) => {
      const pooled = clipVision(p, config, tf.tensor4d(pixels, [batch, side, side, 3]), { attention });
      return crossEntropy(linear(p.scope('head'), pooled), tf.tensor1d(Int32Array.from(labels), 'int32')) as Scalar;
    },
  };
}

const SEQUENCE = 128;

/** SmolLM2-135M on 128 tokens, forward and backward of the next-token loss. */
function smollm2(): Workload {
  const config = parseLlamaConfig(SMOLLM2, 'SmolLM2-135M');
  return {
    specs: llamaParameters(config),
    updates: false,
    inputs: (batch) => {
      const random = new Random('bench').split('smollm2');
      return {
        ids: {
          shape: [batch, SEQUENCE],
          data: Float32Array.from({ length: batch * SEQUENCE }, () => random.integer(0, config.vocab_size - 1)),
        },
      };
    },
    loss: (p, inputs, batch, { attention }) => {
      const ids = tf.tensor2d(Int32Array.from(inputs['ids']), [batch, SEQUENCE], 'int32');
      const hidden = llama(p, config, { embeddings: embedTokens(p, ids), attention });
      const rows = batch * (SEQUENCE - 1);
      const predicting = tf.reshape(tf.slice(hidden, [0, 0, 0], [batch, SEQUENCE - 1, config.hidden_size]), [
        rows,
        config.hidden_size,
      ]);
      const next = tf.reshape(tf.slice(ids, [0, 1], [batch, SEQUENCE - 1]), [rows]);
      return crossEntropy(logits(p, config, predicting), next) as Scalar;
    },
  };
}

const TINY_VIT = {
  ...VIT_B_16,
  image_size: 64,
  hidden_size: 96,
  intermediate_size: 384,
  num_hidden_layers: 4,
  num_attention_heads: 4,
};

export function workload(name: WorkloadName): Workload {
  switch (name) {
    case 'smollm2':
      return smollm2();
    case 'masked':
      return maskedWorkload({});
    case 'tiny-masked':
      return maskedWorkload(TINY_MASKED);
    case 'video':
    case 'tiny-video':
      return videoWorkload(configOf(name));
    case 'vit':
    case 'tiny-vit':
      return vit(clipVisionConfigSchema.parse(configOf(name)));
  }
}

/** The model's config as its reference takes it. */
export const configOf = (name: WorkloadName): object =>
  ({
    vit: VIT_B_16,
    smollm2: SMOLLM2,
    masked: {},
    video: VIDEO,
    'tiny-vit': TINY_VIT,
    'tiny-masked': TINY_MASKED,
    'tiny-video': TINY_VIDEO,
  })[name];

/** A checkpoint's values as parameters. */
export function loadBenchParameters({ specs }: Workload, path: string): Parameters {
  const checkpoint = openCheckpoint(path);
  try {
    return Parameters.read(specs, (name) => checkpoint.read(name));
  } finally {
    checkpoint.close();
  }
}
