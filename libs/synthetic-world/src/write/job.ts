import type { Fact } from '../language/fact.ts';
import type { RecordingJob, RecordingRecord } from '../recording/job.ts';
import type { TakeRequest } from '../take/take.ts';

/** Settings of every rendered frame. */
export interface RenderSettings {
  readonly size: number;
  readonly fps: number;
  readonly samples: number;
  readonly crf: number;
}

/** A take to simulate and render; absolute paths, what is null is not written. */
export interface TakeJob {
  readonly kind: 'take';
  readonly request: TakeRequest;
  readonly render: RenderSettings;
  readonly egoVideo: string | null;
  /** `cam01.mp4` … are written here */
  readonly exoFolder: string | null;
  /** trajectory and gaze CSVs */
  readonly sensorFolder: string | null;
  /** one clip per episode, `000.mp4` … */
  readonly episodeFolder: string | null;
  readonly groundTruth: { readonly folder: string; readonly everyFrames: number } | null;
}

/** Third-person clips of single actions. */
export interface WebJob {
  readonly kind: 'web';
  readonly request: TakeRequest;
  readonly render: RenderSettings;
  readonly folder: string;
  readonly numClips: number;
}

export type Job = TakeJob | WebJob | RecordingJob;
export type JobRecord = TakeRecord | WebRecord | RecordingRecord;

/** An action as it was recorded, with what the cameras saw of it. */
export interface RecordedAction {
  readonly fact: Fact;
  readonly start: number;
  readonly end: number;
  readonly egoVisible: boolean;
  /** index of the exocentric camera that sees most of the hand and the object; null: none does */
  readonly bestExo: number | null;
}

/** Several actions that serve one goal: `[start, end]` is their window, seconds. */
export interface RecordedEpisode {
  readonly goal: string;
  readonly start: number;
  readonly end: number;
  readonly facts: readonly Fact[];
}

/** What the annotation writers know about a take. */
export interface TakeRecord {
  readonly name: string;
  readonly uid: string;
  readonly room: string;
  readonly pronoun: Fact['pronoun'];
  readonly numFrames: number;
  readonly duration: number;
  readonly actions: readonly RecordedAction[];
  readonly episodes: readonly RecordedEpisode[];
}

export interface WebRecord {
  readonly clips: readonly { readonly fact: Fact; readonly file: string; readonly duration: number }[];
}

/** A clip of an action shows this many seconds around its middle. */
const ACTION_CLIP = 1.2;

/** The window of an action's clip, seconds. */
export function actionWindow(action: RecordedAction, duration: number): { start: number; end: number } {
  return {
    start: Math.max(0, middle(action) - ACTION_CLIP / 2),
    end: Math.min(duration, middle(action) + ACTION_CLIP / 2),
  };
}

/** Middle of an action: when a narrator would note it. */
export const middle = ({ start, end }: { start: number; end: number }): number => (start + end) / 2;
