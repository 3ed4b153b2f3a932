import type { Random } from '@egolab/foundation';
import { verbs } from '../take/action.ts';
import { categories } from '../world/objects.ts';
import type { Fact } from './fact.ts';

/** Nouns of the kitchen data sets, in the order of their classes. */
export const nounClasses: readonly string[] = [...categories, 'water', 'juice', 'table', 'counter'];

/** Verbs of the kitchen data sets, in the order of their classes: a key, and the wordings that belong to it. */
export const verbClasses: readonly { readonly key: string; readonly wordings: readonly string[] }[] = [
  { key: 'take', wordings: ['pick-up', 'take', 'grab'] },
  { key: 'put', wordings: ['put-down', 'place', 'put-in', 'put-on'] },
  { key: 'pour', wordings: ['pour'] },
  { key: 'mix', wordings: ['stir', 'mix'] },
  { key: 'cut', wordings: ['cut', 'slice'] },
  { key: 'wipe', wordings: ['wipe', 'clean'] },
  { key: 'open', wordings: ['open'] },
  { key: 'close', wordings: ['close', 'shut'] },
  { key: 'push', wordings: ['push', 'slide'] },
  { key: 'move', wordings: ['move', 'shift'] },
  { key: 'turn', wordings: ['turn', 'rotate'] },
  { key: 'walk', wordings: ['walk-to', 'go-to'] },
  { key: 'look', wordings: ['look-at', 'watch'] },
];

/** An action as EPIC-KITCHENS notes it: an imperative without hands, a verb and nouns with their classes. */
export interface KitchenAction {
  /** "pour water from kettle into mug" */
  readonly narration: string;
  /** "pour" */
  readonly verb: string;
  readonly verbClass: number;
  readonly nouns: readonly string[];
  readonly nounClasses: readonly number[];
}

/** Nouns of an action, what it is mainly about first. */
export function nounsOf(fact: Fact): string[] {
  const named = [fact.liquid, fact.object, fact.target, fact.tool].filter((noun) => noun !== null);
  return named.length > 0 ? named : [fact.place as string];
}

/** @param random chooses among the verb's wordings; without it the first one is taken */
export function kitchenAction(fact: Fact, random?: Random): KitchenAction {
  const verbClass = verbs.indexOf(fact.verb);
  const wordings = verbClasses[verbClass].wordings;
  const into = fact.verb === 'put down' && fact.target !== null;
  const free = fact.verb === 'put down' ? wordings.slice(0, 2) : wordings;
  const verb = into ? (fact.target === 'box' ? 'put-in' : 'put-on') : (random?.choice(free) ?? free[0]);
  const nouns = nounsOf(fact);
  return {
    narration: imperative(fact, verb),
    verb,
    verbClass,
    nouns,
    nounClasses: nouns.map((noun) => nounClasses.indexOf(noun)),
  };
}

function imperative({ verb: action, object, target, tool, place, direction, liquid }: Fact, verb: string): string {
  const words = verb.replace('-', ' ');
  switch (action) {
    case 'put down':
      return target ? `put ${object} ${target === 'box' ? 'in' : 'on'} ${target}` : `${words} ${object}`;
    case 'pour':
      return `${words} ${liquid} from ${object} into ${target}`;
    case 'stir':
    case 'cut':
      return `${words} ${object} with ${tool}`;
    case 'wipe':
      return `${words} ${object ?? place} with ${tool}`;
    case 'move':
      return `${words} ${object} ${direction}`;
    case 'walk to':
      return `${words} ${place}`;
    case 'pick up':
    case 'open':
    case 'close':
    case 'push':
    case 'turn':
    case 'look at':
      return `${words} ${object}`;
  }
}
