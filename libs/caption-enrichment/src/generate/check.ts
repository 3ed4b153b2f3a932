import { bareCaption, nounPhrases, wordsOf } from './caption.ts';
import { objectNames } from './describe.ts';
import type { EntityFacts, SceneFacts } from './facts.ts';

/** Why a caption can't be believed. */
export type Contradiction =
  'wrong side' | 'wrong direction' | 'wrong place' | 'unknown object' | 'no new words' | 'too long';

/** Words beyond the caption's that a spatial sentence needs and that name no thing of the scene. */
const SPATIAL_NOUNS = new Set(
  (
    'hand hands object objects item thing left right center centre middle top bottom side corner edge view frame image scene camera wearer person ' +
    'front back background foreground direction way movement motion position beginning end start time process lower upper c'
  ).split(' '),
);
/** More words than this aren't a caption; the text tower reads 77 tokens. */
const MAX_WORDS = 70;

const MOVES =
  /\b(mov(?:es?|ed|ing)|shift(?:s|ed|ing)?|slid(?:es?|ing)?|go(?:es|ing)?|travel(?:s|led|ling)?|drift(?:s|ed|ing)?|pull(?:s|ed|ing)?|push(?:es|ed|ing)?)\b/;
const RISES = /\b(lift(?:s|ed|ing)?|rais(?:es?|ed|ing)|ris(?:es?|ing)|lower(?:s|ed|ing)|descend(?:s|ed|ing)?)\b/;
/** "to the left" but not "to the left of the pan": that is a relation of two things. */
const DIRECTION =
  /\b(?:to(?:wards?)? the |to (?:his|her) )?(left|right|up|down)(?:wards?)?\b(?! (?:hand|of|side of)\b)/g;
const PLACE =
  /\b(?:in|on|at|near) the ((?:(?:upper|lower|top|bottom|middle|far|left|right|centre|center)\b[ -]?)+)(?!.{0,8}\bof the (?!image|frame|view|scene|picture))/;
const HOLDS =
  /\b(?:with|in|by|using) (?:his|her|the|its|their) (left|right) hand\b|\b(left|right) hand (?:\w+ ){0,2}?(?:hold|grasp|grip|carr|touch|pick|tak)/g;

/**
 * Compare a caption with the tracks, clause by clause.
 *
 * - `wrong side`: it lets a hand act that touches nothing (or isn't there) while the other one does
 * - `wrong direction`: it moves a hand or an object against its track
 * - `wrong place`: it puts one on the opposite side of the image
 * - `unknown object`: it names a thing that is neither in the original caption nor a track's label
 *
 * @param original the caption that was enriched; its nouns are believed, its claims are checked like all others
 * @returns what contradicts, or undefined
 */
export function contradiction(original: string, enriched: string, facts: SceneFacts): Contradiction | undefined {
  const text = enriched.toLowerCase();
  if (wordsOf(text).length > MAX_WORDS) return 'too long';
  if (bareCaption(text) === bareCaption(original.toLowerCase())) return 'no new words';
  if (wrongSide(text, facts)) return 'wrong side';
  const names = objectNames(original, facts);
  let entity: EntityFacts | undefined;
  for (const clause of text.split(/[,;.:]|\bwhile\b|\bwhich\b|\bthen\b|\bas\b/)) {
    entity = entityOf(clause, facts, names) ?? entity; // ", moves down" is about what came before
    if (!entity) continue;
    if (wrongDirection(clause, entity)) return 'wrong direction';
    if (wrongPlace(clause, entity)) return 'wrong place';
  }
  return unknownObject(original, text, names) ? 'unknown object' : undefined;
}

function wrongSide(text: string, { hands }: SceneFacts): boolean {
  const touches = (side: string) => hands.some((hand) => hand.side === side && hand.touching);
  return [...text.matchAll(HOLDS)].some((match) => {
    const side = match[1] ?? match[2];
    return !touches(side) && touches(side === 'left' ? 'right' : 'left');
  });
}

/** What a clause is about: the hand or object that it names first. */
function entityOf(clause: string, { hands, objects }: SceneFacts, names: readonly string[]): EntityFacts | undefined {
  const mentions = [
    ...hands.map((entity) => ({ entity: entity as EntityFacts, at: clause.indexOf(`${entity.side} hand`) })),
    ...objects.map((entity, index) => ({ entity: entity as EntityFacts, at: indexOfWord(clause, names[index]) })),
  ];
  const named = mentions.filter(({ at }) => at >= 0).sort((a, b) => a.at - b.at);
  return named[0]?.entity;
}

const indexOfWord = (text: string, word: string): number =>
  text.search(new RegExp(`\\b${word.replace(/[^\w ]/g, '.')}\\b`));

const OPPOSITE: Record<string, string> = { left: 'right', right: 'left', up: 'down', down: 'up' };

function wrongDirection(clause: string, { motion }: EntityFacts): boolean {
  const against = (way: string) => motion.horizontal === OPPOSITE[way] || motion.vertical === OPPOSITE[way];
  const rise = RISES.exec(clause)?.[1];
  if (rise && against(/^(?:lower|descend)/.test(rise) ? 'down' : 'up')) return true;
  const verb = MOVES.exec(clause);
  if (!verb) return false;
  const after = clause.slice(verb.index).replace(PLACE, '');
  return [...after.matchAll(DIRECTION)].some((match) => against(match[1]));
}

function wrongPlace(clause: string, { place }: EntityFacts): boolean {
  const words = PLACE.exec(clause)?.[1] ?? '';
  const says = (pattern: RegExp) => pattern.test(words);
  return (
    (says(/\bleft\b/) && place.horizontal === 'right') ||
    (says(/\bright\b/) && place.horizontal === 'left') ||
    (says(/\b(?:upper|top)\b/) && place.vertical === 'down') ||
    (says(/\b(?:lower|bottom)\b/) && place.vertical === 'up')
  );
}

function unknownObject(original: string, enriched: string, names: readonly string[]): boolean {
  const known = new Set([...wordsOf(original), ...names.flatMap(wordsOf)]);
  const singular = (word: string) => word.replace(/s$/, '');
  const isKnown = (word: string) =>
    SPATIAL_NOUNS.has(word) || known.has(word) || [...known].some((other) => singular(other) === singular(word));
  return nounPhrases(enriched).some((phrase) => !phrase.split(' of ').every(isKnown));
}
