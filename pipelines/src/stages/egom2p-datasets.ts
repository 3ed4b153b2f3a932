import { z } from 'zod';
import { defineStage } from '../stage.ts';
import { provideDatasets, worldDataSettings, worldOutputs } from '../world-datasets.ts';

/**
 * The datasets of EgoM2P (section 3.1, Table 1) and those that it is only evaluated on, a folder each. Without
 * `egom2p-data.root` the synthetic world writes them, in their own layouts, into `world/egom2p/`.
 */
export const egoM2pDatasets = defineStage({
  name: 'egom2p-datasets',
  title: 'Datasets of EgoM2P',
  paper: null,
  params: z.strictObject({ workers: z.number().int().positive() }),
  sections: { 'egom2p-data': worldDataSettings },
  inputs: {},
  outputs: worldOutputs,
  seeded: false, // the world has a seed of its own, so that seeds of training share their data
  run({ params, config, out, progress }) {
    const holds = 'a folder per source, such as ego-exo4d/, holoassist/ and egogen/';
    return provideDatasets(config['egom2p-data'], { ...params, section: 'egom2p-data', holds }, out, progress);
  },
});
