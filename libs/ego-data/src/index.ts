export type { SkipReport, Skipped } from './skipped.ts';
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
