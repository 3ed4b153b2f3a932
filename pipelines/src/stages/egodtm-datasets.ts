import { z } from 'zod';
import { defineStage } from '../stage.ts';
import { provideDatasets, worldDataSettings, worldOutputs } from '../world-datasets.ts';

/**
 * The datasets of EgoDTM (section 4.1): EgoClip with EgoMCQ, EPIC-KITCHENS-100 retrieval, EGTEA, Ego4D NLQ, H2O and
 * VISOR-HOS. Without `egodtm-data.root` the synthetic world writes them, in their own formats, into `world/egodtm/`.
 */
export const egoDtmDatasets = defineStage({
  name: 'egodtm-datasets',
  title: 'Datasets of EgoDTM',
  paper: null,
  params: z.strictObject({ workers: z.number().int().positive() }),
  sections: { 'egodtm-data': worldDataSettings },
  inputs: {},
  outputs: worldOutputs,
  seeded: false, // the world has a seed of its own, so that seeds of training share their data
  run({ params, config, out, progress }) {
    const holds = 'egoclip/, ek100/, egtea/, ego4d-nlq/, h2o/ and visor-hos/';
    return provideDatasets(config['egodtm-data'], { ...params, section: 'egodtm-data', holds }, out, progress);
  },
});
