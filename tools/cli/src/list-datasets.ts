import { existsSync } from 'node:fs';
import { join } from 'node:path';

export interface ListedDataset {
  name: string;
  /** the stages that read it */
  use: string;
  folder: string;
  found: boolean;
  /** how to get it */
  mend: string;
}

/** The datasets of Exo2Ego, each in its folder below `data.root`. */
const known = [
  {
    name: 'Ego-Exo4D',
    use: 'stages 1 and 2',
    folder: 'egoexo4d',
    mark: 'takes.json',
    mend: 'sign the licence at https://ego-exo4d-data.org, then `egoexo -o egoexo4d --parts annotations downscaled_takes/448`',
  },
  {
    name: 'EgoClip and EgoMCQ',
    use: 'initialize, evaluation',
    folder: 'egoclip',
    mark: 'egoclip.csv',
    mend: 'sign the Ego4D licence at https://ego4d-data.org for the videos; egoclip.csv and egomcq.json come from https://github.com/showlab/EgoVLP',
  },
  {
    name: 'EgoSchema',
    use: 'evaluation',
    folder: 'egoschema',
    mark: 'questions.json',
    mend: 'see https://egoschema.github.io',
  },
  {
    name: 'EgoIT',
    use: 'stage 3',
    folder: 'egoit',
    mark: '',
    mend: 'annotations: https://egovisiongroup.github.io/Exo2Ego.github.io; videos: EGTEA, Something-Something-V2, EgoTimeQA, OpenEQA, EgoExoLearn',
  },
  {
    name: 'web video-text and image-text',
    use: 'initialize',
    folder: 'web',
    mark: '',
    mend: 'Panda-70M, WebVid, VIDAL, InternVid, CC-3M or DCI as CSV and media, or as WebDataset shards',
  },
] as const;

/** Look for each dataset below `root`. */
export function listDatasets(root: string): ListedDataset[] {
  return known.map(({ name, use, folder, mark, mend }) => {
    const path = join(root, folder);
    return { name, use, folder: path, found: existsSync(join(path, mark)), mend };
  });
}
