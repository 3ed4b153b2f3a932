import { type NpyArray, readNpy, UserError } from '@egolab/foundation';
import { type DepthAlignment, depthErrors, validDepth } from '@egolab/metrics';
import type { Score } from './registry.ts';

/** Monocular depth (EgoM2P table of section 4.3): fractions; one alignment for the sequence, whatever the pooling. */
export const score: Score = ({ predictions, annotations }, { align, pool }) => {
  const predicted = depthMaps(predictions, ['float32']);
  const truth = depthMaps(annotations, ['float32', 'float16', 'float64']);
  if (predicted.shape.join() !== truth.shape.join())
    throw new UserError({
      what: `expected [${truth.shape}] values (frames, height, width), as ${annotations} has, got [${predicted.shape}]`,
      where: predictions,
      mend: 'resize the predictions; keep one for each frame',
    });
  const { data } = predicted;
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(Number(data[i])))
      throw new UserError({
        what: `expected a finite number, got ${data[i]}`,
        where: `${predictions}[${place(i, truth.shape)}]`,
      });
  }
  const values = truth.data as Float32Array | Float64Array;
  if (!values.some(validDepth))
    throw new UserError({ what: 'no pixel holds a depth: all are 0, negative or NaN', where: annotations });
  const frames = truth.shape[0];
  const { absRel, rmse, delta1, delta2, delta3 } = depthErrors(
    { data: data as Float32Array, frames },
    { data: values, frames },
    { alignment: align as DepthAlignment, pool: pool as 'sequence' | 'frame' },
  );
  return { abs_rel: absRel, rmse, delta1, delta2, delta3 };
};

function depthMaps(file: string, dtypes: readonly string[]): NpyArray {
  const array = readNpy(file);
  if (!dtypes.includes(array.dtype))
    throw new UserError({
      what: `expected ${dtypes.join(' or ')}, got ${array.dtype}`,
      where: file,
      mend: 'save depth as numpy.float32',
    });
  if (array.shape.length !== 3 || array.data.length === 0)
    throw new UserError({ what: `expected [frames, height, width], got [${array.shape}]`, where: file });
  return array;
}

const place = (index: number, [, height, width]: readonly number[]) =>
  `${Math.floor(index / (height * width))}, ${Math.floor(index / width) % height}, ${index % width}`;
