export { accuracy, argmax, type Accuracy } from './accuracy.ts';
export { averagePrecision, meanAveragePrecision } from './average-precision.ts';
export {
  pairedBootstrap,
  pairedSeeds,
  stratifiedBootstrap,
  type BootstrapOptions,
  type PairedEffect,
} from './bootstrap.ts';
export type { SeedPair } from './bootstrap-table.ts';
export { classificationScores, meanClassAccuracy, type ClassificationScores } from './classification.ts';
export { wilsonInterval, type Interval } from './interval.ts';
export {
  maskAveragePrecision,
  maskIou,
  type DetectedMask,
  type MaskPrecision,
  type MaskRuns,
  type TrueMask,
} from './mask-ap.ts';
export { perplexity } from './perplexity.ts';
export { exactMatch, normalizedAnswer, rougeL } from './text.ts';
export {
  gradedAveragePrecision,
  multiInstanceRetrieval,
  retrievalPerQuery,
  type DirectionScores,
  type QueryScores,
  type Relevancy,
  type RetrievalScores,
} from './retrieval.ts';
export { recallAtIou, temporalIou, type GroundedQuery, type TimeWindow } from './temporal-grounding.ts';
export {
  absoluteTrajectoryError,
  associate,
  associationLimit,
  relativePoseErrors,
  trajectoryErrors,
  type PosePairs,
  type TrajectoryErrors,
} from './trajectory.ts';
export { align, applyAlignment, type Alignment, type Similarity } from './trajectory-alignment.ts';
export { gazeError, type GazeError, type GazePoints } from './gaze.ts';
export { depthErrors, type DepthErrors, type DepthMaps, type DepthOptions } from './depth.ts';
export { depthAlignments, validDepth, type DepthAlignment } from './depth-alignment.ts';
export { psnr, ssim, ssimWindow, type PixelVideo } from './image-quality.ts';
export { frechetDistance, type FeatureSet, type FrechetDistance } from './frechet.ts';
