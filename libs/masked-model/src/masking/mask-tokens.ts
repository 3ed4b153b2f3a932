import { Random } from '@egolab/foundation';
import { z } from 'zod';
import { modalityNames, numTokens, type TokenModalities } from '../modalities.ts';
import { append, emptyList, type TokenList } from '../packing.ts';
import { tokenBudgets } from './budgets.ts';

const count = z.number().int().positive();

/** What of a clip the model sees and predicts (section 3.3); the defaults are the release's. */
export const maskingConfigSchema = z.strictObject({
  /** visible input tokens of a clip, over all modalities */
  numInputTokens: count.default(2048),
  /** … and target tokens */
  numTargetTokens: count.default(2048),
  /** concentrations of the symmetric Dirichlet distributions of which each clip draws one, for its inputs and targets alike */
  alphas: z.array(z.number().positive()).min(1).default([0.01, 0.1, 1, 10]),
  /** dropped: the release, where the numbers above are upper bounds; redistributed: a fixed number, as the paper says */
  leftover: z.enum(['dropped', 'redistributed']).default('dropped'),
});
export type MaskingConfig = z.infer<typeof maskingConfigSchema>;

/** Disjoint parts of a clip. */
export interface MaskedTokens {
  inputs: TokenList;
  targets: TokenList;
}

/** Whose mask it is: the same seed, data set, clip and visit always have the same. */
export interface MaskIdentity {
  seed: number;
  source: string;
  key: string;
  /** how often training has seen the clip before */
  visit: number;
}

/**
 * Draw inputs and targets of a clip. Nothing but the identity decides: neither order nor batches nor workers do.
 *
 * @param tokens modality name -> its tokens; modalities that the clip lacks aren't there and are neither input nor target
 */
export function maskTokens(
  tokens: Readonly<Record<string, Int32Array>>,
  modalities: TokenModalities,
  { numInputTokens, numTargetTokens, alphas, leftover }: MaskingConfig,
  { seed, source, key, visit }: MaskIdentity,
): MaskedTokens {
  const random = new Random(seed).split('masks', source, key, visit);
  const names = modalityNames(modalities);
  const present = names.flatMap((name, number) => (tokens[name] ? [{ number, tokens: tokens[name], name }] : []));
  for (const each of present) checkLength(each, modalities, key);
  const limits = present.map(({ tokens }) => tokens.length);
  const alpha = random.choice(alphas);
  const inputs = tokenBudgets(numInputTokens, limits, alpha, leftover, random);
  const remaining = limits.map((limit, i) => limit - inputs[i]);
  const targets = tokenBudgets(numTargetTokens, remaining, alpha, leftover, random);

  const masked = { inputs: emptyList(), targets: emptyList() };
  present.forEach(({ number, tokens }, i) => {
    const drawn = drawPositions(tokens.length, inputs[i] + targets[i], random);
    append(masked.inputs, number, drawn.subarray(0, inputs[i]).sort(), tokens);
    append(masked.targets, number, drawn.subarray(inputs[i]).sort(), tokens);
  });
  return masked;
}

/** The first `wanted` places of a random permutation of `length`. */
export function drawPositions(length: number, wanted: number, random: Random): Int32Array {
  const positions = Int32Array.from({ length }, (_, i) => i);
  for (let i = 0; i < wanted; i++) {
    const j = random.integer(i, length - 1);
    [positions[i], positions[j]] = [positions[j], positions[i]];
  }
  return positions.subarray(0, wanted);
}

function checkLength(
  { name, tokens }: { name: string; tokens: Int32Array },
  modalities: TokenModalities,
  key: string,
): void {
  const expected = numTokens(modalities[name]);
  if (tokens.length !== expected)
    throw new Error(`${key}: expected ${expected} tokens of ${name}, got ${tokens.length}`);
}
