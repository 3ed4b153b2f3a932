import { availableParallelism } from 'node:os';
import { sha256 } from '@egolab/foundation';
import { DiskCache, MemoryCache } from './decode-cache.ts';
import { type ClipOptions, framesOfWindow, streamClips } from './decode.ts';
import { ffmpegInput, type Media, mediaIdentity } from './media.ts';
import { packClip, unpackClip } from './packed-clip.ts';
import { probe, type VideoInfo } from './probe.ts';
import { Semaphore } from './semaphore.ts';
import type { TimeWindow } from './sampling.ts';

/** A stretch of a video that a model is to see. */
export interface ClipRequest extends TimeWindow {
  readonly media: Media;
}

export interface ClipReaderOptions extends ClipOptions {
  /** side of the square frames in pixels */
  readonly size: number;
  /** folder of the disk cache; without it decoded clips are kept in memory only */
  readonly cacheFolder?: string;
  /** limit of the disk cache in bytes; default 8 GiB */
  readonly maxDiskBytes?: number;
  /** limit of the memory cache in bytes; default 256 MiB */
  readonly maxMemoryBytes?: number;
  /** ffmpeg processes at a time; default one per core */
  readonly concurrency?: number;
}

export interface ClipReaderStats {
  readonly memoryHits: number;
  readonly diskHits: number;
  /** clips that ffmpeg had to decode */
  readonly decoded: number;
  readonly bytesInMemory: number;
  readonly bytesOnDisk: number;
}

export interface WarmProgress {
  readonly done: number;
  readonly total: number;
}

/** Videos whose frames' times are remembered: half an hour of them is half a megabyte, and Ego4D has thousands of hours. */
const maxProbed = 256;

/** Changes when decoding changes what a clip looks like: old cache entries are then never found. */
const decoderVersion = 1;

