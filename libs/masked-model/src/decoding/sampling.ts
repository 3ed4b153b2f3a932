import type { Tensor, Tensor2D } from '@tensorflow/tfjs-node-gpu';
import type { Random } from '@egolab/foundation';
import { tf } from '@egolab/runtime';

export interface SamplingOptions {
  /** 0: the likeliest token */
  temperature: number;
  /** only the k likeliest tokens are drawn from; 0: all */
  topK: number;
  /** only the likeliest tokens that together reach this probability, the one that reaches it included; 0 or 1: all */
  topP: number;
}

/** A drawn token of each row and its probability among those that it was drawn from. */
export interface Samples {
  tokens: Int32Array;
  probabilities: Float64Array;
}

/**
 * Draw a token a row. As released: top-k and the nucleus (Holtzman et al. 2020) are found on the raw logits, and what they leave is
 * divided by the temperature.
 *
 * @param logits `[row, vocabulary]`
 */
export function sampleTokens(logits: Tensor, options: SamplingOptions, random: Random): Samples {
  const [rows] = logits.shape;
  const { values, indices, width, sizes } = candidates(logits, options);
  const samples = { tokens: new Int32Array(rows), probabilities: new Float64Array(rows) };
  for (let row = 0; row < rows; row++) {
    const first = row * width;
    const drawn = draw(values.subarray(first, first + sizes[row]), options.temperature, random);
    samples.tokens[row] = indices[first + drawn.choice];
    samples.probabilities[row] = drawn.probability;
  }
  return samples;
}

/** The tokens of each row that may be drawn: the first `sizes[row]` of its largest logits. */
interface Candidates {
  /** logits `[row, width]`, falling */
  values: Float32Array;
  indices: Int32Array;
  width: number;
  sizes: number[];
}

/** Candidates that are looked at first when a nucleus is sought; more are fetched where they don't hold it. */
const FIRST_CANDIDATES = 64;

function candidates(logits: Tensor, { temperature, topK, topP }: SamplingOptions): Candidates {
  const [rows, vocabulary] = logits.shape;
  const most = topK > 0 ? Math.min(topK, vocabulary!) : vocabulary!;
  const all = (width: number) => ({ ...largest(logits, width), sizes: Array<number>(rows).fill(width) });
  if (temperature === 0) return all(1);
  if (topP <= 0 || topP >= 1) return all(most);
  // the nucleus is a share of what top-k leaves, whose probabilities are known when all k are
  if (topK > 0) return nucleus(largest(logits, most), undefined, topP)!;
  const normalizers = read<Float32Array>(tf.tidy(() => tf.logSumExp(logits, 1)));
  for (let width = Math.min(FIRST_CANDIDATES, most); width < most; width *= 8) {
    const found = nucleus(largest(logits, width), normalizers, topP);
    if (found) return found;
  }
  return nucleus(largest(logits, most), undefined, topP)!;
}

function largest(logits: Tensor, width: number): Omit<Candidates, 'sizes'> {
  const { values, indices } = tf.topk(logits as Tensor2D, width, true);
  return { values: read(values), indices: read(indices), width };
}

/** The tensor's values, in place of the tensor. */
function read<Values>(tensor: Tensor): Values {
  const values = tensor.dataSync() as Values;
  tensor.dispose();
  return values;
}

/**
 * A token is in the nucleus when those before it have no more than `topP`, so the first one beyond is kept.
 *
 * @param normalizers log-sum-exp of each row's logits; undefined: the candidates are all there are
 * @returns undefined when some row's nucleus may go beyond the candidates
 */
function nucleus(
  found: Omit<Candidates, 'sizes'>,
  normalizers: Float32Array | undefined,
  topP: number,
): Candidates | undefined {
  const { values, width } = found;
  const sizes: number[] = [];
  for (let first = 0; first < values.length; first += width) {
    const row = values.subarray(first, first + width);
    const normalizer = normalizers?.[first / width] ?? logSumExp(row);
    let size = 0;
    for (let before = 0; size < width && before <= topP; size++) before += Math.exp(row[size] - normalizer);
    const whole = row.reduce((sum, value) => sum + Math.exp(value - normalizer), 0);
    if (normalizers && whole <= topP) return undefined;
    sizes.push(size);
  }
  return { ...found, sizes };
}

/** @param falling largest value first */
function logSumExp(falling: Float32Array): number {
  return falling[0] + Math.log(falling.reduce((sum, value) => sum + Math.exp(value - falling[0]), 0));
}

/** One draw from falling logits. */
function draw(falling: Float32Array, temperature: number, random: Random): { choice: number; probability: number } {
  if (temperature === 0) return { choice: 0, probability: 1 };
  const weights = Array.from(falling, (value) => Math.exp((value - falling[0]) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let rest = random.uniform() * total;
  let choice = 0;
  while (choice < weights.length - 1 && (rest -= weights[choice]) >= 0) choice++;
  return { choice, probability: weights[choice] / total };
}
