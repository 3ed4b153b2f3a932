import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonFile, readTextLines, resolveInside, suggestion, UserError } from '@egolab/foundation';
import type { Media } from '@egolab/video';
import { streamJsonMembers } from '../json-stream.ts';
import { SkipLog, type SkipReport } from '../skipped.ts';
import { readTable } from '../table.ts';
import { type Candidate, candidatesOf, formatColumns, type WebFormat } from './formats.ts';
import { shardPairs } from './shards.ts';

/** A captioned video or image from the web. */
export interface WebPair {
  readonly id: string;
  readonly kind: 'video' | 'image';
  /** a path, or a member of a tar shard */
  readonly media: Media;
  readonly text: string;
  /** seconds; undefined: the whole video */
  readonly start?: number;
  readonly end?: number;
}

/** An annotation file (CSV, TSV, JSON, JSON lines; for DCI a folder of JSON files) and a folder of media files. */
export interface WebTableSource {
  readonly annotations: string;
  readonly media: string;
  /** default: known by the columns */
  readonly format?: WebFormat;
}

/** WebDataset shards: `.tar` files, or folders of them. */
export interface WebShardSource {
  readonly shards: string | readonly string[];
}

export type WebSource = WebTableSource | WebShardSource;

type OnSkip = (item: string, reason: string) => void;

/**
 * The pairs of a source whose media are on disk, one at a time; everything else is told to `onSkip` with its reason.
 * @throws UserError for a missing, cut or foreign annotation file or shard, or a path that leaves the media folder
 */
export async function* readWebPairs(source: WebSource, onSkip: OnSkip): AsyncGenerator<WebPair> {
  if ('shards' in source) yield* shardPairs(shardFiles(source.shards), onSkip);
  else yield* tablePairs(source, onSkip);
}

/** All pairs of one or several sources; what is skipped is counted by reason. */
export async function webPairs(...sources: readonly WebSource[]): Promise<{ pairs: WebPair[]; skipped: SkipReport }> {
  const skipped = new SkipLog();
  const pairs: WebPair[] = [];
  for (const source of sources) {
    for await (const pair of readWebPairs(source, (item, reason) => skipped.add(item, reason))) pairs.push(pair);
  }
  return { pairs, skipped: skipped.report() };
}

async function* tablePairs({ annotations, media, format }: WebTableSource, onSkip: OnSkip): AsyncGenerator<WebPair> {
  if (!existsSync(media)) throw new UserError({ what: 'there is no such media folder', where: media });
  let known = format;
  for await (const [key, cells] of records(annotations)) {
    known ??= detectFormat(annotations, cells);
    const candidates = candidatesOf(known, key, cells);
    const item = `${annotations} entry ${key}`;
    if (typeof candidates === 'string') onSkip(item, candidates);
    else
      for (const candidate of candidates) {
        const pair = withMedia(candidate, media, item);
        if (pair) yield pair;
        else onSkip(`${item} (${candidate.files[0].name})`, 'media file missing');
      }
  }
}

/** The first of the candidate's files that is there. */
function withMedia(
  { files, start, end, id, kind, text }: Candidate,
  folder: string,
  where: string,
): WebPair | undefined {
  for (const { name, whole } of files) {
    const path = resolveInside(folder, name, where);
    if (existsSync(path)) return { id, kind, media: path, text, ...(whole ? { start, end } : {}) };
  }
  return undefined;
}

/** Key and cells of each entry: line numbers of tables, names of JSON members. */
async function* records(annotations: string): AsyncGenerator<[string, Record<string, unknown>]> {
  if (!existsSync(annotations)) throw new UserError({ what: 'there is no such file', where: annotations });
  if (statSync(annotations).isDirectory()) {
    for (const name of readdirSync(annotations)
      .filter((entry) => entry.endsWith('.json'))
      .sort()) {
      yield [name, asCells(readJsonFile(join(annotations, name)))];
    }
  } else if (annotations.endsWith('.jsonl')) yield* jsonLines(annotations);
  else if (annotations.endsWith('.json')) {
    for (const [key, value] of streamJsonMembers(annotations)) yield [key, asCells(value)];
  } else {
    const columns = (await hasHeader(annotations)) ? undefined : ['caption', 'url', 'path']; // CC-3M has no header line
    let row = 0;
    for await (const { cells } of readTable(annotations, { columns })) yield [String(++row), cells];
  }
}

function* jsonLines(file: string): Generator<[string, Record<string, unknown>]> {
  let line = 0;
  for (const text of readTextLines(file)) {
    line++;
    if (!text.trim()) continue;
    try {
      yield [String(line), asCells(JSON.parse(text))];
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new UserError({
        what: `line ${line} is not valid JSON`,
        where: file,
        mend: 'the file may be cut: download it again',
        cause: error,
      });
    }
  }
}

function asCells(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Whether the first line names columns: CC-3M's begins with a caption, its second field is an address. */
async function hasHeader(file: string): Promise<boolean> {
  for await (const { cells } of readTable(file, { columns: ['first', 'second'] }))
    return !/^https?:/.test(cells.second ?? '');
  return true;
}

const tableColumns = [
  ['video', 'image', 'path', 'file', 'filepath', 'media'],
  ['text', 'caption', 'name', 'sentence'],
];

function detectFormat(file: string, cells: Readonly<Record<string, unknown>>): WebFormat {
  for (const [format, columns] of Object.entries(formatColumns)) {
    if (columns.every((column) => column in cells)) return format as WebFormat;
  }
  if (tableColumns.every((names) => names.some((name) => name in cells))) return 'table';
  const present = Object.keys(cells);
  throw new UserError({
    what: `no known columns: got ${present.slice(0, 12).join(', ') || 'none'}; ${suggestion(present[0] ?? '', Object.values(formatColumns).flat())}`,
    where: file,
    mend: `expected those of ${Object.keys(formatColumns).join(', ')}, or a table with a column "video" or "image" and a column "text"`,
  });
}

function shardFiles(shards: string | readonly string[]): string[] {
  return (typeof shards === 'string' ? [shards] : shards).flatMap((path) => {
    if (!existsSync(path)) throw new UserError({ what: 'there is no such shard or folder', where: path });
    if (!statSync(path).isDirectory()) return [path];
    const inside = readdirSync(path)
      .filter((name) => name.endsWith('.tar'))
      .sort();
    if (inside.length === 0) throw new UserError({ what: 'the folder holds no .tar shard', where: path });
    return inside.map((name) => join(path, name));
  });
}
