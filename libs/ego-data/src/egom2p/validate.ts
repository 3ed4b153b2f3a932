import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@egolab/foundation';
import { type EgoM2pSource, egoM2pSources } from './clip.ts';
import { egoM2pClips } from './read.ts';
import { findFolders, foldersIn } from './sources/adapter.ts';
import type { SkipReport } from '../skipped.ts';

/** What a folder's files say about the source it is of; `ego-exo4d` is known by `takes.json` as for Ego-ExoClip. */
const marks: Readonly<Record<Exclude<EgoM2pSource, 'ego-exo4d'>, (root: string) => boolean>> = {
  holoassist: (root) => anyFolder(root, join('Export_py', 'Video', 'Pose_sync.txt')),
  egogen: (root) =>
    existsSync(join(root, 'cam')) && readdirSync(join(root, 'cam')).some((name) => name.endsWith('.npz')),
  h2o: (root) => findFolders(root, 'cam4', 4).length > 0,
  taco: (root) => existsSync(join(root, 'Egocentric_Camera_Parameters')),
  arctic: (root) => existsSync(join(root, 'raw_seqs')) && existsSync(join(root, 'meta', 'misc.json')),
  'hot3d-quest': (root) => anyFolder(root, 'headset_trajectory.csv') && anyFolder(root, 'camera_models.json'),
  'hot3d-aria': (root) => anyFolder(root, 'headset_trajectory.csv') && anyFolder(root, 'mps'),
  adt: (root) => existsSync(join(root, 'aria_trajectory.csv')) || anyFolder(root, 'aria_trajectory.csv'),
  hoi4d: (root) => foldersIn(root).some((name) => /^ZY\d+/.test(name)),
  ase: (root) => findFolders(root, 'ase_scene_language.txt', 2).length > 0,
};

const anyFolder = (root: string, file: string) => foldersIn(root).some((name) => existsSync(join(root, name, file)));

/** The EgoM2P sources, but Ego-Exo4D, whose files lie in a folder. */
export function detectEgoM2pSources(root: string): Exclude<EgoM2pSource, 'ego-exo4d'>[] {
  const known = egoM2pSources.filter((source) => source !== 'ego-exo4d');
  return known.filter((source) => marks[source](root));
}

/** What a check of a source found: counts, one problem if its files are malformed, and what a run would leave out. */
export interface EgoM2pFindings {
  readonly counts: Record<string, number>;
  readonly problem: UserError | undefined;
  readonly skipped: SkipReport;
}

/**
 * Read every sequence of a source, and decode the video and depth of the first and the last clip.
 * @param size side of the decoded frames
 */
export async function checkEgoM2pSource(source: EgoM2pSource, root: string, size = 32): Promise<EgoM2pFindings> {
  const nothing: SkipReport = { total: 0, byReason: {}, first: [] };
  try {
    const { clips, counts, skipped } = await egoM2pClips({ source, root });
    if (clips.length === 0) {
      const mend = 'see what is skipped, and why';
      return { counts, skipped, problem: new UserError({ what: 'no clip can be used', where: root, mend }) };
    }
    for (const clip of new Set([clips[0], clips[clips.length - 1]])) {
      await clip.rgb?.read(size);
      await clip.depth?.read(size);
    }
    return { counts, skipped, problem: undefined };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { counts: {}, skipped: nothing, problem: error };
  }
}
