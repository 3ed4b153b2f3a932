import { describe, expect, it } from 'vitest';
import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { Random } from '@egolab/foundation';
import {
  attention,
  conv2d,
  conv3d,
  convTranspose2d,
  crossEntropy,
  dropout,
  embedding,
  gelu,
  init,
  instanceNorm,
  layerNorm,
  linear,
  Parameters,
  reflectionPad2d,
  rmsNorm,
  swiglu,
  type ParameterSpecs,
} from '@egolab/nn';
import { fusedKernels, tf } from '@egolab/runtime';
import {
  checked,
  infer,
  rooflineSeconds,
  productSeconds,
  trace,
  TrainingStep,
  trainingStepCost,
  type StepTask,
} from './index.ts';

/** The op that computes attention's products here. */
const ATTENTION = fusedKernels ? 'EgolabAttention' : 'BatchMatMulV2';

const [BATCH, LENGTH, WIDTH, HEADS] = [2, 6, 8, 2];

const linearOf = (outputs: number, inputs: number) => ({ shape: [outputs, inputs], init: init.normal(0.02) });
const vector = (length: number) => ({ shape: [length], init: init.zeros() });

/** A model that touches every kind of op that nn has. */
const specs: ParameterSpecs = {
  'table.weight': linearOf(16, WIDTH),
  'norm.weight': vector(WIDTH),
  'norm.bias': vector(WIDTH),
  'rms.weight': vector(WIDTH),
  'q.weight': linearOf(WIDTH, WIDTH),
  'k.weight': linearOf(WIDTH / 2, WIDTH),
  'v.weight': linearOf(WIDTH / 2, WIDTH),
  'up.weight': linearOf(2 * WIDTH, WIDTH),
  'up.bias': vector(2 * WIDTH),
  'gate.weight': linearOf(2 * WIDTH, WIDTH),
  'down.weight': linearOf(WIDTH, 2 * WIDTH),
  'plane.weight': { shape: [4, WIDTH, 3, 3], init: init.normal(0.02) },
  'plane.bias': vector(4),
  'grow.weight': { shape: [4, 3, 3, 3], init: init.normal(0.02) },
  'cube.weight': { shape: [5, 3, 1, 2, 2], init: init.normal(0.02) },
  'head.weight': linearOf(16, WIDTH),
};

function loss(p: Parameters, ids: Tensor): Scalar {
  const x = layerNorm(p.scope('norm'), embedding(p.get('table.weight'), ids), 1e-5);
  const heads = (name: string, count: number) =>
    tf.reshape(linear(p.scope(name), x), [BATCH, LENGTH, count, WIDTH / HEADS]);
  const mask = tf.ones([BATCH, LENGTH], 'bool');
  const mixed = attention(heads('q', HEADS), heads('k', 1), heads('v', 1), {
    causal: true,
    mask,
    mode: 'chunked',
    chunkScores: 40,
  });
  const y = rmsNorm(p.scope('rms'), tf.add(x, tf.reshape(mixed, x.shape)), 1e-6);
  const fed = linear(p.scope('down'), swiglu(gelu(linear(p.scope('gate'), y)), linear(p.scope('up'), y)));
  const plane = instanceNorm(conv2d(p.scope('plane'), reflectionPad2d(tf.reshape(fed, [BATCH, 2, 3, WIDTH]), 1)));
  const grown = convTranspose2d(p.scope('grow'), plane, { stride: 2, padding: 1, outputPadding: 1 });
  const cube = conv3d(p.scope('cube'), tf.expandDims(grown, 1));
  const logits = linear(p.scope('head'), dropout(fed, 0.5, 7));
  const rows = tf.reshape(logits, [BATCH * LENGTH, 16]);
  const labels = tf.tensor1d(
    Array.from({ length: BATCH * LENGTH }, (_, i) => i),
    'int32',
  );
  return tf.add(crossEntropy(rows, labels), tf.mean(tf.square(cube))) as Scalar;
}

function task(parameters: Parameters, precision: 'float32' | 'bfloat16', globalBatchSize = BATCH): StepTask<Tensor> {
  return {
    parameters: [parameters],
    trainable: parameters.variables,
    globalBatchSize,
    localBatchSize: BATCH,
    precision,
    optimizer: {
      learningRate: 1e-3,
      warmupRatio: 0,
      weightDecay: 0.1,
      beta1: 0.9,
      beta2: 0.99,
      epsilon: 1e-8,
      maxGradNorm: 1,
    },
    batch: () => tf.fill([BATCH, LENGTH], 3, 'int32'),
    loss: (ids) => ({ loss: loss(parameters, ids) }),
  };
}

