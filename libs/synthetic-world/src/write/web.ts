import { Random, writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import { webCaption } from '../language/sentence.ts';
import type { WebRecord } from './job.ts';

/** `annotations.csv` with the columns of WebVid over `videos/<page_dir>/<videoid>.mp4`. */
export function writeWeb(root: string, records: readonly WebRecord[], pageDir: string, seed: number): number {
  const random = new Random(seed).split('captions');
  const rows = records
    .flatMap(({ clips }) => clips)
    .map(({ fact, file, duration }) => {
      const seconds = Math.floor(duration);
      const time = `PT00H00M${String(seconds).padStart(2, '0')}S`;
      return [
        file.replace(/\.mp4$/, ''),
        `videos/${pageDir}/${file}`,
        time,
        pageDir,
        `"${webCaption(fact, random)}"`,
      ].join(',');
    });
  writeFileAtomic(join(root, 'annotations.csv'), ['videoid,contentUrl,duration,page_dir,name', ...rows, ''].join('\n'));
  return rows.length;
}
