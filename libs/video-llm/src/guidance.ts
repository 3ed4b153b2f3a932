import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { cycleConsistencyLoss, klLoss, klOptionsSchema } from '@egolab/ego-exo-mapping';
import { z } from 'zod';
import { concatenate, connect, encodeVideo, mapFeatures } from './model.ts';
import type { ForwardOptions, VideoLlm, View } from './model.ts';

/** What stage 2 leaves open (Exo2Ego section 4.3). A loss that is `null` is not computed (Table 7, rows 3 and 4). */
export const guidanceSchema = z.strictObject({
  /**
   * Teacher's half of the language model's input: 'mapped' is F(x), which is what stage 3 and inference have, so that the VTG loss
   * trains F too; 'teacher' is y itself.
   */
  source: z.enum(['mapped', 'teacher']).default('mapped'),
  kl: klOptionsSchema.nullable().default(klOptionsSchema.parse({})),
  ccl: z
    .strictObject({ reduction: z.enum(['mean', 'sum']).default('mean') })
    .nullable()
    .default({ reduction: 'mean' }),
});
export type GuidanceOptions = z.infer<typeof guidanceSchema>;

export interface Guidance {
  /** `[batch, 2 * tokens, hiddenLLM]` */
  visualTokens: Tensor;
  kl?: Scalar;
  ccl?: Scalar;
}

/**
 * One view through its own tower and connector: initialisation and stage 1 (sections 4.1 and 4.2).
 *
 * @param frames normalised pixels `[batch, time, height, width, 3]`
 * @returns visual tokens `[batch, tokens, hiddenLLM]`
 */
export function viewVisualTokens(model: VideoLlm, view: View, frames: Tensor, options: ForwardOptions = {}): Tensor {
  return connect(model, view, encodeVideo(model.towers[view], model.config.vision, frames, options), options);
}

/**
 * Stage 2, teacher-student guidance (section 4.3): the visual tokens of teacher and student, the KL divergence between y and
 * F(x), and the cycle consistency loss (equation 2). Weights and the VTG loss are the stage's.
 *
 * @param ego, exo synchronised clips, normalised pixels `[batch, time, height, width, 3]`
 */
export function teacherStudentGuidance(
  model: VideoLlm,
  ego: Tensor,
  exo: Tensor,
  { source, kl, ccl }: GuidanceOptions,
  options: ForwardOptions = {},
): Guidance {
  const { vision, mapping, concatenation } = model.config;
  const x = encodeVideo(model.towers.ego, vision, ego, options);
  const y = encodeVideo(model.towers.exo, vision, exo, options);
  const F = (features: Tensor) => mapFeatures(model.F, mapping, features, options);
  const G = (features: Tensor) => mapFeatures(model.G, mapping, features, options);
  const mapped = F(x);
  const exoTokens = connect(model, 'exo', source === 'mapped' ? mapped : y, options);
  return {
    visualTokens: concatenate(exoTokens, connect(model, 'ego', x, options), concatenation),
    kl: kl ? klLoss(y, mapped, kl) : undefined,
    ccl: ccl ? cycleConsistencyLoss(x, G(mapped), y, F(G(y)), ccl) : undefined,
  };
}

/**
 * Stage 3 and inference (section 4.4): the egocentric clip x beside its estimated exocentric view F(x).
 *
 * @param ego normalised pixels `[batch, time, height, width, 3]`
 * @returns `[batch, 2 * tokens, hiddenLLM]`
 */
export function selfPracticeTokens(model: VideoLlm, ego: Tensor, options: ForwardOptions = {}): Tensor {
  const x = encodeVideo(model.towers.ego, model.config.vision, ego, options);
  const mapped = mapFeatures(model.F, model.config.mapping, x, options);
  return concatenate(
    connect(model, 'exo', mapped, options),
    connect(model, 'ego', x, options),
    model.config.concatenation,
  );
}