describe('rules', () => {
  it.each(['float32', 'bfloat16'] as const)(
    'give what TensorFlow gives, forwards, backwards and in the update (%s)',
    (precision) => {
      const { runs } = checked(() => {
        const parameters = Parameters.initialize(specs, new Random(1));
        const step = new TrainingStep(task(parameters, precision));
        step.pass();
        step.update();
        step.dispose();
        parameters.dispose();
      });
      for (const op of ['MatMul', ATTENTION, 'Conv2DBackpropFilter', 'Conv3DBackpropInputV2', 'ResourceApplyAdam'])
        expect(runs.get(op), op).toBeGreaterThan(0);
    },
  );

  it('count two operations a multiply-add', () => {
    const a = { shape: [3, 4], dtype: 1 };
    const b = { shape: [5, 4], dtype: 1 };
    expect(infer({ op: 'MatMul', attributes: { transpose_b: true }, inputs: [a, b], numOutputs: 1 })).toEqual({
      outputs: [{ shape: [3, 5], dtype: 1 }],
      flops: 2 * 3 * 4 * 5,
    });
    const [x, y] = [
      { shape: [2, 6, 3, 4], dtype: 1 },
      { shape: [2, 6, 4, 5], dtype: 1 },
    ];
    expect(infer({ op: 'BatchMatMulV2', attributes: {}, inputs: [x, y], numOutputs: 1 })).toEqual({
      outputs: [{ shape: [2, 6, 3, 5], dtype: 1 }],
      flops: 2 * 2 * 6 * 3 * 4 * 5,
    });
  });

  it('refuse an op that they do not know, and operands that do not fit', () => {
    expect(() => infer({ op: 'Fft', attributes: {}, inputs: [], numOutputs: 1 })).toThrow(/no rule .* op Fft/);
    const inputs = [{ shape: [3, 4], dtype: 1 }, { shape: [3, 4], dtype: 1 }]; // prettier-ignore
    expect(() => infer({ op: 'MatMul', attributes: {}, inputs, numOutputs: 1 })).toThrow(/have no product/);
  });
});

describe('a trace', () => {
  it('counts the ops that a real run runs, and allocates nothing', () => {
    const real = checked(() => {
      const parameters = Parameters.initialize(specs, new Random(1));
      const step = new TrainingStep(task(parameters, 'float32'));
      step.pass();
      step.dispose();
      parameters.dispose();
    });
    const traced = trace((tracing) => {
      const step = new TrainingStep(task(tracing.parameters(specs), 'float32'));
      return tracing.measure(() => step.pass());
    });
    expect(traced.flops).toBe(real.flops);
    const runs = (op: string) => traced.ops.filter((each) => each.op === op).reduce((sum, each) => sum + each.runs, 0);
    for (const op of ['MatMul', ATTENTION, 'Conv2D', 'Conv3D', 'Mul', 'Transpose'])
      expect(runs(op), op).toBe(real.runs.get(op));
  });

  it('leaves no tensor behind, and gives TensorFlow back', () => {
    const before = tf.memory().numTensors;
    trace((tracing) => {
      const parameters = tracing.parameters(specs);
      trainingStepCost(tracing, task(parameters, 'float32'));
      parameters.dispose();
    });
    expect(tf.memory().numTensors).toBe(before);
    expect(tf.add(2, 3).dataSync()[0]).toBe(5);
  });

  it('takes a model that fits nowhere', () => {
    const cost = trace((tracing) => {
      const layers = Array.from({ length: 1000 }, (_, i) => [`${i}.weight`, linearOf(10_000, 10_000)] as const);
      const parameters = tracing.parameters(Object.fromEntries(layers));
      const { flops } = tracing.measure(() =>
        tf.tidy(() => layers.reduce((x, _, i) => linear(parameters.scope(`${i}`), x), tf.zeros([1, 10_000]))),
      );
      const bytes = parameters.numBytes();
      parameters.dispose();
      return { flops, bytes };
    });
    expect(cost).toEqual({ flops: 2e11, bytes: 4e11 });
  });

  it('splits memory into what it is', () => {
    const numbers = Object.values(specs).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    const { parameters, memory, update } = trace((tracing) =>
      trainingStepCost(tracing, task(tracing.parameters(specs), 'float32', 4 * BATCH)),
    );
    expect(parameters).toEqual({ total: numbers, trained: numbers });
    expect(memory.parameters).toBe(4 * numbers);
    expect(memory.optimizer).toBe(8 * numbers);
    expect(memory.gradients).toBe(4 * numbers + 4); // and the loss
    expect(memory.activations).toBeGreaterThan(0);
    expect(update.flops).toBe(0);
  });

  it('says which tensor is from outside', () => {
    const outside = tf.scalar(1);
    outside.square().dispose(); // now TensorFlow's
    expect(() => trace(() => tf.square(outside).shape)).toThrow(/wasn't made in this trace/);
    outside.dispose();
  });
});

describe('a device', () => {
  const device = {
    title: 'd',
    source: 's',
    memory: 1,
    peak: { float32: 10, bfloat16: 20 },
    bandwidth: 100,
    overhead: 0,
  };
  const cost = {
    peakBytes: 0,
    flops: 0,
    ops: [
      { op: 'MatMul', dtype: 1, flops: 100, bytes: 10, runs: 2 },
      { op: 'MatMul', dtype: 14, flops: 100, bytes: 10, runs: 1 },
      { op: 'Mul', dtype: 1, flops: 0, bytes: 300, runs: 1 },
    ],
  };

  it('is bound by its products or its memory, op by op', () => {
    expect(rooflineSeconds(cost, device)).toBeCloseTo(20 + 5 + 3, 12);
    expect(rooflineSeconds(cost, { ...device, overhead: 0.5 })).toBeCloseTo(20 + 5 + 3 + 4 * 0.5, 12);
    expect(productSeconds(cost, device)).toBeCloseTo(25, 12);
  });
});
