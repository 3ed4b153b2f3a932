import { join } from 'node:path';
import { egoM2pClips, type EgoM2pClip, type EgoM2pSource } from '@egolab/ego-data';
import type { Progress } from '../progress.ts';
import { datasetsFolder, type WorldDataSettings } from '../world-datasets.ts';

export type ClipSplit = 'train' | 'val';

/** Sources that say themselves which sequences are for validation. */
const ownSplits: readonly EgoM2pSource[] = ['holoassist', 'ego-exo4d', 'h2o', 'arctic'];

/** Share of the sequences that is held out where a source has no splits. */
const HELD_OUT = 0.25;

/**
 * The clips of a source's split. Where the source has none, the last quarter of its sequences by name, at least one of several,
 * is held out: no sequence is in both.
 *
 * @param stageFolder of the stage `egom2p-datasets`
 * @throws UserError for a missing source or a malformed file
 */
export async function readSourceClips(
  data: WorldDataSettings,
  stageFolder: string,
  source: EgoM2pSource,
  split: ClipSplit,
  progress: Progress,
): Promise<EgoM2pClip[]> {
  const datasets = datasetsFolder(data, stageFolder, 'egom2p');
  const { clips, skipped } = await egoM2pClips({
    source,
    root: join(datasets, source),
    split,
    pseudoDepth: join(datasets, 'pseudo-depth', source),
  });
  for (const [reason, count] of Object.entries(skipped.byReason))
    progress.note(`${source}: ${count} left out: ${reason}`);
  if (ownSplits.includes(source)) return [...clips];
  const heldOut = heldOutSequences(clips.map(({ sequence }) => sequence));
  return clips.filter(({ sequence }) => heldOut.has(sequence) === (split === 'val'));
}

/** The last quarter of the sequences by name; none when there is only one. */
export function heldOutSequences(sequences: Iterable<string>): Set<string> {
  const sorted = [...new Set(sequences)].sort();
  const count = sorted.length < 2 ? 0 : Math.max(1, Math.round(sorted.length * HELD_OUT));
  return new Set(sorted.slice(sorted.length - count));
}
