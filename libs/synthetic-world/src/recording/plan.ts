import type { WorldConfig } from '../config.ts';
import { drawTake, type Take, type TakeRequest } from '../take/take.ts';
import type { Output, RecordingJob, RecordingSettings } from './job.ts';

/** What every recording of a world has in common. */
export interface Studio {
  readonly seed: number;
  readonly render: RecordingSettings;
  readonly rooms: WorldConfig['rooms'];
  /** where a take's objects stand; default: nearly all at the main station */
  readonly objects?: 'main' | 'both';
  /** the hues and textures that all rooms have; default: usual */
  readonly looks?: TakeRequest['looks'];
}

export function studioOf({ seed, size, fps, samples, crf, rooms }: WorldConfig): Studio {
  return { seed, rooms, render: { width: size, height: size, fps, samples, crf } };
}

/** A recording before it is made. */
export interface PlannedTake {
  readonly request: TakeRequest;
  readonly take: Take;
  readonly numFrames: number;
  /** seconds that are recorded: whole frames */
  readonly duration: number;
}

/** Plan an egocentric take; rooms are taken in turn. */
export function planTake(
  { seed, render, rooms, objects, looks }: Studio,
  name: string,
  split: 'train' | 'heldOut',
  room: number,
  duration: readonly [number, number],
): PlannedTake {
  const numRooms = split === 'train' ? rooms.train : rooms.heldOut;
  const request: TakeRequest = { name, split, room: room % numRooms, seed, duration, numExo: 0, objects, looks };
  const take = drawTake(request);
  const numFrames = Math.floor(take.plan.duration * render.fps);
  return { request, take, numFrames, duration: numFrames / render.fps };
}

export const recordingJob = (
  { render }: Studio,
  { request }: PlannedTake,
  outputs: readonly Output[],
): RecordingJob => ({ kind: 'recording', request, render, outputs });
