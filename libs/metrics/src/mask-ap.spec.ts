import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type CocoRle, runLengths } from '@egolab/ego-data';
import { maskAveragePrecision, maskIou, type DetectedMask, type TrueMask } from './index.ts';

interface Annotation {
  image_id: number;
  category_id: number;
  segmentation: CocoRle;
}
const fixtures = JSON.parse(readFileSync(new URL('fixtures/egodtm.json', import.meta.url), 'utf8')) as {
  masks: {
    truth: { annotations: (Annotation & { iscrowd: number })[] };
    results: (Annotation & { score: number })[];
    AP: number;
    perCategory: Record<string, number>;
    perCategory50: Record<string, number>;
  };
  maskIou: { masks: CocoRle[]; crowd: number[]; iou: number[][] };
};

it('intersects masks as pycocotools does', () => {
  const { masks, crowd, iou } = fixtures.maskIou;
  masks.forEach((found, i) =>
    masks.forEach((truth, j) =>
      expect(maskIou(runLengths(found), runLengths(truth), crowd[j] === 1)).toBeCloseTo(iou[i][j], 12),
    ),
  );
  expect(maskIou([4], [4])).toBe(0);
  expect(maskIou([0, 4], [0, 1, 3])).toBe(0.25);
  expect(() => maskIou([0, 4], [5])).toThrow('different sizes');
});

describe('maskAveragePrecision', () => {
  const common = ({ image_id: image, category_id: category, segmentation }: Annotation) => ({
    image,
    category,
    runs: runLengths(segmentation),
  });
  const truths = fixtures.masks.truth.annotations.map((entry) => ({ ...common(entry), crowd: entry.iscrowd === 1 }));
  const detections = fixtures.masks.results.map((entry) => ({ ...common(entry), score: entry.score }));

  it('equals COCOeval: crowds, equal scores, more than 100 detections', () => {
    const result = maskAveragePrecision(truths, detections, [1, 2]);
    for (const category of [1, 2]) {
      expect(result.get(category)!.AP).toBeCloseTo(fixtures.masks.perCategory[category], 10);
      expect(result.get(category)!.AP50).toBeCloseTo(fixtures.masks.perCategory50[category], 10);
    }
    expect((result.get(1)!.AP + result.get(2)!.AP) / 2).toBeCloseTo(fixtures.masks.AP, 10);
  });

  const mask = (runs: number[]): TrueMask => ({ image: 1, category: 1, runs, crowd: false });
  const found = (runs: number[], score: number): DetectedMask => ({ image: 1, category: 1, runs, score });
  const score = (truth: TrueMask[], detected: DetectedMask[]) => maskAveragePrecision(truth, detected, [1]).get(1)!;

  it('by hand: perfect, none, a second detection of one mask, nothing to find', () => {
    expect(score([mask([0, 4, 4])], [found([0, 4, 4], 0.5)]).AP).toBeCloseTo(1, 12);
    expect(score([mask([0, 4, 4])], []).AP).toBe(0);
    // overlap 3/4: found up to IoU 0.75, 6 of 10 thresholds
    expect(score([mask([0, 4, 4])], [found([0, 3, 5], 0.5)]).AP).toBeCloseTo(0.6, 12);
    const twice = [found([0, 4, 4], 0.9), found([0, 4, 4], 0.8)];
    expect(score([mask([0, 4, 4])], twice).AP50).toBeCloseTo(1, 12); // the false one comes after full recall
    expect(score([], [found([0, 4, 4], 0.5)]).AP).toBeNaN();
    expect(score([{ ...mask([0, 8]), crowd: true }], []).AP).toBeNaN();
  });

  it('forgives detections in a crowd', () => {
    const truth = [mask([0, 4, 12]), { ...mask([8, 8]), crowd: true }];
    const detected = [found([8, 4, 4], 0.9), found([12, 4], 0.8), found([0, 4, 12], 0.7)];
    expect(score(truth, detected).AP).toBeCloseTo(1, 12);
  });
});
