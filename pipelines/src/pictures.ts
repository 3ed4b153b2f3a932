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

export { pictureOutputs } from './stage.ts';

/**
 * Write `pictures/<name>.png` or `.svg` and `pictures.json`, which the report shows in the stage's section; without pictures an empty list.
 *
 * @throws Error for a picture that the report would refuse: more than six, larger than 150 kB, neither PNG nor SVG, a name used twice
 */
export function writePictures(out: OutputFolder, pictures: readonly StagePicture[]): void {
  const contents = pictures.map(contentOf);
  const entries = pictureListSchema.parse(pictures.map((picture, i) => entryOf(picture, contents[i])));
  if (new Set(entries.map(({ file }) => file)).size < entries.length) throw new Error('two pictures have one name');
  mkdirSync(out.path('pictures'), { recursive: true });
  entries.forEach(({ file }, i) => writeFileAtomic(out.path(file), contents[i]));
  out.write('pictures.json', `${JSON.stringify(entries, null, 2)}\n`);
}

const contentOf = ({ bytes }: StagePicture): Uint8Array => (typeof bytes === 'string' ? Buffer.from(bytes) : bytes);

function entryOf({ name, title, caption, alt }: StagePicture, content: Uint8Array): PictureEntry {
  const format = pictureFormat(content);
  if (!format) throw new Error(`picture ${name}: expected PNG or SVG`);
  if (content.length > pictureLimits.bytes)
    throw new Error(`picture ${name}: expected at most ${pictureLimits.bytes} bytes, got ${content.length}`);
  return { file: `pictures/${name}.${format}`, title, caption, alt };
}