interface Job {
  readonly key: string;
  readonly clip: ClipRequest;
  readonly resolve: (packed: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads clips of many videos as a model needs them: uint8 `[numFrames, size, size, 3]`. Decoded clips are cached on disk
 * and in memory, both bounded; clips of one file are decoded in one pass; equal requests share their work; decoding runs
 * ahead (`prefetch`) in a bounded number of ffmpeg processes.
 */
export class ClipReader {
  private readonly options: ClipReaderOptions;
  private readonly memory: MemoryCache;
  private readonly disk: DiskCache | undefined;
  private readonly processes: Semaphore;
  private readonly videos = new Map<string, Promise<VideoInfo>>();
  private readonly pending = new Map<string, Promise<Uint8Array>>();
  private readonly counts = { memoryHits: 0, diskHits: 0, decoded: 0 };

  constructor(options: ClipReaderOptions) {
    const gibibyte = 2 ** 30;
    this.options = options;
    this.memory = new MemoryCache(options.maxMemoryBytes ?? gibibyte / 4);
    this.disk = options.cacheFolder
      ? new DiskCache(options.cacheFolder, options.maxDiskBytes ?? 8 * gibibyte)
      : undefined;
    this.processes = new Semaphore(options.concurrency ?? availableParallelism());
  }

  get stats(): ClipReaderStats {
    return { ...this.counts, bytesInMemory: this.memory.bytes, bytesOnDisk: this.disk?.bytes ?? 0 };
  }

  /**
   * One clip, uint8 `[numFrames, size, size, 3]`, an array of the caller's own.
   * @throws UserError when the video is missing or cut, or the window lies after its end
   */
  async read(clip: ClipRequest): Promise<Uint8Array> {
    const [data] = await this.readMany([clip]);
    return data;
  }

  /** Several clips in the order asked for; those of one file cost one pass over it. */
  async readMany(clips: readonly ClipRequest[]): Promise<Uint8Array[]> {
    const packed = await Promise.all(this.request(clips));
    return packed.map(unpackClip);
  }

  /** Begin to decode clips that will be read soon. A failure shows when the clip is read. */
  prefetch(clips: readonly ClipRequest[]): void {
    for (const packed of this.request(clips)) packed.catch(() => undefined);
  }

  /**
   * Fill the caches: every clip decoded once, file by file. What is cached already is not touched; once as much is decoded as the cache
   * holds, the rest is left, since it would only drive out what was decoded before it.
   */
  async warm(clips: readonly ClipRequest[], onProgress?: (progress: WarmProgress) => void): Promise<void> {
    const missing = new Map<string, ClipRequest>();
    for (const clip of clips) {
      const key = this.key(clip);
      if (!this.memory.has(key) && !this.disk?.has(key)) missing.set(key, clip);
    }
    const total = clips.length;
    let done = total - missing.size;
    onProgress?.({ done, total });
    const files = groupBy([...missing.values()], (clip) => mediaIdentity(clip.media));
    const queue = [...files.values()];
    let room = (this.disk ?? this.memory).maxBytes;
    const work = async () => {
      for (let file = queue.shift(); file && room > 0; file = queue.shift()) {
        const sizes = await Promise.all(this.request(file).map((packed) => packed.then(({ length }) => length)));
        room -= sizes.reduce((sum, size) => sum + size, 0);
        done += file.length;
        onProgress?.({ done, total });
      }
    };
    await Promise.all(Array.from({ length: this.processes.limit }, work));
  }

  private key({ media, start, end }: ClipRequest): string {
    ffmpegInput(media); // a missing file is the user's to mend, and said so
    const { numFrames, sampler, size, aspect = 'pad' } = this.options;
    return sha256([decoderVersion, mediaIdentity(media), start, end, numFrames, sampler, size, aspect].join('|'));
  }

  /** Per clip its packed frames, from memory, from work under way, from disk, or decoded with its file's others. */
  private request(clips: readonly ClipRequest[]): Promise<Uint8Array>[] {
    const jobs: Job[] = [];
    const answers = clips.map((clip) => {
      const key = this.key(clip);
      const known = this.memory.get(key);
      if (known) {
        this.counts.memoryHits++;
        return Promise.resolve(known);
      }
      const running = this.pending.get(key);
      if (running) return running;
      const answer = new Promise<Uint8Array>((resolve, reject) => jobs.push({ key, clip, resolve, reject }));
      this.pending.set(key, answer);
      answer.finally(() => this.pending.delete(key)).catch(() => undefined); // the caller sees the failure itself
      return answer;
    });
    for (const file of groupBy(jobs, ({ clip }) => mediaIdentity(clip.media)).values()) {
      this.serve(file).catch((error) => file.forEach(({ reject }) => reject(error)));
    }
    return answers;
  }

  /** Answer requests for clips of one file. */
  private async serve(jobs: readonly Job[]): Promise<void> {
    const missing: Job[] = [];
    for (const job of jobs) {
      const stored = await this.disk?.get(job.key);
      if (!stored) {
        missing.push(job);
        continue;
      }
      this.counts.diskHits++;
      this.memory.put(job.key, stored);
      job.resolve(stored);
    }
    if (missing.length > 0) await this.processes.run(() => this.decode(missing));
  }

  private async decode(jobs: readonly Job[]): Promise<void> {
    const { media } = jobs[0].clip;
    const info = await this.video(media);
    const lists = jobs.map(({ clip }) => framesOfWindow(media, info, clip, this.options));
    const onClip = async (index: number, clip: Parameters<typeof packClip>[0]) => {
      const { key, resolve } = jobs[index];
      const packed = packClip(clip);
      this.counts.decoded++;
      this.memory.put(key, packed);
      await this.disk?.put(key, packed);
      resolve(packed);
    };
    await streamClips(media, info, lists, this.options, onClip, 1);
  }

  private video(media: Media): Promise<VideoInfo> {
    const identity = mediaIdentity(media);
    const info = this.videos.get(identity) ?? probe(media);
    this.videos.delete(identity);
    this.videos.set(identity, info); // behind those that were asked for before it
    if (this.videos.size > maxProbed) this.videos.delete(this.videos.keys().next().value!);
    return info;
  }
}

function groupBy<T>(items: readonly T[], name: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(name(item));
    if (group) group.push(item);
    else groups.set(name(item), [item]);
  }
  return groups;
}
