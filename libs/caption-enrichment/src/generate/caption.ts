/** Words that may stand between an article and its noun without being it. */
const ADJECTIVES = new Set(
  (
    'upper lower other same own small large big little tall short long wide narrow round flat new old clean dirty empty full ' +
    'red green blue yellow white black brown grey gray pink purple orange silver wooden metal plastic glass paper hot cold wet dry open closed ' +
    'whole half cut first second third next two both another few some more'
  ).split(' '),
);
/** Adjectives before some nouns ("left hand"), nouns elsewhere ("in the lower left"). */
const POSITIONS = new Set('left right top bottom middle'.split(' '));
const PLACED = new Set('hand hands side corner edge half part'.split(' '));
const ARTICLES = new Set('the a an his her their its some another'.split(' '));
/** What isn't the object of an action, though it stands where one would. */
const NOT_OBJECTS = new Set('hand hands left right side person man woman c camera'.split(' '));

/** Lower-case words of a sentence. */
export const wordsOf = (text: string): string[] => text.toLowerCase().match(/[a-z][a-z'-]*/g) ?? [];

/** Nouns that stand after an article, with their "of" phrase: "a bag of clothes from the floor" has `bag of clothes` and `floor`. */
export function nounPhrases(text: string): string[] {
  const words = wordsOf(text);
  const phrases: string[] = [];
  for (let i = 0; i < words.length; i++) {
    if (!ARTICLES.has(words[i])) continue;
    let at = i + 1;
    const isAdjective = () => ADJECTIVES.has(words[at]) || (POSITIONS.has(words[at]) && PLACED.has(words[at + 1]));
    while (at < words.length - 1 && isAdjective()) at++;
    const noun = words[at];
    if (noun === undefined || ARTICLES.has(noun)) continue;
    let phrase = noun;
    if (words[at + 1] === 'of' && words[at + 2]) {
      const rest = ARTICLES.has(words[at + 2]) ? words[at + 3] : words[at + 2];
      if (rest) phrase = `${noun} of ${rest}`;
    }
    phrases.push(phrase);
  }
  return phrases;
}

/**
 * What the caption says is handled: its first noun that is neither who acts ("a baby reads a book") nor a part of the wearer;
 * undefined when there is none.
 */
export function mainObject(caption: string): string | undefined {
  const startsWithSubject = ARTICLES.has(wordsOf(caption)[0]);
  const phrases = nounPhrases(caption).slice(startsWithSubject ? 1 : 0);
  return phrases.find((phrase) => !NOT_OBJECTS.has(phrase.split(' ')[0]));
}

/** The tool that the caption names: the noun after "with" or "using" that is no hand. */
export function tool(caption: string): string | undefined {
  const parts = caption
    .toLowerCase()
    .split(/\b(?:with|using)\b/)
    .slice(1);
  const nouns = parts.map((part) => (ARTICLES.has(wordsOf(part)[0]) ? nounPhrases(part)[0] : undefined));
  return nouns.find((noun) => noun && !NOT_OBJECTS.has(noun.split(' ')[0]));
}

/** The hand that the caption names, if it names one. */
export function namedHand(caption: string): 'left' | 'right' | undefined {
  const found = /\b(left|right) hand\b/i.exec(caption)?.[1].toLowerCase();
  return found as 'left' | 'right' | undefined;
}

/** A caption without EgoClip's marker, blanks around it and its full stop: "#C C picks a bag." is "C picks a bag". */
export const bareCaption = (caption: string): string =>
  caption
    .replace(/^#\w+\s+/, '')
    .trim()
    .replace(/[.\s]+$/, '');
