/** One side of the benchmark: answers commands on stdin, one JSON line each; see protocol.ts. */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { openCheckpoint } from '@egolab/checkpoints';
import { type Precision, valueAndGrads, withPrecision } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { AdamW } from '@egolab/training';
import { peakMemory, resetPeakMemory, residentMemory } from './memory.ts';
import type { Answer, Command } from './protocol.ts';
import { loadBenchParameters, workload, type WorkloadName } from './workloads.ts';

const { values: options } = parseArgs({
  options: {
    workload: { type: 'string' },
    weights: { type: 'string' },
    inputs: { type: 'string' },
    precision: { type: 'string' },
    attention: { type: 'string' },
    batch: { type: 'string' },
    'local-batch': { type: 'string' },
  },
});
const job = workload(options.workload as WorkloadName);
const parameters = loadBenchParameters(job, options.weights!);
const inputs = readInputs(options.inputs!);
const adamw =
  job.updates && new AdamW(parameters.variables, { weightDecay: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
let steps = 0;

function readInputs(path: string): Record<string, Float32Array> {
  const file = openCheckpoint(path);
  const read = Object.fromEntries(file.names().map((name) => [name, file.read(name)]));
  file.close();
  return read;
}

function lossAndGradients(): { loss: number; gradients: Map<string, Tensor> } {
  const batch = Number(options.batch);
  const attention = options.attention as 'full' | 'chunked';
  const loss = () => job.loss(parameters, inputs, batch, { attention, localBatch: Number(options['local-batch']) });
  const { value, grads } = withPrecision(options.precision as Precision, () =>
    valueAndGrads(loss, parameters.variables.values()),
  );
  return {
    loss: value.dataSync()[0],
    gradients: new Map([...parameters.variables].map(([name, { name: id }]) => [name, grads.get(id)!])),
  };
}

const commands: Record<Command, () => Answer> = {
  gradients: () => {
    const { loss, gradients } = lossAndGradients();
    return {
      loss,
      norms: Object.fromEntries([...gradients].map(([name, gradient]) => [name, tf.norm(gradient).dataSync()[0]])),
    };
  },
  step: () => {
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    const { loss, gradients } = lossAndGradients();
    if (adamw) adamw.apply(gradients, { learningRate: 1e-4, step: ++steps });
    const { user, system } = process.cpuUsage(cpu);
    return { loss, seconds: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 };
  },
  reset: () => {
    resetPeakMemory();
    return {};
  },
  memory: () => ({ peak: peakMemory(), resident: residentMemory(), tensors: tf.memory().numTensors }),
};

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(tf.tidy(() => commands[line as Command]() as never))}\n`);
}
