import type { EgoM2pSource } from '@egolab/ego-data';
import type { Recording } from '../recording/recording.ts';
import { writeAdt, writeEgoExo4dTake, writeHot3dAria, writeHot3dQuest } from './headsets.ts';
import { writePseudoDepth } from './pseudo-depth.ts';
import { writeArctic, writeAse, writeEgoGen, writeH2o, writeHoi4d, writeTaco } from './rigs.ts';
import { writeHoloAssist } from './holoassist.ts';

/** A sequence of one of EgoM2P's sources, in the source's own layout. */
export interface EgoM2pSequence {
  readonly kind: 'egom2p';
  readonly source: EgoM2pSource;
  /** the data set's folder */
  readonly root: string;
  /** where the sequence lies in it; what that means is the source's business */
  readonly path: string;
  /** where the clips' pseudo-depth goes, and what it is called after; null: the source has depth, or none at all */
  readonly pseudoDepth: { readonly folder: string; readonly name: string } | null;
  readonly crf: number;
}

/** A recording as a source keeps it. */
export interface SequenceFiles {
  readonly root: string;
  readonly path: string;
  readonly crf: number;
}

const writers: Record<EgoM2pSource, (recording: Recording, files: SequenceFiles) => Promise<void>> = {
  'ego-exo4d': writeEgoExo4dTake,
  holoassist: writeHoloAssist,
  'hot3d-aria': writeHot3dAria,
  'hot3d-quest': writeHot3dQuest,
  arctic: writeArctic,
  taco: writeTaco,
  h2o: writeH2o,
  egogen: writeEgoGen,
  adt: writeAdt,
  hoi4d: writeHoi4d,
  ase: writeAse,
};

export async function writeEgoM2pSequence(recording: Recording, output: EgoM2pSequence): Promise<void> {
  await writers[output.source](recording, output);
  if (output.pseudoDepth) await writePseudoDepth(recording, output.pseudoDepth.folder, output.pseudoDepth.name);
}
