import { integers, type Rule, type Rules } from '../tensor-type.ts';
import { afterWindows } from './products.ts';

/** To a given height and width. */
const resize: Rule = (call) => {
  const { shape, dtype } = call.inputs[0];
  return { outputs: [{ shape: [shape[0], ...integers(call, 1), shape[3]], dtype }] };
};

/** What the resized image's gradient gives the original, which is input 1. */
const resizeGradient: Rule = ({ inputs: [, { shape, dtype }] }) => ({ outputs: [{ shape, dtype }] });

/** … whose height and width are input 1. */
const nearestGradient: Rule = (call) => {
  const { shape, dtype } = call.inputs[0];
  return { outputs: [{ shape: [shape[0], ...integers(call, 1), shape[3]], dtype }] };
};

/** Images, boxes, the image of each box, a size. */
const crops: Rule = (call) => {
  const [images, boxes] = call.inputs;
  return { outputs: [{ shape: [boxes.shape[0], ...integers(call, 3), images.shape[3]], dtype: images.dtype }] };
};

const pool: Rule = (call) => {
  const { shape, dtype } = call.inputs[0];
  const kernel = (call.attributes['ksize'] as number[]).slice(1, -1);
  return { outputs: [{ shape: afterWindows(call, shape, kernel, shape.at(-1)!), dtype }] };
};

/** The shape of what was pooled, then the gradient of the result. */
const averageGradient: Rule = (call) => ({ outputs: [{ shape: integers(call, 0), dtype: call.inputs[1].dtype }] });

const maxGradient: Rule = ({ inputs: [{ shape, dtype }] }) => ({ outputs: [{ shape, dtype }] });

export const images: Rules = {
  AvgPool: pool,
  AvgPool3D: pool,
  AvgPool3DGrad: averageGradient,
  AvgPoolGrad: averageGradient,
  CropAndResize: crops,
  MaxPool: pool,
  MaxPoolGrad: maxGradient,
  ResizeBilinear: resize,
  ResizeBilinearGrad: resizeGradient,
  ResizeNearestNeighbor: resize,
  ResizeNearestNeighborGrad: nearestGradient,
};
