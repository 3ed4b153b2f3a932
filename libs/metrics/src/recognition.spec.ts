import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  averagePrecision,
  classificationScores,
  meanAveragePrecision,
  meanClassAccuracy,
  recallAtIou,
  temporalIou,
  type TimeWindow,
} from './index.ts';

const fixtures = JSON.parse(readFileSync(new URL('fixtures/egodtm.json', import.meta.url), 'utf8')) as {
  classification: {
    scores: number[];
    labels: number[];
    classes: number;
    meanAccuracy: number;
    top1: number;
    top5: number;
  }[];
  multiLabel: { scores: number[]; labels: number[][]; classes: number; mAP: number };
  grounding: { truth: TimeWindow[]; predicted: TimeWindow[][]; iou: number[][] } & Record<string, number>;
};

describe('classificationScores', () => {
  it.each(fixtures.classification)(
    'equals scikit-learn’s, $classes classes',
    ({ scores, labels, classes, ...rest }) => {
      const result = classificationScores(Float32Array.from(scores), labels, classes);
      expect(result.meanAccuracy).toBeCloseTo(rest.meanAccuracy, 10);
      expect(result.top1).toBeCloseTo(rest.top1, 10);
      expect(result.top5).toBeCloseTo(rest.top5, 10);
    },
  );

  it('counts a class that is predicted but never true', () => {
    // recalls: class 0 1/2, class 1 1, class 2 (predicted once) 0
    expect(meanClassAccuracy([0, 2, 1], [0, 0, 1])).toBeCloseTo(50, 12);
    expect(meanClassAccuracy([0, 1, 1], [0, 0, 1])).toBeCloseTo(75, 12);
  });

  it('takes the lower class of equal scores, and any place among five when there are fewer', () => {
    expect(classificationScores([1, 1, 0, 0], [1, 0], 2)).toMatchObject({ top1: 50, top5: 100, n: 2 });
    const tied = classificationScores(new Float32Array(7), [5], 7);
    expect(tied).toMatchObject({ top1: 0, top5: 0 });
    expect(() => classificationScores([1, 2, 3], [0], 2)).toThrow('expected 1 x 2 scores, got 3');
  });
});

describe('average precision', () => {
  it('equals scikit-learn’s mean, with videos without labels and a class without videos', () => {
    const { scores, labels, classes, mAP } = fixtures.multiLabel;
    expect(meanAveragePrecision(Float32Array.from(scores), labels, classes)).toBeCloseTo(mAP, 12);
  });

  it('by hand', () => {
    expect(averagePrecision([true, false, true])).toBeCloseTo((1 + 2 / 3) / 2, 12);
    expect(averagePrecision([false])).toBeNaN();
    // class 0: items by score 1, 0, 2 (item 3 has no label and ranks last whatever its score)
    expect(meanAveragePrecision(Float32Array.of(0.5, 0.9, 0.1, 7), [[0], [1], [0], []], 1)).toBeCloseTo(
      (1 / 2 + 2 / 3) / 2,
      12,
    );
    // equal scores: the lower index first
    expect(meanAveragePrecision(Float32Array.of(1, 1, 1, 1), [[0], [0], [1], [1]], 1)).toBe(1);
    expect(meanAveragePrecision(Float32Array.of(1), [[]], 1)).toBeNaN();
  });
});

describe('temporal grounding', () => {
  const { truth, predicted, iou } = fixtures.grounding;

  it('equals numpy’s statement', () => {
    predicted.forEach((windows, i) =>
      windows.forEach((window, j) => expect(temporalIou(window, truth[i])).toBeCloseTo(iou[i][j], 12)),
    );
    const queries = predicted.map((windows, i) => ({ predicted: windows, truth: truth[i] }));
    for (const n of [1, 5])
      for (const threshold of [0.3, 0.5])
        expect(recallAtIou(queries, n, threshold)).toBeCloseTo(fixtures.grounding[`R${n}@${threshold}`], 10);
  });

  it('is strict, and never finds a window of length zero', () => {
    const half = { predicted: [[0, 5]] as TimeWindow[], truth: [0, 10] as const };
    expect(recallAtIou([half], 1, 0.5)).toBe(0);
    expect(recallAtIou([half], 1, 0.49)).toBe(100);
    expect(temporalIou([2, 2], [2, 2])).toBeNaN();
    expect(recallAtIou([{ predicted: [[2, 2]], truth: [2, 2] }], 5, 0)).toBe(0);
    expect(temporalIou([0, 1], [5, 6])).toBe(0);
    expect(temporalIou([6, 1], [0, 10])).toBe(0); // the wrong way round
  });

  it('looks at the first n windows only', () => {
    const query = {
      predicted: [
        [50, 60],
        [0, 10],
      ] as TimeWindow[],
      truth: [0, 10] as const,
    };
    expect([1, 5].map((n) => recallAtIou([query], n, 0.5))).toEqual([0, 100]);
  });
});
