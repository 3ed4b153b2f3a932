import { readNpy, UserError } from '@egolab/foundation';
import { type PixelVideo, psnr, ssim, ssimWindow } from '@egolab/metrics';
import { readVideo } from '@egolab/video';
import type { Score } from './registry.ts';

/**
 * Video synthesis (EgoM2P table 4): PSNR and SSIM. LPIPS and FVD are defined by trained networks (AlexNet with LPIPS's linear
 * weights, I3D of Kinetics-400) that can't ship with egolab; that they are missing is said on stderr.
 */
export const score: Score = async ({ predictions, annotations }) => {
  const [predicted, truth] = [await readPixels(predictions), await readPixels(annotations)];
  for (const size of ['frames', 'height', 'width'] as const) {
    if (predicted[size] === truth[size]) continue;
    const has = { frames: 'frames', height: 'rows of pixels', width: 'columns of pixels' }[size];
    throw new UserError({
      what: `expected ${truth[size]} ${has}, as ${annotations} has, got ${predicted[size]}`,
      where: predictions,
      mend: 'compare videos of the same size and length',
    });
  }
  if (Math.min(truth.height, truth.width) < ssimWindow)
    throw new UserError({
      what: `SSIM needs frames of at least ${ssimWindow}x${ssimWindow} pixels, got ${truth.height}x${truth.width}`,
      where: annotations,
    });
  process.stderr.write(
    'lpips, fvd: need weights (AlexNet with LPIPS linear layers; I3D of Kinetics-400), not in egolab: compute them with the authors’ packages\n',
  );
  return { psnr: psnr(predicted, truth), ssim: ssim(predicted, truth) };
};

async function readPixels(file: string): Promise<PixelVideo> {
  if (!file.endsWith('.npy')) {
    const { data, numFrames, height, width } = await readVideo(file);
    return { data, frames: numFrames, height, width, channels: 3 };
  }
  const { dtype, shape, data } = readNpy(file);
  if (dtype !== 'uint8')
    throw new UserError({
      what: `expected uint8, got ${dtype}`,
      where: file,
      mend: 'save pixels 0 to 255 as numpy.uint8',
    });
  if (shape.length !== 4 || shape[3] !== 3 || data.length === 0)
    throw new UserError({ what: `expected [frames, height, width, 3], got [${shape}]`, where: file });
  const [frames, height, width] = shape;
  return { data: data as Uint8Array, frames, height, width, channels: 3 };
}
