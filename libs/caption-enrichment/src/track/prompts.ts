import { centreOf } from '../geometry.ts';
import { type FrameDetections, linkObjects, type Link, type ObjectDetection } from '../detect/detections.ts';
import type { TrackPrompt } from './tracker.ts';

/**
 * In which frame tracking starts:
 * - `first-object-contact`: the first in which a hand touches an object ("selected when the hands make contact with objects", section 3.3)
 * - `first-contact`: the first in which a hand touches anything, itself included (released code)
 * - `most-boxes`: the one with most hands and objects among those with contact, the first of equals (the released docstring)
 */
export const promptFrameRules = ['first-object-contact', 'first-contact', 'most-boxes'] as const;
export type PromptFrameRule = (typeof promptFrameRules)[number];

/**
 * How things are pointed out to the tracker:
 * - `boxes`: each by its box, the others' boxes being negative (section 3.3)
 * - `points-and-boxes`: hands by the point in the middle of their box with the other middles negative, objects by their box alone (released code)
 */
export const promptStyles = ['boxes', 'points-and-boxes'] as const;
export type PromptStyle = (typeof promptStyles)[number];

/** The frame to prompt, or undefined when no frame qualifies (the released code fails there). */
export function choosePromptFrame(frames: readonly FrameDetections[], rule: PromptFrameRule): number | undefined {
  const qualifies = ({ hands, objects }: FrameDetections) =>
    hands.some(({ contact }) =>
      rule === 'first-object-contact'
        ? objects.length > 0 && (contact === 'portable object' || contact === 'stationary object')
        : contact !== 'none',
    );
  const candidates = frames.flatMap((frame, index) => (qualifies(frame) ? [{ frame, index }] : []));
  if (rule !== 'most-boxes') return candidates[0]?.index;
  const count = ({ hands, objects }: FrameDetections) => hands.length + objects.length;
  const most = Math.max(...candidates.map(({ frame }) => count(frame)));
  return candidates.find(({ frame }) => count(frame) === most)?.index;
}

/** What is tracked: objects that a hand touches, then hands (the order of the released object ids). */
export interface Prompted {
  readonly objects: readonly ObjectDetection[];
  /** `object` indexes `objects`; -1: touches none of them */
  readonly hands: readonly Link[];
  readonly prompts: readonly TrackPrompt[];
}

/** Prompts of a frame. Objects that no hand is linked to are dropped. */
export function promptsOf(frame: FrameDetections, style: PromptStyle): Prompted {
  const links = linkObjects(frame);
  const kept = [...new Set(links.map(({ object }) => object))].filter((object) => object >= 0).sort((a, b) => a - b);
  const objects = kept.map((object) => frame.objects[object]);
  const hands = links.map(({ hand, object }) => ({ hand, object: kept.indexOf(object) }));
  const all = [
    ...objects.map(({ box }) => ({ kind: 'object' as const, box })),
    ...hands.map(({ hand }) => ({ kind: 'hand' as const, box: hand.box })),
  ];
  const prompts = all.map(({ kind, box }, index): TrackPrompt => {
    const others = all.filter((_, other) => other !== index).map((other) => other.box);
    if (style === 'boxes') return { kind, box, points: [], negativeBoxes: others };
    if (kind === 'object') return { kind, box, points: [], negativeBoxes: [] };
    const points = [
      { ...centreOf(box), positive: true },
      ...others.map((other) => ({ ...centreOf(other), positive: false })),
    ];
    return { kind, box: null, points, negativeBoxes: [] };
  });
  return { objects, hands, prompts };
}
