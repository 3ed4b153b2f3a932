import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { type Random, suggestion, UserError } from '@egolab/foundation';
import { dropout, init, linear, Parameters, type ParameterSpecs, type Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { LlamaConfig } from './config.ts';
import { decoderLinears } from './parameters.ts';

/** Low-rank adaptation (Hu et al. 2021), as in peft. */
export interface LoraConfig {
  /** r: the width of the bottleneck */
  rank: number;
  /** the update is scaled by alpha / rank */
  alpha: number;
  /** probability of dropping an input of A while training */
  dropout: number;
  /**
   * Which linears are adapted: patterns for the whole path, `*` standing for any run of characters but a dot, such as
   * `model.layers.*.self_attn.q_proj`. Unlike peft's suffixes they can't reach into a vision tower beside the model.
   */
  targets: readonly string[];
}

/** All seven linears of every decoder layer. */
export const ALL_DECODER_LINEARS: readonly string[] = ['model.layers.*.self_attn.*_proj', 'model.layers.*.mlp.*_proj'];

/** A low-rank update beside a frozen model. */
export interface LoraAdapter {
  config: LoraConfig;
  /** `<path>.lora_A.weight` [rank, in] and `<path>.lora_B.weight` [out, rank] */
  parameters: Parameters;
}

/** An adapter at work: with `dropout` (while training) each module draws from its own stream of it. */
export interface ActiveLora {
  adapter: LoraAdapter;
  dropout?: Random;
}

/**
 * Full paths of the linears that the targets name, in the model's order.
 *
 * @throws UserError for a pattern that names none
 */
export function loraTargets(config: LlamaConfig, targets: readonly string[]): string[] {
  const linears = [...decoderLinears(config).keys()];
  const patterns = targets.map((target) => ({ target, pattern: pathPattern(target) }));
  for (const { target, pattern } of patterns) {
    if (!linears.some((path) => pattern.test(path))) {
      const first = linears
        .filter((path) => path.startsWith('model.layers.0.'))
        .map((path) => path.replace('.0.', '.*.'));
      throw new UserError({
        what: `the LoRA target "${target}" names no linear of the model; targets are full paths: ${suggestion(target, first)}`,
        mend: 'correct the target',
      });
    }
  }
  return linears.filter((path) => patterns.some(({ pattern }) => pattern.test(path)));
}

/** The target as a regular expression for whole paths. */
export function pathPattern(target: string): RegExp {
  return new RegExp(
    `^${target
      .split('*')
      .map((part) => part.replace(/[.\\+?^${}()|[\]]/g, '\\$&'))
      .join('[^.]*')}$`,
  );
}

/** A (kaiming uniform with slope sqrt 5) and B (zeros) of every target: the update starts at nothing. */
export function loraParameters(
  config: LlamaConfig,
  { rank, targets }: Pick<LoraConfig, 'rank' | 'targets'>,
): ParameterSpecs {
  const linears = decoderLinears(config);
  const specs: ParameterSpecs = {};
  for (const path of loraTargets(config, targets)) {
    const [out, inputs] = linears.get(path)!;
    specs[`${path}.lora_A.weight`] = { shape: [rank, inputs], init: init.kaimingUniform(Math.sqrt(5)) };
    specs[`${path}.lora_B.weight`] = { shape: [out, rank], init: init.zeros() };
  }
  return specs;
}

/** A fresh adapter. The caller disposes its parameters. */
export function createLora(config: LlamaConfig, lora: LoraConfig, random: Random): LoraAdapter {
  return { config: lora, parameters: Parameters.initialize(loraParameters(config, lora), random) };
}

export const loraScale = ({ rank, alpha }: LoraConfig) => alpha / rank;

/**
 * The linear at `path`, with its low-rank update where the adapter has one: W x + (alpha / r) B A dropout(x).
 *
 * @param x `[..., in]`
 */
export function adaptedLinear(p: Scope, path: string, x: Tensor, lora: ActiveLora | undefined): Tensor {
  const base = linear(p.scope(path), x);
  if (!lora?.adapter.parameters.has(`${path}.lora_A.weight`)) return base;
  const { config, parameters } = lora.adapter;
  const dropped =
    lora.dropout && config.dropout > 0
      ? dropout(x, config.dropout, lora.dropout.split(path).integer(0, 2 ** 31 - 1))
      : x;
  // scaled where it is narrowest
  const bottleneck = tf.mul(linear(parameters.scope(`${path}.lora_A`), dropped), loraScale(config));
  return tf.add(base, linear(parameters.scope(`${path}.lora_B`), bottleneck));
}
