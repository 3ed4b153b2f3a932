import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gradedAveragePrecision, multiInstanceRetrieval, type DirectionScores, type Relevancy } from './index.ts';
import { Ranker } from './ranking.ts';

interface RetrievalCase {
  similarities: number[];
  relevance: number[];
  videoVerbs: number[];
  textVerbs: number[];
  videoToText: DirectionScores;
  textToVideo: DirectionScores;
}
const fixtures = JSON.parse(readFileSync(new URL('fixtures/egodtm.json', import.meta.url), 'utf8')) as {
  retrieval: RetrievalCase[];
};

/** A matrix of relevancies [videos, texts] as a table in which every item is a class of its own. */
function separateClasses(relevance: readonly number[], videos: number, texts: number): Relevancy {
  const classes = videos + texts;
  const table = new Float64Array(classes * classes);
  for (let video = 0; video < videos; video++) {
    for (let text = 0; text < texts; text++) {
      const value = relevance[video * texts + text];
      table[video * classes + videos + text] = table[(videos + text) * classes + video] = value;
    }
  }
  const range = (length: number, from: number) => Int32Array.from({ length }, (_, i) => from + i);
  return { videos: range(videos, 0), texts: range(texts, videos), table, classes };
}

describe('multiInstanceRetrieval', () => {
  it.each(['without ties', 'with ties'])('equals numpy’s statement of the definition, %s', (name) => {
    const fixture = fixtures.retrieval[name === 'with ties' ? 1 : 0];
    const { similarities, relevance, videoVerbs, textVerbs } = fixture;
    const scores = multiInstanceRetrieval(
      Float32Array.from(similarities),
      separateClasses(relevance, videoVerbs.length, textVerbs.length),
    );
    for (const direction of ['videoToText', 'textToVideo'] as const) {
      expect(scores[direction].mAP).toBeCloseTo(fixture[direction].mAP, 12);
      expect(scores[direction].nDCG).toBeCloseTo(fixture[direction].nDCG, 12);
    }
  });

  it('is the authors’ graded average precision, not the binary one', () => {
    // ranks 2 and 4 are exact: (0.5 + 1) / 2 and (0.5 + 1 + 0 + 1) / 4
    expect(gradedAveragePrecision(Float64Array.of(0.5, 1, 0, 1))).toBe((0.75 + 0.625) / 2);
    expect(gradedAveragePrecision(Float64Array.of(0.5, 0.5))).toBeNaN();
  });

  it('is 1 for the relevancies themselves, and leaves out queries without anything relevant', () => {
    const relevance = [1, 0.5, 0, 1, 0, 0];
    const relevancy = separateClasses(relevance, 2, 3);
    const scores = multiInstanceRetrieval(Float32Array.from(relevance), relevancy);
    expect(scores.videoToText).toEqual({ mAP: 1, nDCG: 1 });
    // text 1 has no exact video, text 2 nothing at all
    expect(scores.textToVideo).toEqual({ mAP: 1, nDCG: 1 });
    expect(() => multiInstanceRetrieval(new Float32Array(5), relevancy)).toThrow('expected 2 x 3 similarities, got 5');
  });
});

describe('Ranker', () => {
  it('orders any float32 as a stable sort does', () => {
    const value = fc.oneof(fc.float({ noNaN: true }), fc.constantFrom(0, -0, 1, -1, 0.5, Infinity, -Infinity));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), (values) => {
        const scores = Float32Array.from(values);
        const expected = [...scores.keys()].sort((a, b) => Math.sign(scores[b] - scores[a]) || a - b);
        expect([...new Ranker(scores.length).rank(scores)]).toEqual(expected);
      }),
    );
  });

  it('reads a column of a matrix', () => {
    expect([...new Ranker(3).rank(Float32Array.of(9, 1, 9, 3, 9, 2), 1, 2)]).toEqual([1, 2, 0]);
  });
});
