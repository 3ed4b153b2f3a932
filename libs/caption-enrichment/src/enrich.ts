import { type ClipFrames, type Issues, type Skip } from './clip.ts';
import type { FrameDetections, HandObjectDetector } from './detect/detections.ts';
import { bareCaption } from './generate/caption.ts';
import { contradiction } from './generate/check.ts';
import { describe } from './generate/describe.ts';
import { factsOf, type SceneFacts } from './generate/facts.ts';
import type { CaptionGenerator } from './generate/prompt.ts';
import type { MaskTracker } from './track/tracker.ts';
import { trackInteractions, type Tracks, type TrackSettings } from './track/tracks.ts';

/** The parts of detect-track-generate (EgoDTM section 3.3), each exchangeable. */
export interface EnrichmentEngine {
  readonly detector: HandObjectDetector;
  readonly tracker: MaskTracker;
  readonly generator: CaptionGenerator;
  readonly settings: TrackSettings;
}

/** What became of a clip; `enriched` is null when a step had nothing to go on or its caption was refused, and `reason` says which. */
export interface Enrichment {
  readonly original: string;
  readonly enriched: string | null;
  readonly reason: string | null;
  /** the caption that the factual check refused */
  readonly rejected?: string;
  readonly detections?: readonly FrameDetections[];
  readonly tracks?: Tracks;
  readonly facts?: SceneFacts;
}

/** The grammar of `describe` as a generator. */
export const grammarGenerator: CaptionGenerator = { name: 'grammar', generate: describe };

/**
 * Detect, track, generate, check.
 *
 * @param issues counts what was left out on the way
 */
export async function enrichCaption(
  engine: EnrichmentEngine,
  clip: ClipFrames,
  caption: string,
  issues: Issues,
): Promise<Enrichment> {
  const original = bareCaption(caption);
  const nothing = { original, enriched: null };
  const detections = await engine.detector.detect(clip, issues);
  if (isSkip(detections)) return { ...nothing, reason: detections.skipped };
  const tracks = await trackInteractions(clip, detections, engine.tracker, engine.settings, issues);
  if (isSkip(tracks)) return { ...nothing, reason: tracks.skipped, detections };
  const facts = factsOf(tracks);
  const found = { detections, tracks, facts };
  if (facts.hands.length === 0) return { ...nothing, reason: 'no hand was tracked', ...found };
  const enriched = engine.generator.generate(original, facts);
  const reason = contradiction(original, enriched, facts);
  if (reason) return { ...nothing, reason: `rejected: ${reason}`, rejected: enriched, ...found };
  return { original, enriched, reason: null, ...found };
}

const isSkip = (value: object): value is Skip => 'skipped' in value;
