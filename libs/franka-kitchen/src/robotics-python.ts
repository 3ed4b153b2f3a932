import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@egolab/foundation';

/** How to get what the kitchen needs. */
export const INSTALL =
  'run `node tools/setup/robotics.mjs`, which makes a Python environment with gymnasium-robotics, MuJoCo and h5py';

/** Where that command puts it, below the repository's root. */
const PLACE = '.egolab/robotics/bin/python';

/**
 * The interpreter that has gymnasium-robotics.
 *
 * @param root the repository's
 * @param python an interpreter of one's own; null: the one that `tools/setup/robotics.mjs` makes
 * @throws UserError when it isn't there
 */
export function roboticsPython(root: string, python: string | null = null): string {
  const path = python ?? join(root, PLACE);
  if (existsSync(path)) return path;
  throw new UserError({ what: 'the robotics environment is missing', where: path, mend: INSTALL });
}
