import type { ClipFrames, Issues, Skip } from '../clip.ts';
import { countIssue } from '../clip.ts';
import { type Box, centreOf, type Point } from '../geometry.ts';

/** What a hand touches, in the numbering of Shan et al. 2020 (100DOH), the detector of EgoDTM. */
export const contactStates = ['none', 'self', 'other person', 'portable object', 'stationary object'] as const;
export type ContactState = (typeof contactStates)[number];
export type Side = 'left' | 'right';

export interface HandDetection {
  readonly box: Box;
  readonly score: number;
  readonly side: Side;
  readonly contact: ContactState;
  /** from the hand's centre to that of the object it touches, pixels; null: none */
  readonly offset: Point | null;
}

/** An object in contact with a hand. */
export interface ObjectDetection {
  readonly box: Box;
  readonly score: number;
  /** what it is, where the detector knows */
  readonly label?: string;
}

export interface FrameDetections {
  readonly hands: readonly HandDetection[];
  readonly objects: readonly ObjectDetection[];
}

/** The first step of detect-track-generate (EgoDTM section 3.3): hands, objects and contact states of every frame. */
export interface HandObjectDetector {
  readonly name: string;
  /**
   * @param issues counts what was left out
   * @returns one record a frame of the clip, or why there is none
   */
  detect(clip: ClipFrames, issues: Issues): Promise<FrameDetections[] | Skip>;
  dispose?(): void;
}

/** The wearer has two hands, and each holds one thing: what is more is the detector's mistake. */
const MOST = 2;

/** The best two hands and objects of a frame; the rest is counted. Two hands of one side keep their sides. */
export function keepBest({ hands, objects }: FrameDetections, issues: Issues): FrameDetections {
  const best = <T extends { score: number }>(all: readonly T[], kind: string): T[] => {
    if (all.length > MOST) countIssue(issues, `more than ${MOST} ${kind} in a frame`, all.length - MOST);
    return [...all].sort((a, b) => b.score - a.score).slice(0, MOST);
  };
  return { hands: best(hands, 'hands'), objects: best(objects, 'objects') };
}

/** A hand and the object that it touches: index into `objects`, or -1. */
export interface Link {
  readonly hand: HandDetection;
  readonly object: number;
}

/**
 * Which object each touching hand touches: the one whose centre is nearest to where the hand's offset points (Shan et al. 2020;
 * VISOR-HOS evaluates the same rule). Without an offset it is the nearest one.
 */
export function linkObjects({ hands, objects }: FrameDetections): Link[] {
  return hands.map((hand) => {
    if (hand.contact === 'none' || objects.length === 0) return { hand, object: -1 };
    const centre = centreOf(hand.box);
    const [x, y] = [centre.x + (hand.offset?.x ?? 0), centre.y + (hand.offset?.y ?? 0)];
    const distances = objects.map(({ box }) => Math.hypot(centreOf(box).x - x, centreOf(box).y - y));
    return { hand, object: distances.indexOf(Math.min(...distances)) };
  });
}

/** From the hand's centre to the object's. */
export function offsetBetween(hand: Box, object: Box): Point {
  const [from, to] = [centreOf(hand), centreOf(object)];
  return { x: to.x - from.x, y: to.y - from.y };
}
