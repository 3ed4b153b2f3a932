import { join } from 'node:path';
import {
  type ClipFrames,
  detectionRows,
  detectionsFromFile,
  type Enrichment,
  type EnrichmentEngine,
  enrichCaption,
  grammarGenerator,
  type HandObjectDetector,
  type Issues,
  languageModelGenerator,
  loadDetector,
  memoryTracker,
  overlayDetections,
  overlayFrames,
  sam2Masks,
  singleFileDetector,
  skinColourDetector,
} from '@egolab/caption-enrichment';
import { UserError, writeFileAtomic } from '@egolab/foundation';
import { loadLanguageModel } from '@egolab/language-model';
import { decodeFrames, probe, resizeBicubic, writePng, writeVideo, type Frames } from '@egolab/video';

export interface EnrichVideoOptions {
  video: string;
  caption: string;
  /** file of detections in the authors' layout */
  detections?: string;
  /** folder of a trained detector */
  detector?: string;
  /** language model for the caption; without it, the grammar */
  model?: string;
  frames: number;
  out: string;
}

/** What `egolab enrich` answers. */
export interface EnrichVideoAnswer {
  original: string;
  enriched: string | null;
  reason: string | null;
  rejected?: string;
  detector: string;
  tracker: string;
  generator: string;
  /** indices of the frames that were looked at */
  frames: number[];
  /** tracking started from this one of them; null: nothing to track */
  promptFrame: number | null;
  hands: { side: string; contact: string; object: number; boxes: (number[] | null)[] }[];
  objects: { label: string | null; boxes: (number[] | null)[] }[];
  /** how often something was left out on the way, by reason */
  issues: Record<string, number>;
  files: Record<string, string>;
}

/** Detect, track and generate on one video, and write what was found. */
export async function enrichVideo(options: EnrichVideoOptions): Promise<EnrichVideoAnswer> {
  if (options.caption.trim() === '')
    throw new UserError({
      what: 'the caption is empty',
      where: '--caption',
      mend: 'say what happens: "C picks up the mug"',
    });
  const engine: EnrichmentEngine = {
    detector: detectorOf(options),
    tracker: memoryTracker(),
    generator: options.model
      ? languageModelGenerator(loadLanguageModel(options.model), { name: options.model })
      : grammarGenerator,
    settings: { promptFrame: 'first-object-contact', prompts: 'boxes' },
  };
  const issues: Issues = new Map();
  try {
    const clip = await clipOf(options);
    let result = await enrichCaption(engine, clip, options.caption, issues);
    if (result.detections && !result.tracks) {
      // a hand that touches no object can still be followed
      result = await enrichCaption(
        { ...engine, settings: { ...engine.settings, promptFrame: 'first-contact' } },
        clip,
        options.caption,
        issues,
      );
    }
    const files = await writeFiles(options.out, clip, result, options);
    return answerOf(engine, clip, result, issues, files);
  } finally {
    engine.detector.dispose?.();
    engine.generator.dispose?.();
  }
}

function detectorOf({ detections, detector }: EnrichVideoOptions): HandObjectDetector {
  if (detections !== undefined && detector !== undefined)
    throw new UserError({
      what: 'expected detections or a detector, got both',
      where: '--detections, --detector',
      mend: 'leave one out',
    });
  if (detections !== undefined) return singleFileDetector(detections);
  return detector !== undefined ? loadDetector(detector) : skinColourDetector();
}

/** Frames spread over the whole video; as many as the detections, where there are some. */
async function clipOf({ video, detections, frames }: EnrichVideoOptions): Promise<ClipFrames> {
  const size = await probe(video);
  const count = detections === undefined ? frames : detectionsFromFile(detections, size, new Map()).length;
  if (count === 0)
    throw new UserError({
      what: 'there are no frames in it',
      where: detections,
      mend: 'expected detections [frame, 4, 10]',
    });
  const clip = await decodeFrames(video, { numFrames: count, sampler: 'avion' });
  return { ...clip, videoUid: video, narrationTime: 0 };
}

