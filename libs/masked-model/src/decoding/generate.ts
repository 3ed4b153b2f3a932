import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { Random } from '@egolab/foundation';
import { tf } from '@egolab/runtime';
import { z } from 'zod';
import { drawPositions } from '../masking/mask-tokens.ts';
import { numTokens } from '../modalities.ts';
import type { MaskedModel, MaskedModelOptions } from '../model.ts';
import { append, emptyList, packTokens, type TokenList } from '../packing.ts';
import { sampleTokens, type Samples } from './sampling.ts';
import { cosineSchedule, linearSchedule, temperatures, temperatureScheduleSchema } from './schedules.ts';

/** How the tokens of one modality are decoded (section 3.4). */
export const decodingSchema = z.strictObject({
  /** ROAR: random order, a step asks for its own tokens only; MaskGIT: a step asks for all that remain and keeps the most probable */
  order: z.enum(['roar', 'maskgit']).default('roar'),
  schedule: z.enum(['linear', 'cosine']).default('linear'),
  steps: z.number().int().positive(),
  /** the paper's omega: (1 + omega) conditional - omega unconditional; 0: no second pass. The release's scale is 1 + omega = 2 */
  guidance: z.number().min(0).default(1),
  temperature: z.number().min(0).default(0.01),
  temperatureSchedule: temperatureScheduleSchema.default({ kind: 'constant' }),
  topK: z.number().int().min(0).default(0),
  topP: z.number().min(0).max(1).default(0.8),
});
export type Decoding = z.infer<typeof decodingSchema>;

/** The release's numbers of steps; the paper speaks of one for the small modalities. */
export const releasedSteps = { tok_cam: 3, tok_gaze: 5, tok_depth: 3, tok_rgb: 6 } as const;

/** Whole modalities of a clip: name -> tokens. */
export type ClipTokens = Record<string, Int32Array>;

export interface GenerateOptions extends MaskedModelOptions {
  seed: number;
}

/** One modality to generate. */
export interface GenerationTarget {
  modality: string;
  decoding: Decoding;
}

/**
 * Any modalities to any others: generate each target in turn, from what is given and from the targets before it (chained generation).
 *
 * @param given a record a clip; all clips have the same modalities
 * @returns the generated modalities of each clip
 */
export function generate(
  model: MaskedModel,
  given: readonly ClipTokens[],
  targets: readonly GenerationTarget[],
  options: GenerateOptions,
): ClipTokens[] {
  const known = given.map((clip) => ({ ...clip }));
  for (const target of targets) {
    const tokens = decodeModality(model, known, target, options);
    known.forEach((clip, i) => (clip[target.modality] = tokens[i]));
  }
  return known.map((clip) => Object.fromEntries(targets.map(({ modality }) => [modality, clip[modality]])));
}

/**
 * What the model believes of a whole modality when all its tokens are asked for in one pass and none is drawn.
 *
 * @param given a record a clip; all clips have the same modalities
 * @param guidance as in {@link Decoding}
 * @returns probabilities of each clip, `[token, vocabulary]`
 */
export function tokenProbabilities(
  model: MaskedModel,
  given: readonly ClipTokens[],
  modality: string,
  guidance: number,
  options: MaskedModelOptions = {},
): Float32Array[] {
  const number = numberOf(model, given, modality);
  const { vocabularySize } = model.config.modalities[modality];
  const total = numTokens(model.config.modalities[modality]);
  const clips = given.map((clip) => new PartialClip(model, clip, number, total));
  const everywhere = clips.map(() => Array.from({ length: total }, (_, position) => position));
  const probabilities = tf.tidy(() => tf.softmax(guidedLogits(model, clips, everywhere, number, guidance, options)));
  const all = probabilities.dataSync<'float32'>();
  probabilities.dispose();
  return clips.map((_, i) => all.slice(i * total * vocabularySize, (i + 1) * total * vocabularySize));
}

/** @throws Error for a modality that the model lacks or that is given */
function numberOf(model: MaskedModel, given: readonly ClipTokens[], modality: string): number {
  const number = model.names.indexOf(modality);
  if (number < 0) throw new Error(`expected a modality of ${model.names.join(', ')}, got '${modality}'`);
  if (given.some((clip) => clip[modality])) throw new Error(`${modality} is given and can't be generated`);
  return number;
}

