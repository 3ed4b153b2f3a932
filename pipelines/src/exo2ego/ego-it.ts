import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildEgoIt, type EgoItFiles, type EgoItRecord, type EgoItSource } from '@egolab/ego-data';

/** Where EgoIT's sources lie below a data root: the file that says that one is there, and its videos. */
const SOURCES: Readonly<Record<EgoItSource, { readonly file: string; readonly videos: string }>> = {
  OpenEQA: { file: 'openeqa/open-eqa-v0.json', videos: 'openeqa/videos' },
  EgoTimeQA: { file: 'qaego4d/annotations.EgoTimeQA.json', videos: 'qaego4d/videos' },
  'Something-Something-V2': { file: 'ssv2/something-something-v2-train.json', videos: 'ssv2/videos' },
  EGTEA: { file: 'egtea/train_split1.txt', videos: 'egtea/cropped_clips' },
  EgoExoLearn: { file: 'egoexolearn/fine_annotation_trainval_en.csv', videos: 'egoexolearn/videos' },
};

/** EgoIT (section 3.2) from those of its sources that are on disk; videos are paths below `root`. */
export function buildEgoItFrom(root: string, seed: number, instructions: string | undefined): EgoItRecord[] {
  const found = (source: EgoItSource) => {
    const file = join(root, SOURCES[source].file);
    return existsSync(file) ? file : undefined;
  };
  const files: EgoItFiles = {
    openEqa: found('OpenEQA'),
    egoTimeQa: found('EgoTimeQA'),
    somethingSomething: found('Something-Something-V2'),
    egtea: found('EGTEA') ? { folder: join(root, 'egtea'), split: 1 } : undefined,
    egoExoLearn: found('EgoExoLearn'),
  };
  const videos = Object.fromEntries(Object.entries(SOURCES).map(([source, { videos }]) => [source, videos])) as Record<
    EgoItSource,
    string
  >;
  return buildEgoIt({ files, videos, seed, instructions });
}
