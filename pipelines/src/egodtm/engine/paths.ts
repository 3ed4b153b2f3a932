import { resolve } from 'node:path';
import { workspace } from '../../workspace.ts';

/** Paths in presets count from the repository's root. */
export const resolveFromRoot = (path: string): string => resolve(workspace.root, path);
