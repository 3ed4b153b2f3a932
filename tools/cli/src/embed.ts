import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { openEmbedder, type Embeddings } from '@egolab/dual-encoder';
import { readNpy, readTextFile, UserError, writeNpy } from '@egolab/foundation';
import type { RgbImage } from '@egolab/video';

export interface EmbedOptions {
  model: string;
  images?: string;
  videos?: string;
  texts?: string;
  out: string;
}

/** What was written: float32 `[n, projection]`. */
export type EmbeddedFiles = Record<string, { path: string; shape: [number, number] }>;

/**
 * Embed what is asked for. Inputs are checked before the model is loaded.
 * @throws UserError when nothing is asked for, or a file or the model is missing or damaged
 */
export async function embed({ model, images, videos, texts, out }: EmbedOptions): Promise<EmbeddedFiles> {
  if (images === undefined && videos === undefined && texts === undefined)
    throw new UserError({ what: 'nothing to embed', mend: 'name --images, --videos or --texts' });
  const pictures = images === undefined ? undefined : readImages(images);
  const paths = videos === undefined ? undefined : readVideoList(videos);
  const lines = texts === undefined ? undefined : readLines(texts);
  const embedder = openEmbedder(model);
  const files: EmbeddedFiles = {};
  const write = (name: string, { data, count, width }: Embeddings) => {
    const path = join(out, `${name}.npy`);
    writeNpy(path, [count, width], data);
    files[name] = { path, shape: [count, width] };
  };
  try {
    if (pictures) write('image_embeds', embedder.images(pictures));
    if (paths) write('video_embeds', await embedder.videos(paths));
    if (lines) write('text_embeds', embedder.texts(lines));
  } finally {
    embedder.dispose();
  }
  return files;
}

function readImages(path: string): RgbImage[] {
  const { dtype, shape, data } = readNpy(path);
  if (dtype !== 'uint8' || shape.length !== 4 || shape[3] !== 3 || shape.includes(0))
    throw new UserError({
      what: `expected uint8 [n, height, width, 3], got ${dtype} [${shape.join(', ')}]`,
      where: path,
      mend: 'save RGB images of one size as one array: numpy.save(path, images.astype("uint8"))',
    });
  const [count, height, width] = shape;
  const bytes = height * width * 3;
  return Array.from({ length: count }, (_, i) => ({
    data: (data as Uint8Array).subarray(i * bytes, (i + 1) * bytes),
    height,
    width,
  }));
}

/** One text a line; the last line may end in a line break. */
function readLines(path: string): string[] {
  const lines = readTextFile(path).split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) throw new UserError({ what: 'expected a line for each item, got none', where: path });
  return lines;
}

/** Video files, relative to the working folder or to the list's own. */
function readVideoList(path: string): string[] {
  return readLines(path).map((line, i) => {
    const name = line.trim();
    const found = [resolve(name), resolve(dirname(path), name)].find((each) => name !== '' && existsSync(each));
    if (found) return found;
    throw new UserError({
      what: name === '' ? 'an empty line' : `there is no video ${name}`,
      where: `${path}, line ${i + 1}`,
      mend: 'name one video file a line, relative to the working folder or to this list',
    });
  });
}
