import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonFile, resolveInside, UserError } from '@egolab/foundation';

/** How many pictures a stage shows, and how large one may be: they are inlined in the report. */
export const pictureLimits = { count: 6, bytes: 150_000 };

/** `pictures.json` of a stage: what there is to look at, beside the files that it names. */
export const pictureListSchema = z
  .array(
    z.strictObject({
      /** PNG or SVG, relative to the stage's folder */
      file: z.string().regex(/^pictures\/[a-z0-9]+(-[a-z0-9]+)*\.(png|svg)$/, 'pictures/<name>.png or .svg'),
      title: z.string().min(1),
      /** what is seen, what each row is */
      caption: z.string().min(1),
      /** the same for those who don't see it */
      alt: z.string().min(1),
    }),
  )
  .max(pictureLimits.count);
export type PictureEntry = z.output<typeof pictureListSchema>[number];

export type PictureFormat = 'png' | 'svg';

/** A picture of a stage with its content. */
export interface ReadPicture extends PictureEntry {
  format: PictureFormat;
  bytes: Uint8Array;
}

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** What an image's first bytes say that it is; undefined for anything but PNG and SVG with its namespace (without it no browser draws the file). */
export function pictureFormat(bytes: Uint8Array): PictureFormat | undefined {
  if (PNG_SIGNATURE.every((byte, i) => bytes[i] === byte)) return 'png';
  return /^\s*(<\?xml[^>]*>\s*)?<svg\s[^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/.test(
    Buffer.from(bytes.subarray(0, 1000)).toString('utf8'),
  )
    ? 'svg'
    : undefined;
}

/**
 * Read `pictures.json` of a stage's folder and the files that it names; none when there is none.
 *
 * @throws UserError for an entry or a file that isn't what the schema says: the file, the entry's field, expected and got
 */
export function readPictures(folder: string): ReadPicture[] {
  const list = join(folder, 'pictures.json');
  if (!existsSync(list)) return [];
  const parsed = pictureListSchema.safeParse(readJsonFile(list));
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message }) => `${path.join('.') || '(top)'}: ${message}`);
    throw new UserError({ what: `the list of pictures has mistakes:\n  ${lines.join('\n  ')}`, where: list });
  }
  return parsed.data.map((entry, i) => {
    const path = resolveInside(folder, entry.file, `${list}, ${i}.file`);
    if (!existsSync(path)) throw new UserError({ what: `${i}.file: there is no ${entry.file}`, where: list });
    const bytes = readFileSync(path);
    const format = pictureFormat(bytes);
    const [, ending] = entry.file.split('.');
    if (format !== ending)
      throw new UserError({ what: `expected ${ending.toUpperCase()}; got ${format?.toUpperCase() ?? 'something else'}`, where: path }); // prettier-ignore
    return { ...entry, format, bytes };
  });
}
