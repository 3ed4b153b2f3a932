import { join } from 'node:path';
import type { Metrics, StageContext } from '../../stage.ts';
import type { AdaptationClips } from './adaptation.ts';
import {
  evaluateSequenceTokenizer,
  trainSequenceTokenizer,
  type Sequences,
  type SequenceTokenizer,
  type SequenceTrainingSettings,
} from './train-sequence.ts';

type Context = Pick<
  StageContext<Omit<SequenceTrainingSettings, 'weights' | 'model'>, unknown, never>,
  'params' | 'seed' | 'stateFolder' | 'tracker' | 'signal'
>;

/**
 * Go on training a tokenizer on other clips.
 *
 * @param errors what is lost of clips on the way through the tokens
 * @returns errors before and after, of the clips that were trained on and of those that weren't; the number of clips alone where there are
 *   none to train on
 */
export async function adaptSequenceTokenizer<Sequence>(
  context: Context,
  tokenizer: SequenceTokenizer<Sequence>,
  { windows, seen, heldOut }: Record<keyof AdaptationClips, Sequences<Sequence>>,
  errors: (clips: readonly Sequence[], reconstructed: readonly Float32Array[]) => object,
): Promise<Metrics> {
  const judged = () => ({
    seen: evaluateSequenceTokenizer(tokenizer, seen.clips, errors),
    held_out: evaluateSequenceTokenizer(tokenizer, heldOut.clips, errors),
  });
  const before = judged();
  if (windows.clips.length === 0) return { windows: 0, before };
  const { modality } = tokenizer.config;
  const own = { ...context, stateFolder: join(context.stateFolder, modality) };
  const { metrics } = await trainSequenceTokenizer(own, tokenizer, windows, 'per-frame');
  return { windows: windows.clips.length, ...metrics, before, after: judged() };
}
