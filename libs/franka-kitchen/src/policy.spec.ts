import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Random, readJsonFile } from '@egolab/foundation';
import { Parameters, valueAndGrads } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import {
  act,
  cloningLoss,
  createPolicy,
  policyBuffers,
  policyParameters,
  updateStatistics,
  type Policy,
} from './policy.ts';

interface Listed {
  shape: [number, number];
  data: number[];
}
interface Step {
  inputs: Listed;
  actions: Listed;
  loss: number;
  gradients: Record<string, Listed>;
  running_mean: Listed;
  running_var: Listed;
}
const fixture = readJsonFile(fileURLToPath(new URL('fixtures/policy.json', import.meta.url))) as {
  config: { inputs: number; actions: number; hiddenSizes: number[] };
  parameters: Record<string, Listed>;
  steps: Step[];
  evaluation: { inputs: Listed; actions: Listed };
};

const { config } = fixture;
const difference = (a: ArrayLike<number>, b: readonly number[]) =>
  Math.max(...b.map((value, i) => Math.abs(value - a[i])));
const matrix = ({ data, shape }: Listed) => tf.tensor2d(data, shape);

it("equals R3M's policy in PyTorch: loss, gradients, running statistics, actions", () => {
  const before = tf.memory().numTensors;
  const policy: Policy = {
    config,
    parameters: Parameters.read(policyParameters(config), (name) => Float32Array.from(fixture.parameters[name].data)),
    buffers: Parameters.initialize(policyBuffers(config), new Random(0)),
  };
  tf.tidy(() => {
    for (const step of fixture.steps) {
      const { loss, statistics } = cloningLoss(policy, matrix(step.inputs), matrix(step.actions));
      expect(loss.dataSync()[0]).toBeCloseTo(step.loss, 5);
      const { grads } = valueAndGrads(
        () => cloningLoss(policy, matrix(step.inputs), matrix(step.actions)).loss,
        policy.parameters.variables.values(),
      );
      for (const [name, { data }] of Object.entries(step.gradients))
        expect(difference(grads.get(policy.parameters.get(name).name)!.dataSync(), data), name).toBeLessThan(1e-5);
      updateStatistics(policy, new Map(Object.entries(statistics)));
      for (const name of ['running_mean', 'running_var'] as const)
        expect(difference(policy.buffers.get(`bn.${name}`).dataSync(), step[name].data), name).toBeLessThan(1e-6);
    }
    const actions = act(policy, matrix(fixture.evaluation.inputs)).dataSync();
    expect(difference(actions, fixture.evaluation.actions.data)).toBeLessThan(1e-5);
  });
  policy.parameters.dispose();
  policy.buffers.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

it('starts with small actions and refuses a batch of one', () => {
  const policy = createPolicy({ inputs: 20, actions: 9, hiddenSizes: [256, 256] }, new Random(1));
  tf.tidy(() => {
    const inputs = tf.randomNormal([8, 20], 0, 1, 'float32', 1);
    expect(Math.max(...act(policy, inputs).abs().dataSync())).toBeLessThan(0.05);
    expect(() => cloningLoss(policy, tf.zeros([1, 20]), tf.zeros([1, 9]))).toThrow(/at least 2 rows/);
  });
  policy.parameters.dispose();
  policy.buffers.dispose();
});
