import { resolve } from 'node:path';
import type { z } from 'zod';
import type { EgoM2pClip } from '@egolab/ego-data';
import {
  sequenceTokenizerConfigSchema,
  type CameraTokenizer,
  type GazeTokenizer,
  type MaskedReduction,
  type SequenceTokenizerConfig,
} from '@egolab/sequence-tokenizer';
import type { StageContext, StageResult } from '../../stage.ts';
import { datasetsFolder, worldDataSettings } from '../../world-datasets.ts';
import { workspace } from '../../workspace.ts';
import { readSequences } from './read-sequences.ts';
import { sequenceTokenizerSettings, windowSettings } from './settings.ts';
import { evaluateSequenceTokenizer, trainSequenceTokenizer, type SequenceTokenizer } from './train-sequence.ts';

/** What the stages of camera and gaze share of their declaration. */
export const sequenceTokenizerFrame = {
  paper: 'EgoM2P section 3.2',
  sections: { 'egom2p-data': worldDataSettings },
  inputs: { data: 'egom2p-datasets' },
  outputs: ['model.safetensors', 'model.json'],
  history: ['loss', 'reconstruction', 'commitment'],
};

/** Settings that both stages have. */
export const sequenceTokenizerParams = { ...sequenceTokenizerSettings, windows: windowSettings };

type Context = StageContext<
  { [Key in keyof typeof sequenceTokenizerParams]: z.output<(typeof sequenceTokenizerParams)[Key]> },
  { 'egom2p-data': z.output<typeof worldDataSettings> },
  'data'
>;

/** What differs from one modality to the other. */
interface SequenceModality<Sequence> {
  name: SequenceTokenizerConfig['modality'];
  of(clip: EgoM2pClip): Sequence | undefined;
  initialize(config: SequenceTokenizerConfig, training: readonly Sequence[]): Tokenizer<Sequence>;
  /** @param weights path of the release's, as safetensors */
  released(config: SequenceTokenizerConfig, weights: string): Tokenizer<Sequence>;
  maskedReduction: MaskedReduction;
  /** what held-out clips lose on the way through the tokens */
  reconstruction(clips: readonly Sequence[], reconstructed: readonly Float32Array[]): object;
}

type Tokenizer<Sequence> = SequenceTokenizer<Sequence> & Pick<CameraTokenizer | GazeTokenizer, 'save' | 'dispose'>;

/** Train a modality's tokenizer, or take the released one, judge it by held-out clips and save it. */
export async function runSequenceTokenizer<Sequence>(
  context: Context,
  modality: SequenceModality<Sequence>,
): Promise<StageResult> {
  const { params, config, inputs, out, progress } = context;
  const root = datasetsFolder(config['egom2p-data'], inputs.data, 'egom2p');
  const { train, val } = await readSequences(root, params.windows, modality.of, progress);
  const model = sequenceTokenizerConfigSchema.parse({ ...params.model, modality: modality.name });
  const tokenizer =
    params.weights === null
      ? modality.initialize(model, train.clips)
      : modality.released(model, resolve(workspace.root, params.weights));
  const { metrics, history } =
    params.weights !== null
      ? { metrics: {}, history: [] }
      : await trainSequenceTokenizer(context, tokenizer, train, modality.maskedReduction);
  const evaluation = evaluateSequenceTokenizer(tokenizer, val.clips, modality.reconstruction);
  tokenizer.save(out.folder);
  tokenizer.dispose();
  return { metrics: { ...metrics, val: evaluation }, history };
}
