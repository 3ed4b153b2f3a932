import type { Random } from '@egolab/foundation';
import type { Verb } from '../take/action.ts';
import { type Category, categories } from '../world/objects.ts';
import type { Fact } from './fact.ts';

/** Verb forms: the first is the first annotator's, the others are paraphrases. */
const forms: Record<Verb, readonly string[]> = {
  'pick up': ['picks up', 'grabs', 'takes'],
  'put down': ['puts down', 'places', 'drops'],
  pour: ['pours', 'pours'],
  stir: ['stirs', 'mixes'],
  cut: ['cuts', 'slices'],
  wipe: ['wipes', 'cleans'],
  open: ['opens', 'opens'],
  close: ['closes', 'shuts'],
  push: ['pushes', 'slides'],
  move: ['moves', 'shifts'],
  turn: ['turns', 'rotates'],
  'walk to': ['walks to', 'goes to'],
  'look at': ['looks at', 'watches'],
};

/** Hue of each category, as captions say it. */
export const colourNames: Record<Category, string> = {
  mug: 'red',
  bowl: 'yellow',
  plate: 'white',
  pan: 'black',
  bottle: 'green',
  kettle: 'purple',
  box: 'brown',
  jar: 'blue',
  knife: 'grey',
  spoon: 'pink',
  sponge: 'green',
  bread: 'brown',
};

export interface Wording {
  /** index into the verb's forms; taken modulo their number */
  readonly form?: number;
  /** say which hand, and whose: "with his right hand", "with the right hand", or nothing */
  readonly hand?: 'possessive' | 'the' | 'none';
  /** say the colours of things */
  readonly colours?: boolean;
}

/** What is done, without its subject: "pours water from the kettle into the mug with her left hand". */
export function clause(fact: Fact, { form = 0, hand = 'possessive', colours = false }: Wording = {}): string {
  const the = (category: Category | null) =>
    category ? `the ${colours ? `${colourNames[category]} ` : ''}${category}` : '';
  const owner = hand === 'possessive' ? fact.pronoun : 'the';
  const which = fact.hand && hand !== 'none' ? `${owner} ${fact.hand} hand` : '';
  const verb = forms[fact.verb][form % forms[fact.verb].length];
  const by = which ? ` with ${which}` : '';
  const held = `with ${the(fact.tool)}${which ? ` in ${which}` : ''}`;
  switch (fact.verb) {
    case 'pick up':
      return `${verb} ${the(fact.object)}${fact.place ? ` from the ${fact.place}` : ''}${by}`;
    case 'put down':
      if (fact.target)
        return `puts ${the(fact.object)} ${fact.target === 'box' ? 'in' : 'on'} ${the(fact.target)}${by}`;
      return `${verb} ${the(fact.object)} on the ${fact.place}${by}`;
    case 'pour':
      return `${verb} ${fact.liquid} from ${the(fact.object)} into ${the(fact.target)}${by}`;
    case 'stir':
    case 'cut':
      return `${verb} ${the(fact.object)} ${held}`;
    case 'wipe':
      return `${verb} ${fact.object ? the(fact.object) : `the ${fact.place}`} ${held}`;
    case 'push':
      return `${verb} ${the(fact.object)} forward${by}`;
    case 'move':
      return `${verb} ${the(fact.object)} to the ${fact.direction}${by}`;
    case 'walk to':
      return `${verb} the ${fact.place}`;
    case 'open':
    case 'close':
    case 'turn':
    case 'look at':
      return `${verb} ${the(fact.object)}${by}`;
  }
}

/** An Ego-Exo4D sentence: "C picks up the mug from the table with his right hand." */
export const narration = (fact: Fact, wording?: Wording): string => `C ${clause(fact, wording)}.`;

/** As the second annotator says it: other verbs, "the" hand, sometimes no hand. */
export function paraphrase(fact: Fact, random: Random): string {
  return narration(fact, {
    form: random.integer(0, 2),
    hand: random.choice(['possessive', 'the', 'the', 'none'] as const),
  });
}

/** A web caption of a third-person clip. */
export function webCaption(fact: Fact, random: Random): string {
  const subject = random.choice(['a person', 'someone', fact.pronoun === 'his' ? 'a man' : 'a woman']);
  const wording: Wording = {
    form: random.integer(0, 2),
    hand: random.choice(['the', 'none', 'possessive'] as const),
    colours: random.uniform() < 0.5,
  };
  return `${subject} ${clause(fact, wording)}`;
}

/** Several actions in one sentence. */
export function summary(facts: readonly Fact[], wording: Wording = { hand: 'none' }): string {
  const clauses = facts.map((fact) => clause(fact, wording));
  const last = clauses.pop();
  return `C ${clauses.length > 0 ? `${clauses.join(', ')} and ${last}` : last}.`;
}

/** The scene in key words, as a stand-in for what a video shows: "hand right verb pick up object mug place table". */
export function keywords(fact: Fact): string {
  const pairs: [string, string | null][] = [
    ['hand', fact.hand],
    ['verb', fact.verb],
    ['object', fact.object],
    ['with', fact.tool],
    ['liquid', fact.liquid],
    ['target', fact.target],
    ['direction', fact.direction],
    ['place', fact.place],
  ];
  return pairs
    .filter(([, value]) => value)
    .map(([key, value]) => `${key} ${value}`)
    .join(' ');
}

/** EgoClip tags: indices of the verb and of the nouns. */
export function tags(fact: Fact): { verb: number; nouns: number[] } {
  const nouns = [fact.object, fact.target, fact.tool].filter((category) => category !== null);
  return { verb: Object.keys(forms).indexOf(fact.verb), nouns: nouns.map((category) => categories.indexOf(category)) };
}
