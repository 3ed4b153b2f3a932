import { existsSync, mkdirSync } from 'node:fs';
import { UserError, writeFileAtomic } from '@egolab/foundation';
import { generateWorld } from '@egolab/synthetic-world';
import { z } from 'zod';
import { dataSettings } from '../exo2ego/data-settings.ts';
import { egoExoStatistics } from '../exo2ego/dataset-statistics.ts';
import { datasetFolder } from '../exo2ego/datasets.ts';
import { pictureOutputs, writePictures } from '../pictures.ts';
import { defineStage } from '../stage.ts';

/**
 * The datasets. Without `data.root` the synthetic world is generated, in the datasets' own formats, into `world/`;
 * with it, the folder is the user's. Ego-ExoClip is counted as supplement A does it, with its figures 7 to 11 as pictures.
 */
export const datasets = defineStage({
  name: 'datasets',
  title: 'Datasets',
  paper: null,
  params: z.strictObject({ workers: z.number().int().positive() }),
  sections: { data: dataSettings },
  inputs: {},
  outputs: ['source.json', 'world', ...pictureOutputs],
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
    let counts: Record<string, number> | undefined;
    if (root === null) {
      const phase = progress.phase('generating the synthetic world');
      ({ counts } = await generateWorld(world, out.path('world'), { workers: params.workers }));
      phase.end();
    }
    const egoExo = datasetFolder(config.data, out.folder, 'egoexo4d');
    const { metrics, pictures } = egoExoStatistics(egoExo, config.data, progress);
    writePictures(out, pictures);
    return { metrics: { counts, ...metrics } };
  },
});
