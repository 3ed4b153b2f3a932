import { psnr } from '@egolab/metrics';
import { codebookUse } from '@egolab/sequence-tokenizer';
import type { VideoTokenizer } from '@egolab/video-tokenizer';
import type { Metrics } from '../../stage.ts';
import type { VideoClips, VideoExample } from './video-clips.ts';

/**
 * Take held-out videos through the tokens and back: how much of the codebook they use, PSNR in dB, and the mean absolute error as a
 * fraction of the range; of depth, that is of the inverse depth.
 */
export async function evaluateVideoTokenizer(
  tokenizer: VideoTokenizer,
  videos: VideoClips,
  examples: readonly VideoExample[],
): Promise<Metrics> {
  const metrics: Record<string, Metrics> = {};
  for (const modality of ['rgb', 'depth'] as const) {
    const own = examples.filter((example) => example.modality === modality);
    if (own.length === 0) continue;
    const tokens: number[] = [];
    let [decibels, l1] = [0, 0];
    for (const example of own) {
      const pixels = await videos.read(example);
      const decoded = throughTokens(tokenizer, videos, example, pixels, tokens);
      const size = { ...videos.videoSize, channels: modality === 'rgb' ? 3 : 1 };
      decibels += psnr({ ...size, data: decoded }, { ...size, data: pixels }) / own.length;
      l1 += meanAbsolute(pixels, decoded) / own.length;
    }
    const { used, perplexity } = codebookUse(tokens, tokenizer.codebookSize);
    metrics[modality] = { videos: own.length, psnr: decibels, l1, codebook_used: used, perplexity };
  }
  return metrics;
}

/** The video that its tokens give; they are added to `all`. */
function throughTokens(
  tokenizer: VideoTokenizer,
  { videoSize: size }: VideoClips,
  { modality }: VideoExample,
  pixels: Uint8Array,
  all: number[],
): Uint8Array {
  const { tokens } =
    modality === 'rgb' ? tokenizer.tokenizeColour(pixels, size) : tokenizer.tokenizeDepth(pixels, size);
  for (const token of tokens) all.push(token);
  return modality === 'rgb'
    ? tokenizer.detokenizeColour(tokens, size)
    : Uint8Array.from(tokenizer.detokenizeDepth(tokens, size), Math.round);
}

function meanAbsolute(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
  return sum / a.length / 255;
}
