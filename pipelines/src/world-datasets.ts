import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError, writeFileAtomic } from '@egolab/foundation';
import { generateWorld, worldConfigSchema } from '@egolab/synthetic-world';
import { z } from 'zod';
import type { Progress } from './progress.ts';
import type { OutputFolder, StageResult } from './stage.ts';

/** Where datasets come from: a folder of the user's, or the synthetic world. */
export const worldDataSettings = z.strictObject({
  /** folder that holds the datasets; null: the synthetic world below */
  root: z.string().nullable(),
  world: worldConfigSchema,
});
export type WorldDataSettings = z.infer<typeof worldDataSettings>;

export const worldOutputs = ['source.json', 'world'];

/** Folder of the datasets of one paper: the user's, or in the world that its datasets stage wrote. */
export function datasetsFolder({ root }: WorldDataSettings, stageFolder: string, paper: string): string {
  return root ?? join(stageFolder, 'world', paper);
}

/** Generate the synthetic world into `world/`, or check that the user's folder is there. */
export async function provideDatasets(
  { root, world }: WorldDataSettings,
  { workers, section, holds }: { workers: number; section: string; holds: string },
  out: OutputFolder,
  progress: Progress,
): Promise<StageResult> {
  if (root !== null && !existsSync(root)) {
    throw new UserError({
      what: 'there is no such folder',
      where: `${section}.root=${root}`,
      mend: `name the folder that holds ${holds}, or null for the synthetic world`,
    });
  }
  writeFileAtomic(out.path('source.json'), `${JSON.stringify({ source: root ?? 'synthetic world' })}\n`);
  mkdirSync(out.path('world')); // stays empty beside data of the user's own
  if (root !== null) return { metrics: {} };
  const phase = progress.phase('generating the synthetic world');
  const { counts } = await generateWorld(world, out.path('world'), { workers });
  phase.end();
  return { metrics: { counts } };
}
