import { existsSync, statSync } from 'node:fs';
import { UserError } from '@egolab/foundation';
import { SkipLog, type SkipReport } from '../skipped.ts';
import { type EgoM2pClip, type EgoM2pOptions, modalities } from './clip.ts';
import { adapters } from './sources/index.ts';
import { splitRecording } from './split.ts';

/** Clips of a source, what is in them, and what was left out. */
export interface EgoM2pClips {
  readonly clips: readonly EgoM2pClip[];
  /** clips, sequences, and clips that have each modality */
  readonly counts: Readonly<Record<string, number>>;
  /** whole recordings, clips, and modalities of clips (`<key> gaze`), with reasons */
  readonly skipped: SkipReport;
}

/**
 * The clips of one source, one recording after the other; only a recording's poses and gaze are in memory.
 * @param log takes what is left out
 * @throws UserError for a missing root, or a file that is malformed
 */
export async function* readEgoM2pClips(
  options: EgoM2pOptions,
  log: SkipLog = new SkipLog(),
): AsyncGenerator<EgoM2pClip> {
  const { source, root, split, pseudoDepth, stride } = options;
  if (!existsSync(root) || !statSync(root).isDirectory())
    throw new UserError({
      what: `there is no folder for ${source}`,
      where: root,
      mend: 'download or generate the data set',
    });
  const keys = new Set<string>();
  for await (const recording of adapters[source]({ root, split, log })) {
    for (const clip of splitRecording(recording, { source, pseudoDepth, stride, log })) {
      if (keys.has(clip.key))
        throw new UserError({
          what: `two clips are called ${clip.key}`,
          where: root,
          mend: 'rename one of the sequences',
        });
      keys.add(clip.key);
      yield clip;
    }
  }
}

/** All clips of a source, counted, with what was left out. @throws UserError as {@link readEgoM2pClips} */
export async function egoM2pClips(options: EgoM2pOptions): Promise<EgoM2pClips> {
  const log = new SkipLog();
  const clips: EgoM2pClip[] = [];
  for await (const clip of readEgoM2pClips(options, log)) clips.push(clip);
  const having = modalities.map((modality) => [modality, clips.filter((clip) => clip[modality] !== undefined).length]);
  const sequences = new Set(clips.map(({ sequence }) => sequence)).size;
  return { clips, counts: { clips: clips.length, sequences, ...Object.fromEntries(having) }, skipped: log.report() };
}
