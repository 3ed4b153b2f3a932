import type { TakeRecord } from '../write/job.ts';
import type { TakeRequest } from '../take/take.ts';
import type { ClipTruth } from '../egodtm/clip-truth.ts';
import type { HandObjectFrames, LabelledFrame } from '../egodtm/visor-frames.ts';
import type { EgoM2pSequence } from '../egom2p/sequence.ts';
import type { H2oSequence } from './h2o.ts';

/** The whole recording as an mp4. */
export interface Video {
  readonly kind: 'video';
  readonly path: string;
}

/** Stretches of the recording as a video each; seconds. */
export interface Clips {
  readonly kind: 'clips';
  /** default mp4 */
  readonly container?: 'webm';
  readonly clips: readonly { readonly path: string; readonly start: number; readonly end: number }[];
}

export type Output = Video | Clips | ClipTruth | HandObjectFrames | H2oSequence | EgoM2pSequence;

/** An egocentric take to record, and the files to make of it. */
export interface RecordingJob {
  readonly kind: 'recording';
  readonly request: TakeRequest;
  readonly render: RecordingSettings;
  readonly outputs: readonly Output[];
}

export interface RecordingSettings {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly samples: number;
  readonly crf: number;
  /** pictures a second, where they are fewer than the frames; between them the picture stands still */
  readonly pictureFps?: number;
  /** share of a shift of gaze that the head makes; default 1 */
  readonly headShare?: number;
}

/** What the annotation writers know about a recording. */
export interface RecordingRecord extends TakeRecord {
  /** hands and touched objects of the frames that were asked for */
  readonly labelled: readonly LabelledFrame[];
}
