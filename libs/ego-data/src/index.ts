export {
  charadesClasses,
  readCharadesEgo,
  type CharadesAction,
  type CharadesVideo,
} from './charades-ego/charades-ego.ts';
export { polygonRuns } from './coco-polygon.ts';
export { type CocoRle, decodeRle, encodeRle, rleArea, runLengths } from './coco-rle.ts';
export { type GroundTruth, type GroundTruthFrame, HAND_INSTANCE, readGroundTruth } from './ground-truth.ts';
export { type SkipReport, SkipLog, type Skipped } from './skipped.ts';
export {
  egoExoClips,
  type ClipPair,
  type EgoExoClips,
  type EgoExoOptions,
  type Split,
} from './ego-exo4d/ego-exo-clips.ts';
export { readAtomicDescriptions, type Narration, type TakeNarrations } from './ego-exo4d/annotations.ts';
export { readSplits, readTakes, type CameraVideo, type Take } from './ego-exo4d/takes.ts';
export {
  meanGap,
  narrationWindows,
  paperAlpha,
  windowsOf,
  type Window,
  type WindowOptions,
} from './ego-exo4d/windows.ts';
export {
  windowsTable,
  writeWindowsCsv,
  type WindowRow,
  type WindowsTable,
  type WindowsTableOptions,
} from './ego-exo4d/windows-table.ts';
export {
  clipStatistics,
  paperStatistics,
  wordCount,
  type ClipStatistics,
  type Distribution,
} from './ego-exo4d/statistics.ts';
export { egoExoFigures, institution, type Bar, type EgoExoFigures, type NamedShare } from './ego-exo4d/figures.ts';
export {
  egoClip,
  readEgoClip,
  withoutMarker,
  type EgoClipOptions,
  type EgoClipPair,
  type EgoClipRow,
} from './ego4d/ego-clip.ts';
export { VideoLocator, type LocatedClip } from './ego4d/video-locator.ts';
export { readEgoNlq, readNlqPredictions, type NlqPrediction, type NlqQuery } from './ego4d/ego-nlq.ts';
export { readEgoMcq, type EgoMcqQuestion, type McqClip } from './ego4d/ego-mcq.ts';
export { egoSchemaVideo, readEgoSchema, readEgoSchemaAnswers, type EgoSchemaQuestion } from './ego4d/ego-schema.ts';
export * from './instruction/index.ts';
export * from './qa/index.ts';
export { parsePythonLiteral, type PythonValue } from './python-literal.ts';
export {
  readWebPairs,
  webPairs,
  type WebPair,
  type WebShardSource,
  type WebSource,
  type WebTableSource,
} from './web/web-pairs.ts';
export type { WebFormat } from './web/formats.ts';
export {
  datasetKinds,
  detectDatasets,
  validateDataset,
  type DatasetKind,
  type Problem,
  type ValidationOptions,
  type ValidationReport,
} from './validate.ts';
export {
  cameraMean,
  cameraStd,
  clipTiming,
  denormalizeCamera,
  egoM2pSources,
  evaluationSources,
  modalities,
  normalizeCamera,
  normalizeGaze,
  trainingSources,
  type ClipDepth,
  type ClipGaze,
  type ClipVideo,
  type EgoM2pClip,
  type EgoM2pOptions,
  type EgoM2pSource,
  type Modality,
} from './egom2p/clip.ts';
export {
  streamOrder,
  TokenMixture,
  tokensPerSample,
  TokenShards,
  TokenShardWriter,
  type MixtureSample,
  type MixtureSource,
  type TokenFormat,
  type TokenFormats,
  type TokenSample,
} from './token-shards/index.ts';
export { readEgteaActions, readEgteaSplit, type EgteaClip, type EgteaSplit } from './egtea/egtea.ts';
export { readEk100Retrieval, type Ek100Caption, type Ek100Clip, type Ek100Retrieval } from './ek100/retrieval.ts';
export {
  readCocoInstances,
  readCocoResults,
  type CocoInstances,
  type DetectedInstance,
  type InstanceMask,
} from './visor/coco-instances.ts';
export { axisFixes, fixAxes } from './geometry/axes.ts';
export { fisheye624, pinhole, type CameraModel, type PinholeParameters, type Pixel } from './geometry/camera-model.ts';
export {
  cpfGazePoint,
  cropCoordinates,
  defaultGazeDepth,
  projectCpf,
  uprightPixel,
  vergenceGaze,
  type GazeRig,
  type SquareCrop,
  type VergenceGaze,
} from './geometry/gaze.ts';
export {
  canonicalize,
  compose,
  fromMatrix,
  fromNineNumbers,
  identityPose,
  inverse,
  toNineNumbers,
  transform,
  type Pose,
  type Trajectory,
} from './geometry/pose.ts';
export { frameTimes, resamplePoints, resamplePoses, type TimedPoint } from './geometry/resample.ts';
export {
  add,
  fromQuaternion,
  fromRotationVector,
  identityRotation,
  multiply,
  norm,
  rotate,
  rotationAngle,
  scale,
  subtract,
  toQuaternion,
  transpose,
  type Quaternion,
  type Rotation,
  type Vector3,
} from './geometry/rotation.ts';
export { readEuroc, readKitti, readTum, tumText } from './geometry/trajectory-files.ts';
export { gazeCsvText, readGazeCsv, type GazeTable } from './egom2p/gaze-csv.ts';
export { egoM2pClips, readEgoM2pClips, type EgoM2pClips } from './egom2p/read.ts';
export {
  bilateralFilter,
  cleanSensorDepth,
  closeHoles,
  inpaint,
  inverseDepth,
  medianFilter,
} from './egom2p/depth-standardisation.ts';
export {
  mpsRecording,
  nominalAria,
  readAriaCalibration,
  readMpsGaze,
  readMpsTrajectory,
  type AriaCalibration,
  type MpsFiles,
  type MpsGaze,
} from './egom2p/aria.ts';
export { splitRecording, type SplitOptions } from './egom2p/split.ts';
export type { DepthSource, FrameSource, Recording } from './egom2p/recording.ts';
export { readH2oFrames, readH2oIntrinsics, type H2oFrame, type H2oIntrinsics } from './h2o/h2o.ts';
export {
  readVisorHos,
  visorCategories,
  visorInstances,
  type VisorFrame,
  type VisorInstance,
} from './visor/visor-hos.ts';
