import { parsePythonLiteral } from '../python-literal.ts';

/**
 * The annotation files of the web data sets that the exocentric initialisation uses (paper section 5.1), each with the
 * column names of its release.
 */
export type WebFormat = 'panda-70m' | 'webvid' | 'vidal' | 'internvid' | 'cc-3m' | 'dci' | 'table';

/** A pair before its media file is looked up. */
export interface Candidate {
  readonly id: string;
  readonly text: string;
  readonly kind: 'video' | 'image';
  /** where the file may lie below the media folder, the likeliest first; `whole`: cut `start` to `end` out of it */
  readonly files: readonly { readonly name: string; readonly whole?: boolean }[];
  /** seconds */
  readonly start?: number;
  readonly end?: number;
}

type Cells = Readonly<Record<string, unknown>>;

/** Columns by which a format is known. */
export const formatColumns: Readonly<Record<Exclude<WebFormat, 'table'>, readonly string[]>> = {
  'panda-70m': ['videoID', 'timestamp', 'caption'],
  webvid: ['videoid', 'name'],
  internvid: ['YoutubeID', 'Start_timestamp', 'End_timestamp', 'Caption'],
  vidal: ['folder', 'polish_mplug'],
  'cc-3m': ['caption', 'url'],
  dci: ['image', 'short_caption'],
};

/** The pairs that one row, line or member of an annotation file stands for; a text instead says why there are none. */
export function candidatesOf(format: WebFormat, key: string, cells: Cells): Candidate[] | string {
  return readers[format](cells, key);
}

const readers: Readonly<Record<WebFormat, (cells: Cells, key: string) => Candidate[] | string>> = {
  'panda-70m': pandaClips,
  webvid: ({ videoid, page_dir: folder, name }) => {
    const id = text(videoid);
    return one({
      id,
      text: text(name),
      kind: 'video',
      files: named(text(folder) && `${text(folder)}/${id}.mp4`, `${id}.mp4`),
    });
  },
  internvid: ({ YoutubeID, Start_timestamp: from, End_timestamp: to, Caption }) => {
    const [video, start, end] = [text(YoutubeID), seconds(from), seconds(to)];
    if (start === undefined || end === undefined) return 'timestamps are not times';
    const id = `${video}_${text(from)}_${text(to)}`;
    return one({
      id,
      text: text(Caption),
      kind: 'video',
      files: [{ name: `${id}.mp4` }, { name: `${video}.mp4`, whole: true }],
      start,
      end,
    });
  },
  vidal: ({ folder, polish_mplug: polished, mplug, raw }, id) =>
    one({
      id,
      text: text(polished) || text(mplug) || text(raw),
      kind: 'video',
      files: named(text(folder) && `${text(folder)}/${id}.mp4`, `${id}.mp4`),
    }),
  'cc-3m': ({ caption, path }, line) =>
    one({ id: line, text: text(caption), kind: 'image', files: named(text(path), `${line}.jpg`, `${line}.png`) }),
  dci: ({ image, short_caption: short, extra_caption: extra }) =>
    one({
      id: text(image),
      text: [text(short), text(extra)].filter(Boolean).join('\n'),
      kind: 'image',
      files: named(text(image)),
    }),
  table: (cells, line) => {
    const find = (...names: string[]) => text(names.map((name) => cells[name]).find((cell) => text(cell)));
    const file = find('video', 'image', 'path', 'file', 'filepath', 'media');
    const [start, end] = [seconds(cells.start), seconds(cells.end)];
    const kind = /\.(jpe?g|png|webp|bmp)$/i.test(file) ? 'image' : 'video';
    const whole = start !== undefined && end !== undefined;
    return one({
      id: find('id') || line,
      text: find('text', 'caption', 'name', 'sentence'),
      kind,
      files: file ? [{ name: file, whole }] : [],
      start,
      end,
    });
  },
};

/** Panda-70M: a row is a video, its `timestamp` and `caption` are Python lists with an entry a clip. */
function pandaClips({ videoID, timestamp, caption }: Cells): Candidate[] | string {
  const video = text(videoID);
  try {
    const [times, captions] = [parsePythonLiteral(text(timestamp)), parsePythonLiteral(text(caption))];
    if (!Array.isArray(times) || !Array.isArray(captions) || times.length !== captions.length) {
      return 'timestamp and caption are not lists of one length';
    }
    return times.map((pair, index) => {
      const [start, end] = (Array.isArray(pair) ? pair : []).map(seconds);
      if (start === undefined || end === undefined) throw new Error('no times');
      const id = `${video}_${index}`;
      const files = [{ name: `${id}.mp4` }, { name: `${video}.mp4`, whole: true }];
      return { id, text: text(captions[index]), kind: 'video', files, start, end } as const;
    });
  } catch {
    return 'timestamp or caption is not a list of times or texts';
  }
}

function one(candidate: Candidate): Candidate[] | string {
  if (!candidate.text) return 'no text';
  return candidate.files.length > 0 ? [candidate] : 'no file name';
}

function named(...names: string[]): { name: string }[] {
  return names.filter(Boolean).map((name) => ({ name }));
}

function text(cell: unknown): string {
  return typeof cell === 'string' ? cell.trim() : typeof cell === 'number' ? String(cell) : '';
}

/** "0:00:16.300", "00:16", "16.3" or 16.3 in seconds. */
export function seconds(cell: unknown): number | undefined {
  const parts = text(cell).split(':');
  if (!text(cell) || parts.length > 3 || parts.some((part) => !/^\d+(\.\d+)?$/.test(part))) return undefined;
  return parts.reduce((total, part) => total * 60 + Number(part), 0);
}