function answerOf(
  engine: EnrichmentEngine,
  clip: ClipFrames,
  result: Enrichment,
  issues: Issues,
  files: Record<string, string>,
): EnrichVideoAnswer {
  const { original, enriched, reason, rejected, tracks } = result;
  const rounded = (boxes: readonly ({ x1: number; y1: number; x2: number; y2: number } | null)[]) =>
    boxes.map((box) => box && [box.x1, box.y1, box.x2, box.y2]);
  return {
    original,
    enriched,
    reason,
    rejected,
    detector: engine.detector.name,
    tracker: engine.tracker.name,
    generator: engine.generator.name,
    frames: [...clip.indices],
    promptFrame: tracks?.promptFrame ?? null,
    hands:
      tracks?.hands.map(({ side, contact, object, boxes }) => ({ side, contact, object, boxes: rounded(boxes) })) ?? [],
    objects: tracks?.objects.map(({ label, boxes }) => ({ label: label ?? null, boxes: rounded(boxes) })) ?? [],
    issues: Object.fromEntries(issues),
    files,
  };
}

/** Overlays are at least this wide and high, so that masks of small videos can be seen. */
const MIN_SIDE = 256;
/** Overlay frames a second at most: a few frames of a clip are watched one by one. */
const MAX_FPS = 4;

/** `overlay.mp4`, `overlay.png` (the frames side by side), `masks.json`, `detections.json`. */
async function writeFiles(
  folder: string,
  clip: ClipFrames,
  { detections, tracks }: Enrichment,
  { video }: EnrichVideoOptions,
): Promise<Record<string, string>> {
  const path = (name: string) => join(folder, name);
  const files: Record<string, string> = { overlay: path('overlay.mp4'), sheet: path('overlay.png') };
  const drawn = tracks ? overlayFrames(clip, tracks) : overlayDetections(clip, detections ?? []);
  const shown = enlarged(drawn);
  const { duration } = await probe(video);
  await writeVideo(files.overlay, shown, {
    fps: Math.max(1, Math.min(MAX_FPS, clip.numFrames / Math.max(duration, 1e-3))),
    keyframeInterval: 1,
  });
  writePng(files.sheet, contactSheet(shown));
  if (detections) {
    files.detections = path('detections.json');
    writeFileAtomic(files.detections, `${JSON.stringify(detectionRows(detections))}\n`);
  }
  if (tracks) {
    files.masks = path('masks.json');
    writeFileAtomic(files.masks, `${JSON.stringify(sam2Masks([...tracks.objects, ...tracks.hands]))}\n`);
  }
  return files;
}

/** Whole multiples keep masks sharp; even sides for the encoder. */
function enlarged(frames: Frames): Frames {
  const factor = Math.max(1, Math.ceil(MIN_SIDE / Math.min(frames.height, frames.width)));
  const [height, width] = [frames.height * factor, frames.width * factor].map((side) => side + (side % 2));
  if (height === frames.height && width === frames.width) return frames;
  const frameBytes = frames.height * frames.width * 3;
  const data = Buffer.concat(
    Array.from({ length: frames.numFrames }, (_, t) => {
      const frame = { ...frames, data: frames.data.subarray(t * frameBytes, (t + 1) * frameBytes) };
      return resizeBicubic(frame, height, width).data;
    }),
  );
  return { data, numFrames: frames.numFrames, height, width };
}

function contactSheet({ data, numFrames, height, width }: Frames) {
  const columns = Math.min(4, numFrames);
  const rows = Math.ceil(numFrames / columns);
  const sheet = new Uint8Array(rows * columns * height * width * 3);
  for (let t = 0; t < numFrames; t++)
    for (let y = 0; y < height; y++) {
      const to = ((Math.floor(t / columns) * height + y) * columns + (t % columns)) * width * 3;
      sheet.set(data.subarray((t * height + y) * width * 3, (t * height + y + 1) * width * 3), to);
    }
  return { data: sheet, height: rows * height, width: columns * width, channels: 3 as const };
}
