import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heldOutSequences } from './clips.ts';

describe('held-out sequences', () => {
  it('are about a quarter, at least one of several, whatever the order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { maxLength: 40 }), (names) => {
        const heldOut = heldOutSequences(names);
        expect(heldOut).toEqual(heldOutSequences([...names].reverse()));
        expect(heldOut.size).toBe(names.length < 2 ? 0 : Math.max(1, Math.round(names.length / 4)));
        expect(names).toEqual(expect.arrayContaining([...heldOut]));
      }),
    );
  });
});
