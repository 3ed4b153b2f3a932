import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random, UserError } from '@egolab/foundation';
import { Parameters, valueAndGrads } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { AdamW } from '@egolab/training';
import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { afterAll, describe, expect, it } from 'vitest';
import { boxIou } from '../../geometry.ts';
import type { FrameDetections } from '../detections.ts';
import { NUM_OUTPUTS } from './config.ts';
import { decodeFrame } from './decode.ts';
import { detectFrames, detectorLoss, type LabelledFrame, loadDetector, saveDetector } from './detector.ts';
import { centreNetLoss, focalLoss } from './loss.ts';
import { centreNetParameters } from './model.ts';
import { frameTargets } from './targets.ts';
import expected from '../../fixtures/centre-net-loss.json' with { type: 'json' };

const folder = mkdtempSync(join(tmpdir(), 'centre-net-'));
afterAll(() => rmSync(folder, { recursive: true }));

const config = { imageSize: 32, channels: [8, 16, 16] as [number, number, number], pyramidChannels: 16 };
const labels: FrameDetections = {
  hands: [
    {
      box: { x1: 40, y1: 30, x2: 56, y2: 50 },
      score: 1,
      side: 'right',
      contact: 'portable object',
      offset: { x: -12, y: -16 },
    },
    { box: { x1: 2, y1: 44, x2: 14, y2: 60 }, score: 1, side: 'left', contact: 'none', offset: null },
  ],
  objects: [{ box: { x1: 28, y1: 16, x2: 44, y2: 32 }, score: 1 }],
};

describe('targets', () => {
  it('decode to the labels they came from', () => {
    const { map } = frameTargets(labels, 16, { x: 16 / 64, y: 16 / 64 });
    // a heat map of probabilities as logits, states and sides as logits
    for (let cell = 0; cell < 256; cell++) {
      for (const channel of [0, 1]) {
        const value = map[cell * NUM_OUTPUTS + channel];
        map[cell * NUM_OUTPUTS + channel] = Math.log((value + 1e-6) / (1 - value + 1e-6));
      }
      map[cell * NUM_OUTPUTS + 15] = map[cell * NUM_OUTPUTS + 15] * 2 - 1;
    }
    const { hands, objects } = decodeFrame(map, 16, { height: 64, width: 64 }, 0.9);
    expect(objects.map(({ box }) => box)).toEqual(labels.objects.map(({ box }) => box));
    const sorted = [...hands].sort((a, b) => b.box.x1 - a.box.x1);
    const offsets = [{ x: expect.closeTo(-12), y: expect.closeTo(-16) }, null];
    sorted.forEach((hand, i) =>
      expect(hand).toEqual({ ...labels.hands[i], score: expect.any(Number), offset: offsets[i] }),
    );
  });
});

describe('losses', () => {
  // made by tools/parity/caption_enrichment.py from a PyTorch statement of equations 1, 2 and 4 of Zhou et al. 2019
  const tensor = (name: keyof typeof expected.inputs) =>
    tf.tensor(expected.inputs[name].values, expected.inputs[name].shape);

  it('equal PyTorch’s', () => {
    tf.tidy(() => {
      const { loss, metrics } = centreNetLoss(tensor('map'), tensor('targets'), tensor('weights'));
      expect(loss.dataSync()[0]).toBeCloseTo(expected.loss, 5);
      for (const [name, value] of Object.entries(metrics))
        expect(value.dataSync()[0], name).toBeCloseTo(expected.terms[name as keyof typeof expected.terms], 5);
    });
  });

  it('are finite for extreme logits', () => {
    const values = tf.tidy(() => focalLoss(tf.tensor4d([[[[80, -80]]]]), tf.tensor4d([[[[0.2, 1]]]])));
    expect(Number.isFinite(values.dataSync()[0])).toBe(true);
  });
});

/** Blue squares are left hands, red ones right hands, green ones what the hand below them touches. */
function drawn(random: Random): LabelledFrame {
  const pixels = new Uint8Array(32 * 32 * 3).fill(100);
  const paint = (colour: number[], x1: number, y1: number) => {
    for (let y = y1; y < y1 + 8; y++) for (let x = x1; x < x1 + 8; x++) pixels.set(colour, (y * 32 + x) * 3);
    return { x1, y1, x2: x1 + 8, y2: y1 + 8 };
  };
  const right = random.uniform() < 0.5;
  const touching = random.uniform() < 0.5;
  const [x, y] = [random.integer(0, 24), random.integer(12, 24)];
  const box = paint(right ? [220, 40, 40] : [40, 40, 220], x, y);
  const objects = touching ? [{ box: paint([40, 220, 40], x, y - 10), score: 1 }] : [];
  const hand = {
    box,
    score: 1,
    side: right ? ('right' as const) : ('left' as const),
    contact: touching ? ('portable object' as const) : ('none' as const),
    offset: touching ? { x: 0, y: -10 } : null,
  };
  return { pixels, height: 32, width: 32, labels: { hands: [hand], objects } };
}

describe('the detector', () => {
  it('learns hands, sides, contact and objects; comes back from its files; leaks nothing', async () => {
    const random = new Random(7);
    const parameters = Parameters.initialize(centreNetParameters(config), random.split('weights'));
    const optimizer = new AdamW(parameters.variables, { weightDecay: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
    const names = new Map([...parameters.variables].map(([name, variable]) => [variable.name, name]));
    const before = tf.memory().numTensors;
    for (let step = 1; step <= 120; step++) {
      tf.tidy(() => {
        const batch = Array.from({ length: 16 }, () => drawn(random));
        const { grads } = valueAndGrads(
          () => detectorLoss(parameters, config, batch).loss,
          parameters.variables.values(),
        );
        const byName = new Map<string, Tensor>([...grads].map(([name, gradient]) => [names.get(name)!, gradient]));
        optimizer.apply(byName, { learningRate: 5e-3, step });
      });
    }
    expect(tf.memory().numTensors).toBe(before);
    saveDetector(folder, parameters, config);
    const detector = loadDetector(folder);
    const tests = Array.from({ length: 20 }, () => drawn(random));
    let right = 0;
    for (const { pixels, labels } of tests) {
      const frames = { data: pixels, numFrames: 1, height: 32, width: 32 };
      const [found] = detectFrames(parameters, config, frames);
      const loaded = await detector.detect({ ...frames, videoUid: '', narrationTime: 0, indices: [0] }, new Map());
      expect(loaded).toEqual([found]);
      const [best] = found.hands;
      const object = labels.objects.every(({ box }) => found.objects.some((other) => boxIou(other.box, box) > 0.5));
      const [truth] = labels.hands;
      right += Number(
        best &&
          boxIou(best.box, truth.box) > 0.5 &&
          best.side === truth.side &&
          best.contact === truth.contact &&
          object,
      );
    }
    expect(right).toBeGreaterThanOrEqual(16);
    detector.dispose?.();
    parameters.dispose();
    optimizer.dispose();
  });

  it('refuses a damaged folder', () => {
    const file = join(folder, 'detector.json');
    const good = readFileSync(file, 'utf8');
    writeFileSync(file, JSON.stringify({ ...config, imageSize: 30 }));
    expect(() => loadDetector(folder)).toThrow(/detector.json: imageSize/);
    writeFileSync(file, JSON.stringify({ ...config, pyramidChannels: 8 }));
    expect(() => loadDetector(folder)).toThrow(UserError);
    writeFileSync(file, good);
    expect(() => loadDetector(join(folder, 'none'))).toThrow(/there is no such file/);
  });
});
