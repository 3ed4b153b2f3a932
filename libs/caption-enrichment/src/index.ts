export { type ClipFrames, countIssue, type Issues, type Skip } from './clip.ts';
export { type Box, boxIou, type Mask, maskBox, maskIou, type Point } from './geometry.ts';
export { centreNetConfigSchema, type CentreNetConfig } from './detect/centre-net/config.ts';
export {
  centreNetDetector,
  detectFrames,
  detectorLoss,
  type LabelledFrame,
  loadDetector,
  saveDetector,
} from './detect/centre-net/detector.ts';
export { centreNetParameters } from './detect/centre-net/model.ts';
export {
  type ContactState,
  contactStates,
  type FrameDetections,
  type HandDetection,
  type HandObjectDetector,
  linkObjects,
  type ObjectDetection,
  type Side,
} from './detect/detections.ts';
export { detectionRows, detectionsFromFile, folderDetector, singleFileDetector } from './detect/detections-file.ts';
export { type DetectionScores, detectionScores } from './detect/scores.ts';
export { skinColourDetector } from './detect/skin-colour.ts';
export { instanceMask, labelsOf, worldDetector } from './detect/world-labels.ts';
export { type Enrichment, type EnrichmentEngine, enrichCaption, grammarGenerator } from './enrich.ts';
export { type Contradiction, contradiction } from './generate/check.ts';
export { describe } from './generate/describe.ts';
export { factsOf, type SceneFacts } from './generate/facts.ts';
export { type CaptionGenerator, captionPrompt, languageModelGenerator } from './generate/prompt.ts';
export { memoryTracker, type MemoryTrackerOptions } from './track/memory-tracker.ts';
export { overlayDetections, overlayFrames, overlayMasks } from './track/overlay.ts';
export {
  choosePromptFrame,
  type PromptFrameRule,
  promptFrameRules,
  promptsOf,
  type PromptStyle,
  promptStyles,
} from './track/prompts.ts';
export { readSam2Masks, sam2FileTracker, type Sam2Masks, sam2Masks } from './track/sam2-file.ts';
export { segmentFrame, type SegmentedInstance } from './track/single-frame.ts';
export type { MaskTracker, TrackPrompt, TrackRequest } from './track/tracker.ts';
export {
  type HandTrack,
  type ObjectTrack,
  trackInteractions,
  type Tracks,
  type TrackSettings,
} from './track/tracks.ts';
