import { type ClipFrames, countIssue, type Issues, type Skip } from '../clip.ts';
import type { ContactState, FrameDetections, Side } from '../detect/detections.ts';
import { keepBest } from '../detect/detections.ts';
import { type Box, type Mask, maskBox } from '../geometry.ts';
import { choosePromptFrame, type PromptFrameRule, promptsOf, type PromptStyle } from './prompts.ts';
import type { MaskTracker } from './tracker.ts';

interface TrackBase {
  /** a mask for each frame; null where it isn't seen */
  readonly masks: readonly (Mask | null)[];
  /** the boxes around the masks, pixels */
  readonly boxes: readonly (Box | null)[];
}
export interface ObjectTrack extends TrackBase {
  readonly kind: 'object';
  /** what it is, where the detector knows */
  readonly label?: string;
}
export interface HandTrack extends TrackBase {
  readonly kind: 'hand';
  readonly side: Side;
  /** in the prompted frame */
  readonly contact: ContactState;
  /** index of the object that it touches, or -1 */
  readonly object: number;
}
export type Track = ObjectTrack | HandTrack;

/** Hands and the objects that they touch, through a clip: M of section 3.3. */
export interface Tracks {
  readonly promptFrame: number;
  readonly numFrames: number;
  readonly height: number;
  readonly width: number;
  readonly objects: readonly ObjectTrack[];
  readonly hands: readonly HandTrack[];
}

export interface TrackSettings {
  readonly promptFrame: PromptFrameRule;
  readonly prompts: PromptStyle;
}

/** Choose the frame, prompt the tracker, and put its masks beside what the detector said. */
export async function trackInteractions(
  clip: ClipFrames,
  detections: readonly FrameDetections[],
  tracker: MaskTracker,
  settings: TrackSettings,
  issues: Issues,
): Promise<Tracks | Skip> {
  const frames = detections.map((frame) => keepBest(frame, issues));
  const promptFrame = choosePromptFrame(frames, settings.promptFrame);
  if (promptFrame === undefined) return { skipped: 'no hand in contact in any frame' };
  const { objects, hands, prompts } = promptsOf(frames[promptFrame], settings.prompts);
  const masks = await tracker.track({ clip, frame: promptFrame, prompts }, issues);
  if ('skipped' in masks) return masks;
  const base = (index: number): TrackBase => ({
    masks: masks[index],
    boxes: masks[index].map((mask) => (mask && maskBox(mask)) ?? null),
  });
  const tracks = {
    objects: objects.map(({ label }, index): ObjectTrack => ({ kind: 'object', label, ...base(index) })),
    hands: hands.map(({ hand, object }, index): HandTrack => ({
      kind: 'hand',
      side: hand.side,
      contact: hand.contact,
      object,
      ...base(objects.length + index),
    })),
  };
  const empty = [...tracks.objects, ...tracks.hands].filter(({ boxes }) => boxes.every((box) => box === null));
  if (empty.length > 0) countIssue(issues, 'an empty track', empty.length);
  if (empty.length === prompts.length) return { skipped: 'all tracks are empty' };
  return { promptFrame, numFrames: clip.numFrames, height: clip.height, width: clip.width, ...tracks };
}
