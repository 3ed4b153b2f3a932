import { mkdirSync } from 'node:fs';
import { modalities, type Modality } from '@egolab/ego-data';
import { suggestion, UserError } from '@egolab/foundation';
import { decodingSchema, generate, releasedSteps, type MaskedModel } from '@egolab/masked-model';
import { ClipCodec } from './clip-codec.ts';
import { loadMaskedModel } from './masked-model-files.ts';
import { readWindow } from './read-window.ts';
import { tokenNames } from './tokens.ts';
import { writeValue } from './write-value.ts';

export interface PredictOptions {
  /** folder of stage masked-pretrain or post-train */
  run: string;
  /** a colour video, or one of inverse depth with `from: 'depth'` */
  video: string;
  /** what the video shows; default rgb */
  from?: string;
  /** what to predict, each also from the predictions before it */
  to: readonly string[];
  /** folder for the predictions */
  out: string;
  /** second of the video at which the two seconds begin; default 0 */
  start?: number;
  /** default 0 */
  seed?: number;
}

export interface PredictAnswer {
  from: Modality;
  to: Modality[];
  /** modality -> file that was written */
  files: Partial<Record<Modality, string>>;
  /** time of the decoding, tokenizers not included */
  seconds: number;
}

/**
 * Any modality to any others (`egolab predict`), decoded as the release decodes: two seconds of video to depth and colour as mp4 and
 * PNG, the camera as a TUM trajectory, gaze as CSV.
 *
 * @throws UserError for modalities that don't exist or that the model lacks, a folder of another stage, and a video that is too short
 */
export async function predict(options: PredictOptions): Promise<PredictAnswer> {
  const { run, video, out, start = 0, seed = 0 } = options;
  const from = parseModality(options.from ?? 'rgb', '--from');
  const to = options.to.map((name) => parseModality(name, '--to'));
  checkRequest(from, to);
  const loaded = loadMaskedModel(run);
  let codec: ClipCodec | undefined;
  try {
    checkKnown(loaded.model, [from, ...to], run);
    codec = ClipCodec.load(loaded.tokenizers, loaded.model);
    const pixels = await readWindow(video, start, codec.size);
    const given = codec.encode(from, from === 'depth' ? grey(pixels) : pixels);
    const targets = to.map((modality) => {
      const name = tokenNames[modality];
      return { modality: name, decoding: decodingSchema.parse({ steps: releasedSteps[name] }) };
    });
    const began = performance.now();
    const [tokens] = generate(loaded.model, [{ [tokenNames[from]]: given }], targets, { seed });
    const seconds = (performance.now() - began) / 1000;
    mkdirSync(out, { recursive: true });
    const files: PredictAnswer['files'] = {};
    for (const modality of to) {
      const value = codec.decode(modality, tokens[tokenNames[modality]]);
      files[modality] = await writeValue(out, modality, value, codec.size, start);
    }
    return { from, to, files, seconds };
  } finally {
    codec?.dispose();
    loaded.dispose();
  }
}

function parseModality(name: string, option: string): Modality {
  const found = modalities.find((modality) => modality === name);
  if (found) return found;
  throw new UserError({ what: `there is no modality "${name}"`, where: option, mend: suggestion(name, modalities) });
}

function checkRequest(from: Modality, to: readonly Modality[]): void {
  if (from !== 'rgb' && from !== 'depth')
    throw new UserError({ what: `expected a video of rgb or depth, got ${from}`, where: '--from' });
  if (to.length === 0) throw new UserError({ what: 'expected a modality at least', where: '--to' });
  const repeated = to.find((modality, i) => modality === from || to.indexOf(modality) !== i);
  if (repeated)
    throw new UserError({ what: `${repeated} is given already`, where: '--to', mend: 'name each modality once' });
}

function checkKnown(model: MaskedModel, wanted: readonly Modality[], run: string): void {
  const missing = wanted.find((modality) => !model.names.includes(tokenNames[modality]));
  if (missing)
    throw new UserError({
      what: `the model doesn't know ${missing}: it was trained on ${model.names.join(', ')}`,
      where: run,
      mend: 'predict another modality, or train on data that have this one',
    });
}

/** One channel of three equal ones (their mean, where they aren't). */
function grey(pixels: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: pixels.length / 3 }, (_, i) =>
    Math.round((pixels[3 * i] + pixels[3 * i + 1] + pixels[3 * i + 2]) / 3),
  );
}
