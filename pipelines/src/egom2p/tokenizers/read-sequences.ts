import { SkipLog, trainingSources, type EgoM2pClip } from '@egolab/ego-data';
import type { Progress } from '../../progress.ts';
import { readSources } from '../sources.ts';
import type { WindowSettings } from './settings.ts';
import type { Sequences } from './train-sequence.ts';

/**
 * One modality of all clips of the training sources that have it, and of held-out clips to judge by.
 *
 * @param root folder that holds a folder of each source
 */
export async function readSequences<Sequence>(
  root: string,
  { trainStride, valStride }: WindowSettings,
  modality: (clip: EgoM2pClip) => Sequence | undefined,
  progress: Progress,
): Promise<Record<'train' | 'val', Sequences<Sequence>>> {
  const log = new SkipLog();
  const read = async (split: 'train' | 'val', stride: number): Promise<Sequences<Sequence>> => {
    const sequences: Sequences<Sequence> = { keys: [], clips: [] };
    for await (const clip of readSources(trainingSources, { root, split, stride, log })) {
      const sequence = modality(clip);
      if (sequence === undefined) continue;
      sequences.keys.push(`${clip.source}/${clip.key}`);
      sequences.clips.push(sequence);
    }
    return sequences;
  };
  const all = { train: await read('train', trainStride), val: await read('val', valStride) };
  noteSkipped(log, progress);
  progress.note(`${all.train.clips.length} clips to train on, ${all.val.clips.length} held out`);
  return all;
}

/** Say what was left out, by reason. */
export function noteSkipped(log: SkipLog, progress: Progress): void {
  for (const [reason, count] of Object.entries(log.report().byReason)) progress.note(`left out ${count}: ${reason}`);
}
