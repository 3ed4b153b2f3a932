import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { UserError } from '@egolab/foundation';

/** A file inside an uncompressed tar archive, such as a WebDataset shard: read in place, never unpacked. */
export interface TarMember {
  readonly archive: string;
  readonly name: string;
  /** where its bytes begin in the archive */
  readonly offset: number;
  readonly size: number;
}

/** A video or image: a path, or a member of a tar archive. */
export type Media = string | TarMember;

/** How messages name it. */
export function mediaName(media: Media): string {
  return typeof media === 'string' ? media : `${media.archive}:${media.name}`;
}

/**
 * What ffmpeg is to open. The protocol is explicit, so that a file name in an annotation ("http://…", "concat:…")
 * is never more than a file name.
 * @throws UserError when the file is missing
 */
export function ffmpegInput(media: Media): readonly string[] {
  const path = typeof media === 'string' ? media : media.archive;
  if (!existsSync(path)) {
    throw new UserError({
      what: 'there is no such file',
      where: mediaName(media),
      mend: 'download or generate it, or correct the path in the annotation that names it',
    });
  }
  const url =
    typeof media === 'string'
      ? `file:${resolve(media)}`
      : `subfile,,start,${media.offset},end,${media.offset + media.size},,:${resolve(media.archive)}`;
  return ['-protocol_whitelist', 'file,subfile', '-i', url];
}

/** Changes whenever the file does: its place, size and modification time. */
export function mediaIdentity(media: Media): string {
  const path = resolve(typeof media === 'string' ? media : media.archive);
  const { size, mtimeMs } = statSync(path);
  const part = typeof media === 'string' ? '' : `:${media.offset}+${media.size}`;
  return `${path}${part}|${size}|${mtimeMs}`;
}
