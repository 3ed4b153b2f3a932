import { existsSync, mkdirSync } from 'node:fs';
import { UserError, writeFileAtomic } from '@egolab/foundation';
import { generateWorld } from '@egolab/synthetic-world';
import { z } from 'zod';
import { dataSettings } from '../exo2ego/data-settings.ts';
import { defineStage } from '../stage.ts';

/**
 * The datasets. Without `data.root` the synthetic world is generated, in the datasets' own formats, into `world/`;
 * with it, the folder is the user's and only checked to be there.
 */
export const datasets = defineStage({
  name: 'datasets',
  title: 'Datasets',
  paper: null,
  params: z.strictObject({ workers: z.number().int().positive() }),
  sections: { data: dataSettings },
  inputs: {},
  outputs: ['source.json', 'world'],
  seeded: false, // the world has a seed of its own, so that seeds of training share their data
  async run({ params, config, out, progress }) {
    const { root, world } = config.data;
    if (root !== null && !existsSync(root)) {
      throw new UserError({
        what: 'there is no such folder',
        where: `data.root=${root}`,
        mend: 'name the folder that holds egoexo4d/, egoclip/, …, or null for the synthetic world',
      });
    }
    const source = root === null ? 'synthetic world' : root;
    writeFileAtomic(out.path('source.json'), `${JSON.stringify({ source })}\n`);
    mkdirSync(out.path('world')); // stays empty beside data of the user's own
    if (root !== null) return { metrics: {} };
    const phase = progress.phase('generating the synthetic world');
    const manifest = await generateWorld(world, out.path('world'), { workers: params.workers });
    phase.end();
    return { metrics: { counts: manifest.counts } };
  },
});
