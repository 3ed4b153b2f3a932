import { readNpy, UserError } from '@egolab/foundation';

/** What a matrix must look like; names are for messages. */
export interface MatrixAxes {
  /** "clips" */
  readonly rows: string;
  readonly columns: string;
  /** a name for each row: its record in the annotations */
  readonly rowIds: readonly string[];
  readonly columnCount: number;
}

/**
 * Read predicted scores, `.npy` float32 `[rows, columns]`.
 * @throws UserError for another element type or shape, or NaN, naming the record
 */
export function readScoreMatrix(file: string, { rows, columns, rowIds, columnCount }: MatrixAxes): Float32Array {
  const { dtype, shape, data } = readNpy(file);
  if (dtype !== 'float32' || !(data instanceof Float32Array))
    throw new UserError({
      what: `expected float32, got ${dtype}`,
      where: file,
      mend: 'save it with scores.astype(numpy.float32)',
    });
  if (shape.length !== 2 || shape[0] !== rowIds.length || shape[1] !== columnCount)
    throw new UserError({
      what: `expected ${rowIds.length} ${rows} x ${columnCount} ${columns}, got [${shape.join(', ')}]`,
      where: file,
      mend:
        shape.length === 2 && shape[0] === columnCount && shape[1] === rowIds.length
          ? 'it is transposed'
          : 'check that it was predicted for these annotations, in their order',
    });
  let nan = 0;
  while (nan < data.length && !Number.isNaN(data[nan])) nan++;
  if (nan < data.length) {
    const [row, column] = [Math.floor(nan / columnCount), nan % columnCount];
    throw new UserError({ what: 'the score is NaN', where: `${file}, row ${row} (${rowIds[row]}), column ${column}` });
  }
  return data;
}