function decodeModality(
  model: MaskedModel,
  given: readonly ClipTokens[],
  { modality, decoding }: GenerationTarget,
  { seed, ...options }: GenerateOptions,
): Int32Array[] {
  const number = numberOf(model, given, modality);
  const total = numTokens(model.config.modalities[modality]);
  const random = new Random(seed).split('decoding', modality);
  const counts = (decoding.schedule === 'linear' ? linearSchedule : cosineSchedule)(total, decoding.steps);
  const heat = temperatures(decoding.temperature, decoding.temperatureSchedule, counts);
  const clips = given.map((clip) => new PartialClip(model, clip, number, total));
  counts.forEach((count, step) => {
    const stream = random.split('step', step);
    // one order for the whole batch where the model doesn't choose; both passes of the guidance ask for the same positions
    const order = drawPositions(total, total, stream.split('order'));
    const asked = clips.map((clip) => clip.remaining(order, decoding.order === 'roar' ? count : total));
    const logits = tf.tidy(() => guidedLogits(model, clips, asked, number, decoding.guidance, options));
    const samples = sampleTokens(logits, { ...decoding, temperature: heat[step] }, stream.split('tokens'));
    logits.dispose();
    keep(clips, asked, samples, count);
  });
  return clips.map(({ tokens }) => tokens);
}

/** A clip of which one modality is being decoded. */
class PartialClip {
  readonly tokens: Int32Array;
  private readonly decoded: Uint8Array;
  private readonly given: TokenList = emptyList();

  constructor(
    model: MaskedModel,
    given: ClipTokens,
    private readonly target: number,
    total: number,
  ) {
    this.tokens = new Int32Array(total);
    this.decoded = new Uint8Array(total);
    model.names.forEach((name, number) => {
      if (given[name]) append(this.given, number, given[name].keys(), given[name]);
    });
  }

  /** The first `count` positions of `order` that aren't decoded yet. */
  remaining(order: Int32Array, count: number): number[] {
    const open: number[] = [];
    for (const position of order) {
      if (open.length === count) break;
      if (!this.decoded[position]) open.push(position);
    }
    return open;
  }

  set(position: number, token: number): void {
    this.tokens[position] = token;
    this.decoded[position] = 1;
  }

  /** What the encoder sees; without the conditioning modalities only what was decoded so far. */
  visible(conditioned: boolean): TokenList {
    const list = conditioned
      ? { modality: [...this.given.modality], position: [...this.given.position], token: [...this.given.token] }
      : emptyList();
    const positions = [...this.decoded.keys()].filter((position) => this.decoded[position]);
    append(list, this.target, positions, this.tokens);
    return list;
  }
}

/** Classifier-free guidance (Ho and Salimans 2022): u + (1 + omega)(c - u). */
function guidedLogits(
  model: MaskedModel,
  clips: readonly PartialClip[],
  asked: readonly number[][],
  number: number,
  guidance: number,
  options: MaskedModelOptions,
): Tensor {
  const places = packTokens(
    asked.map((positions) => ({
      modality: positions.map(() => number),
      position: positions,
      token: positions.map(() => 0),
    })),
  );
  const logits = (conditioned: boolean) => {
    const inputs = packTokens(clips.map((clip) => clip.visible(conditioned)));
    const decoded = model.decode(model.encode(inputs, options), places, options);
    return model.logits(decoded, places, model.names[number]);
  };
  const conditional = tf.tidy(() => logits(true));
  if (guidance === 0) return conditional;
  const unconditional = tf.tidy(() => logits(false));
  return tf.add(unconditional, tf.mul(tf.sub(conditional, unconditional), 1 + guidance));
}

/** Write this step's tokens: all that were asked for, or the `count` most probable ones. */
function keep(
  clips: readonly PartialClip[],
  asked: readonly number[][],
  { tokens, probabilities }: Samples,
  count: number,
): void {
  let first = 0;
  clips.forEach((clip, i) => {
    const places = asked[i].map((_, at) => first + at);
    const best = places.sort((a, b) => probabilities[b] - probabilities[a]).slice(0, count);
    for (const row of best) clip.set(asked[i][row - first], tokens[row]);
    first += asked[i].length;
  });
}
