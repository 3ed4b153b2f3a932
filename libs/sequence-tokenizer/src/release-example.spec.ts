import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalize, fromMatrix, fromNineNumbers, toNineNumbers } from '@egolab/ego-data';
import { Random, readNpy, readNpz } from '@egolab/foundation';
import { describe, expect, it } from 'vitest';
import {
  cameraReconstruction,
  CameraTokenizer,
  gazeReconstruction,
  GazeTokenizer,
  releasedStandardization,
  sequenceTokenizerConfigSchema,
} from './index.ts';

const example = new URL('../../../../shared/real/egom2p-example', import.meta.url).pathname;
const numbers = (name: string) => readNpy(join(example, name)).data as Float32Array | Float64Array;

/** The release's codebook and lengths, on a narrow network of random weights: shapes and ranges don't depend on either. */
const narrow = { dim: 16, depth: 1, numHeads: 2 };

function releasedTokens(name: string): number[] {
  const { shape, data } = readNpz(join(example, name), 'arr_0');
  expect(shape).toEqual([30]);
  return Array.from(data as ArrayLike<number | bigint>, Number);
}

describe.skipIf(!existsSync(example))("the release's example clip (needs ../shared/real)", () => {
  it('camera: as many tokens of the same codebook, decoded to numbers of the same range', () => {
    const tokenizer = CameraTokenizer.initialize(
      sequenceTokenizerConfigSchema.parse({ modality: 'camera', ...narrow }),
      releasedStandardization,
      new Random(1),
    );
    const matrices = numbers('cam.npy');
    const poses = Array.from({ length: 60 }, (_, i) => fromMatrix(matrices.subarray(i * 16, i * 16 + 16)));
    const camera = toNineNumbers(canonicalize(poses));
    const [tokens] = tokenizer.tokenize([camera]);
    const released = releasedTokens('cam-tok.npz');
    expect(tokens).toHaveLength(released.length);
    for (const token of [...tokens, ...released]) expect(token).toBeLessThan(tokenizer.config.codebookSize);
    const [decoded] = tokenizer.detokenize([released]);
    const theirs = numbers('cam-recon.npy');
    expect(decoded).toHaveLength(theirs.length);
    // canonical as ours are: what it decodes of the first frame is nearly the identity, and all of it lies near the truth
    const errors = cameraReconstruction([camera], [Float32Array.from(theirs)]);
    expect(errors.translation_cm).toBeLessThan(1);
    expect(errors.rotation_deg).toBeLessThan(2);
    expect(fromNineNumbers(theirs)[0].rotation[0]).toBeCloseTo(1, 1);
    tokenizer.dispose();
  });

  it('gaze: as many tokens of the same codebook, decoded to fractions of the same frame', () => {
    const tokenizer = GazeTokenizer.initialize(
      sequenceTokenizerConfigSchema.parse({ modality: 'gaze', ...narrow }),
      new Random(1),
    );
    // HoloAssist: 896 x 504 pixels, of which the middle 480 x 480 are the frame
    const pixels = numbers('gaze.npy');
    const valid = Uint8Array.from({ length: 60 }, (_, t) => (Number.isNaN(pixels[2 * t]) ? 0 : 1));
    const xy = Float32Array.from(pixels, (value, i) => (Number.isNaN(value) ? 0 : (value - (i % 2 ? 12 : 208)) / 480));
    const [tokens] = tokenizer.tokenize([{ xy, valid }]);
    const released = releasedTokens('gaze-tok.npz');
    expect(tokens).toHaveLength(released.length);
    for (const token of [...tokens, ...released]) expect(token).toBeLessThan(tokenizer.config.codebookSize);
    const theirs = Float32Array.from(numbers('gaze-recon.npy'));
    expect(tokenizer.detokenize([released])[0]).toHaveLength(theirs.length);
    expect(gazeReconstruction([{ xy, valid }], [theirs]).distance).toBeLessThan(0.02);
    tokenizer.dispose();
  });
});
