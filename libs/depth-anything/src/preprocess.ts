import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';
import { normalizePixels, resizeBicubic, roundHalfEven, type Frames } from '@egolab/video';
import type { ProcessorConfig } from './config.ts';

/**
 * The size at which a frame goes through the network, as transformers' DPTImageProcessor: with `keep_aspect_ratio` the scale
 * nearer to 1 of the two serves both sides; then each side is rounded to a multiple.
 */
export function networkSize(
  height: number,
  width: number,
  processor: ProcessorConfig,
): { height: number; width: number } {
  const { size, keep_aspect_ratio: keepAspect, ensure_multiple_of: multiple } = processor;
  let scaleHeight = size.height / height;
  let scaleWidth = size.width / width;
  if (keepAspect) {
    if (Math.abs(1 - scaleWidth) < Math.abs(1 - scaleHeight)) scaleHeight = scaleWidth;
    else scaleWidth = scaleHeight;
  }
  const rounded = (length: number) => Math.max(multiple, roundHalfEven(length / multiple) * multiple);
  return { height: rounded(scaleHeight * height), width: rounded(scaleWidth * width) };
}

/** Frames as the network reads them: `[time, height', width', 3]`. */
export function networkPixels({ data, numFrames, height, width }: Frames, processor: ProcessorConfig): Tensor {
  const size = networkSize(height, width, processor);
  const frameBytes = height * width * 3;
  const values = new Float32Array(numFrames * size.height * size.width * 3);
  for (let t = 0; t < numFrames; t++) {
    const frame = { data: data.subarray(t * frameBytes, (t + 1) * frameBytes), height, width };
    const { data: resized } = resizeBicubic(frame, size.height, size.width);
    values.set(normalizePixels(resized, processor.image_mean, processor.image_std), t * resized.length);
  }
  return tf.tensor(values, [numFrames, size.height, size.width, 3]);
}
