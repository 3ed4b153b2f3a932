import { bareCaption, mainObject, namedHand, tool } from './caption.ts';
import type { EntityFacts, HandFacts, Motion, Place, SceneFacts } from './facts.ts';

/** "in the lower right", "in the centre". */
export function placePhrase({ horizontal, vertical }: Place): string {
  if (vertical === null) return horizontal ? `on the ${horizontal}` : 'in the centre';
  const level = vertical === 'up' ? 'upper' : 'lower';
  return `in the ${level} ${horizontal ?? 'centre'}`;
}

/** "moves up and to the left", "stays still", "comes nearer". */
export function motionPhrase({ horizontal, vertical, distance }: Motion): string {
  const ways = [vertical, horizontal && `to the ${horizontal}`].filter((way) => way !== null);
  const approach = distance === 'nearer' ? 'comes nearer' : distance === 'farther' ? 'goes farther away' : null;
  const parts = [ways.length > 0 ? `moves ${ways.join(' and ')}` : null, approach].filter((part) => part !== null);
  return parts.length > 0 ? parts.join(' and ') : 'stays still';
}

/** Names of the tracked objects, in their order: the detector's labels, or what the caption says that the acting hand touches. */
export function objectNames(caption: string, { hands, objects }: SceneFacts): string[] {
  const acting = actingHand(caption, hands);
  const main = acting && acting.object >= 0 ? acting.object : 0;
  const named = tool(caption) ?? mainObject(bareCaption(caption)); // a hand touches the tool, the tool the thing
  return objects.map(({ label }, index) => label ?? (index === main && named ? named : 'object'));
}

/** The hand that the caption names, or else one that touches something. */
export function actingHand(caption: string, hands: readonly HandFacts[]): HandFacts | undefined {
  const side = namedHand(caption);
  const touching = hands.filter((hand) => hand.touching);
  return (
    hands.find((hand) => hand.side === side) ?? touching.find(({ object }) => object >= 0) ?? touching[0] ?? hands[0]
  );
}

/**
 * A spatial caption by grammar: the caption, then where the acting hand and its object are and how they move. Says nothing that
 * the tracks don't.
 */
export function describe(caption: string, facts: SceneFacts): string {
  const hand = actingHand(caption, facts.hands);
  const names = objectNames(caption, facts);
  const phrase = (name: string, entity: EntityFacts) =>
    `the ${name} ${placePhrase(entity.place)} ${motionPhrase(entity.motion)}`;
  const object = hand && hand.object >= 0 ? hand.object : facts.objects.length > 0 ? 0 : -1;
  const parts = [
    ...(hand ? [phrase(`${hand.side} hand`, hand)] : []),
    ...(object >= 0 ? [phrase(names[object], facts.objects[object])] : []),
  ];
  return [bareCaption(caption), ...parts].join(', ');
}
