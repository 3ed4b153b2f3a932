import type { Side } from '../detect/detections.ts';
import { areaOf, type Box, centreOf } from '../geometry.ts';
import type { Track, Tracks } from '../track/tracks.ts';

export type Horizontal = 'left' | 'right';
export type Vertical = 'up' | 'down';

/** Where something is in the image, and how it moves in it; null: in the middle, or not noticeably. */
export interface Motion {
  readonly horizontal: Horizontal | null;
  readonly vertical: Vertical | null;
  /** by the size of its box */
  readonly distance: 'nearer' | 'farther' | null;
}
export interface Place {
  readonly horizontal: Horizontal | null;
  readonly vertical: Vertical | null;
}

/** What the boxes of one track say. */
export interface EntityFacts {
  /** over all frames in which it is seen */
  readonly place: Place;
  readonly motion: Motion;
  /** share of the frames in which it is seen */
  readonly visible: number;
  /** first, middle and last box that is seen, as shares of the image's sides */
  readonly boxes: readonly Box[];
}
export interface HandFacts extends EntityFacts {
  readonly side: Side;
  readonly touching: boolean;
  /** index of the object that it touches, or -1 */
  readonly object: number;
}
export interface ObjectFacts extends EntityFacts {
  readonly label?: string;
}

/** Everything that a sentence about the clip may say beyond its caption. */
export interface SceneFacts {
  readonly hands: readonly HandFacts[];
  readonly objects: readonly ObjectFacts[];
}

/** A place within this share of the image's side from its middle is the middle. */
const MIDDLE = 0.12;
/** A centre that moves by less than this share of the image's side stays. */
const STILL = 0.06;
/** A box whose area changes by less than this factor keeps its distance. */
const SAME_SIZE = 1.5;

/** Facts from boxes and their movement (section 3.3: "HOI positions, object shapes, and movements"); empty tracks are left out. */
export function factsOf({ hands, objects, height, width }: Tracks): SceneFacts {
  const seenObjects = objects.flatMap((track, index) => {
    const facts = entityFacts(track, height, width);
    return facts ? [{ index, facts: { ...facts, label: track.label } }] : [];
  });
  return {
    objects: seenObjects.map(({ facts }) => facts),
    hands: hands.flatMap((track) => {
      const facts = entityFacts(track, height, width);
      const object = seenObjects.findIndex(({ index }) => index === track.object);
      return facts ? [{ ...facts, side: track.side, touching: track.contact !== 'none', object }] : [];
    }),
  };
}

function entityFacts({ boxes }: Track, height: number, width: number): EntityFacts | undefined {
  const seen = boxes.flatMap((box) =>
    box ? [{ x1: box.x1 / width, y1: box.y1 / height, x2: box.x2 / width, y2: box.y2 / height }] : [],
  );
  if (seen.length === 0) return undefined;
  const [first, last] = [seen[0], seen[seen.length - 1]];
  const [from, to] = [centreOf(first), centreOf(last)];
  const growth = areaOf(last) / areaOf(first);
  const centres = seen.map(centreOf);
  const mean = (axis: 'x' | 'y') => centres.reduce((sum, centre) => sum + centre[axis], 0) / centres.length;
  return {
    place: { horizontal: horizontal(mean('x') - 0.5, MIDDLE), vertical: vertical(mean('y') - 0.5, MIDDLE) },
    motion: {
      horizontal: horizontal(to.x - from.x, STILL),
      vertical: vertical(to.y - from.y, STILL),
      distance: growth > SAME_SIZE ? 'nearer' : growth < 1 / SAME_SIZE ? 'farther' : null,
    },
    visible: seen.length / boxes.length,
    boxes: [first, seen[Math.floor(seen.length / 2)], last],
  };
}

const horizontal = (value: number, least: number): Horizontal | null =>
  value > least ? 'right' : value < -least ? 'left' : null;
const vertical = (value: number, least: number): Vertical | null =>
  value > least ? 'down' : value < -least ? 'up' : null;
