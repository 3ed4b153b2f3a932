import { describe as group, expect, it } from 'vitest';
import { bareCaption, mainObject, namedHand, nounPhrases, tool } from './caption.ts';
import { contradiction } from './check.ts';
import { describe } from './describe.ts';
import { factsOf, type SceneFacts } from './facts.ts';
import { captionPrompt, firstSentence } from './prompt.ts';
import type { Box } from '../geometry.ts';
import type { Tracks } from '../track/tracks.ts';

const box = (x: number, y: number, side = 10): Box => ({
  x1: x - side / 2,
  y1: y - side / 2,
  x2: x + side / 2,
  y2: y + side / 2,
});
const still = { masks: [], boxes: [] };

/** A right hand that lifts something on the right side, and a left hand that rests. */
const tracks: Tracks = {
  promptFrame: 0,
  numFrames: 3,
  height: 100,
  width: 100,
  objects: [{ kind: 'object', ...still, boxes: [box(70, 80), box(60, 70), box(50, 50, 14)] }],
  hands: [
    {
      kind: 'hand',
      side: 'right',
      contact: 'portable object',
      object: 0,
      ...still,
      boxes: [box(80, 90), null, box(70, 60)],
    },
    {
      kind: 'hand',
      side: 'left',
      contact: 'none',
      object: -1,
      ...still,
      boxes: [box(20, 90), box(20, 90), box(20, 91)],
    },
  ],
};
const facts: SceneFacts = factsOf(tracks);

group('captions', () => {
  it.each([
    ['#C C picks up a bag of clothes from the floor.', ['bag of clothes', 'floor'], 'bag of clothes', undefined],
    ['C stirs the soup with the spoon in her right hand', ['soup', 'spoon', 'hand'], 'soup', 'spoon'],
    ['C opens the left door with his left hand', ['left', 'hand'], undefined, undefined],
    ['a man cuts some red pepper using a knife', ['man', 'pepper', 'knife'], 'pepper', 'knife'],
    ['C walks around', [], undefined, undefined],
  ])('%s', (caption, nouns, main, used) => {
    expect(nounPhrases(caption)).toEqual(nouns);
    expect(mainObject(caption)).toBe(main);
    expect(tool(caption)).toBe(used);
  });

  it('know their hand, and lose marker and full stop', () => {
    expect(namedHand('C pours water with his left hand')).toBe('left');
    expect(namedHand('C turns left')).toBeUndefined();
    expect(bareCaption('#C C picks up the mug. ')).toBe('C picks up the mug');
  });
});

group('facts and their sentence', () => {
  it('are places, movements and who touches what', () => {
    expect(facts.hands[0]).toMatchObject({
      side: 'right',
      touching: true,
      object: 0,
      place: { horizontal: 'right', vertical: 'down' },
      motion: { horizontal: 'left', vertical: 'up', distance: null },
    });
    expect(facts.hands[0].visible).toBeCloseTo(2 / 3);
    expect(facts.hands[1].motion).toEqual({ horizontal: null, vertical: null, distance: null });
    expect(facts.objects[0].motion).toEqual({ horizontal: 'left', vertical: 'up', distance: 'nearer' });
  });

  it('leave empty tracks out, and keep the links right', () => {
    const empty = { kind: 'object' as const, masks: [], boxes: [null, null, null] };
    const { hands, objects } = factsOf({
      ...tracks,
      objects: [empty, ...tracks.objects],
      hands: [{ ...tracks.hands[0], object: 1 }],
    });
    expect(objects).toHaveLength(1);
    expect(hands[0].object).toBe(0);
    expect(factsOf({ ...tracks, objects: [empty] }).hands[0].object).toBe(-1);
  });

  it('say where the acting hand and its object are and how they move', () => {
    expect(describe('#C C picks up the mug from the table.', facts)).toBe(
      'C picks up the mug from the table, the right hand in the lower right moves up and to the left, ' +
        'the mug in the lower centre moves up and to the left and comes nearer',
    );
    expect(describe('C rests with his left hand', facts)).toContain('the left hand in the lower left stays still');
  });

  it('are what a language model is told', () => {
    const prompt = captionPrompt('#C C picks up the mug.', facts);
    expect(prompt).toContain('Caption: C picks up the mug.');
    expect(prompt).toContain('- right hand, acting (touches the mug): boxes [75, 85, 85, 95] -> ');
    expect(firstSentence('\nCaption: "C lifts the mug. Then more."\nmore')).toBe('C lifts the mug');
  });
});

group('the factual check', () => {
  const original = 'C picks up the mug from the table with his right hand';

  it('believes what the describer says, and variants of it', () => {
    expect(contradiction(original, describe(original, facts), facts)).toBeUndefined();
    expect(
      contradiction(
        original,
        'C lifts the mug on the right side of the image with the right hand, moving it up',
        facts,
      ),
    ).toBeUndefined();
    expect(
      contradiction(original, 'C picks up the mug to the left of the table with his right hand', facts),
    ).toBeUndefined();
  });

  it.each([
    ['wrong side', 'C picks up the mug from the table with his left hand'],
    ['wrong side', 'The left hand is holding the mug'],
    ['wrong direction', `${original}, the right hand moves down`],
    ['wrong direction', `${original}, the mug slides to the right`],
    ['wrong direction', `${original}, the right hand moves up, moves down`],
    ['wrong direction', `${original}, and lowers the mug`],
    ['wrong place', `${original}, the right hand in the lower left moves up`],
    ['wrong place', `${original}, the mug in the upper part`],
    ['unknown object', `${original}, next to a bottle`],
    ['no new words', `${original}.`],
    ['too long', `${original} ${'very '.repeat(70)}`],
  ])('%s: %s', (reason, caption) => {
    expect(contradiction(original, caption, facts)).toBe(reason);
  });

  it('holds the original claims to the same standard', () => {
    const moved = 'C moves the mug to the right with his right hand';
    expect(contradiction(moved, describe(moved, facts), facts)).toBe('wrong direction');
  });
});
