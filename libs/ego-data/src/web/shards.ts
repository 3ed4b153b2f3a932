import { posix } from 'node:path';
import type { TarMember } from '@egolab/video';
import { seconds } from './formats.ts';
import { indexTar, readTarMember } from './tar-index.ts';
import type { WebPair } from './web-pairs.ts';

const videoEndings = new Set(['mp4', 'webm', 'mkv', 'mov', 'avi', 'gif']);
const imageEndings = new Set(['jpg', 'jpeg', 'png', 'webp', 'bmp']);

/**
 * The samples of WebDataset shards, as img2dataset and video2dataset write them: members that share a name up to the first
 * dot of their base name belong together: `000012.mp4`, `000012.txt`, `000012.json`. Media stay in the archive and
 * are decoded from there.
 */
export function* shardPairs(
  shards: readonly string[],
  onSkip: (item: string, reason: string) => void,
): Generator<WebPair> {
  for (const shard of shards) {
    for (const [key, members] of samples(indexTar(shard))) {
      const pair = samplePair(key, members);
      if (typeof pair === 'string') onSkip(`${shard}:${key}`, pair);
      else yield pair;
    }
  }
}

/** Sample key -> ending -> member. */
function samples(members: readonly TarMember[]): Map<string, Map<string, TarMember>> {
  const grouped = new Map<string, Map<string, TarMember>>();
  for (const member of members) {
    const base = posix.basename(member.name);
    const dot = base.indexOf('.');
    if (dot <= 0) continue;
    const key = posix.join(posix.dirname(member.name), base.slice(0, dot));
    const endings = grouped.get(key) ?? new Map<string, TarMember>();
    grouped.set(key, endings.set(base.slice(dot + 1).toLowerCase(), member));
  }
  return grouped;
}

function samplePair(key: string, members: ReadonlyMap<string, TarMember>): WebPair | string {
  const media = [...members].find(([ending]) => videoEndings.has(ending) || imageEndings.has(ending));
  if (!media) return 'no media in the sample: its download failed';
  const metadata = sampleMetadata(members.get('json'));
  if (typeof metadata === 'string') return metadata;
  const plain = members.get('txt');
  const text = (plain ? readTarMember(plain).toString('utf8') : String(metadata.caption ?? metadata.text ?? '')).trim();
  if (!text) return 'no text';
  const kind = videoEndings.has(media[0]) ? 'video' : 'image';
  const [start, end] = [seconds(metadata.start), seconds(metadata.end)];
  return { id: key, kind, media: media[1], text, ...(start !== undefined && end !== undefined ? { start, end } : {}) };
}

function sampleMetadata(member: TarMember | undefined): Record<string, unknown> | string {
  if (!member) return {};
  try {
    return JSON.parse(readTarMember(member).toString('utf8')) as Record<string, unknown>;
  } catch {
    return 'its json is not valid JSON';
  }
}
