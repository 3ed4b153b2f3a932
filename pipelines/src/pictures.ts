import { mkdirSync } from 'node:fs';
import { writeFileAtomic } from '@egolab/foundation';
import { pictureFormat, pictureLimits, pictureListSchema, type PictureEntry } from '@egolab/pictures';
import type { OutputFolder } from './stage.ts';

/** Something of a stage to look at. */
export interface StagePicture {
  /** file name without its ending: lower case, digits and hyphens */
  name: string;
  title: string;
  /** what is seen, what each row is */
  caption: string;
  /** the same for those who don't see it */
  alt: string;
  /** PNG or SVG */
  bytes: Uint8Array | string;
}

/** What a stage with pictures declares in its `outputs`. */
export const pictureOutputs = ['pictures.json', 'pictures'] as const;

/**
 * Write `pictures/<name>.png` or `.svg` and `pictures.json`, which the report shows in the stage's section; without pictures an empty list.
 *
 * @throws Error for a picture that the report would refuse: more than six, larger than 150 kB, neither PNG nor SVG, a name used twice
 */
export function writePictures(out: OutputFolder, pictures: readonly StagePicture[]): void {
  mkdirSync(out.path('pictures'), { recursive: true });
  const entries = pictures.map(({ name, title, caption, alt, bytes }): PictureEntry => {
    const content = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    const format = pictureFormat(content);
    if (!format) throw new Error(`picture ${name}: expected PNG or SVG`);
    if (content.length > pictureLimits.bytes)
      throw new Error(`picture ${name}: expected at most ${pictureLimits.bytes} bytes, got ${content.length}`);
    const file = `pictures/${name}.${format}`;
    writeFileAtomic(out.path(file), content);
    return { file, title, caption, alt };
  });
  if (new Set(entries.map(({ file }) => file)).size < entries.length) throw new Error('two pictures have one name');
  out.write('pictures.json', `${JSON.stringify(pictureListSchema.parse(entries), null, 2)}\n`);
}
