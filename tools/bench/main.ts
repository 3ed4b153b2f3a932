/** `npx tsx tools/bench/main.ts [vit|smollm2|masked|video|growth|two-pass …] …`: our step against PyTorch's, see README.md. */
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeSafetensors } from '@egolab/checkpoints';
import { Random } from '@egolab/foundation';
import type { Answer } from './protocol.ts';
import { Side } from './side.ts';
import { configOf, workload, type WorkloadName } from './workloads.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string', default: 'python3' },
    precision: { type: 'string', multiple: true, default: ['float32', 'bfloat16'] },
    attention: { type: 'string', default: 'chunked' },
    batch: { type: 'string', default: '8' },
    repeats: { type: 'string', default: '5' },
    steps: { type: 'string', default: '200' },
    'local-batch': { type: 'string' },
    batches: { type: 'string', default: '8,16,32,64' },
  },
});
const batch = Number(options.batch);
const folder = join(tmpdir(), 'egolab-bench');
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];
const megabytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;

/** Weights (kept between runs) and inputs that both sides read. */
function prepare(name: WorkloadName, batch: number): { weights: string; inputs: string } {
  mkdirSync(folder, { recursive: true });
  const [weights, inputs] = ['weights', 'inputs'].map((kind) => join(folder, `${name}-${kind}.safetensors`));
  const { specs, inputs: make } = workload(name);
  const random = new Random(name);
  if (!existsSync(weights)) {
    writeSafetensors(
      weights,
      Object.entries(specs).map(([key, { shape, init }]) => ({
        name: key,
        shape,
        data: () => init(shape, random.split(key)),
      })),
    );
  }
  writeSafetensors(
    inputs,
    Object.entries(make(batch)).map(([key, value]) => ({ name: key, ...value })),
  );
  return { weights, inputs };
}

function ours(name: WorkloadName, precision: string, size = batch, local = options['local-batch'] ?? size): Side {
  const { weights, inputs } = prepare(name, size);
  const { attention } = options;
  const flags = { workload: name, weights, inputs, precision, attention, batch: `${size}`, 'local-batch': `${local}` };
  return new Side(process.execPath, ['--import', 'tsx', file('ours.ts'), ...flagList(flags)]);
}

function reference(name: WorkloadName, precision: string): Side {
  const { weights, inputs } = prepare(name, batch);
  return new Side(options.python, [
    file('reference.py'),
    ...flagList({ workload: name, weights, inputs, precision, config: JSON.stringify(configOf(name)) }),
  ]);
}

const flagList = (flags: Record<string, string>) =>
  Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);

/** @throws Error unless loss and gradient norms agree */
async function checkParity(a: Side, b: Side, precision: string): Promise<string> {
  const [mine, theirs] = [await a.ask('gradients'), await b.ask('gradients')];
  const largest = Math.max(...Object.values(theirs.norms!));
  const differences = Object.entries(theirs.norms!).map(([name, norm]): [string, number] => [
    name,
    Math.abs(mine.norms![name] - norm) / Math.max(norm, 1e-3 * largest),
  ]);
  differences.push(['the loss', Math.abs(mine.loss! - theirs.loss!) / Math.abs(theirs.loss!)]);
  const size = (difference: number) => (Number.isNaN(difference) ? Infinity : difference);
  const [[name, worst]] = differences.sort((a, b) => size(b[1]) - size(a[1]));
  const bound = precision === 'float32' ? 1e-3 : 0.1;
  if (!(worst < bound)) {
    const norms = name in theirs.norms! ? `, norms ${mine.norms![name]} and ${theirs.norms![name]} of ${largest}` : '';
    throw new Error(
      `no parity in ${precision}: losses ${mine.loss} and ${theirs.loss}, worst relative difference ${worst} (${name}${norms})`,
    );
  }
  return `loss ${mine.loss!.toFixed(4)} and ${theirs.loss!.toFixed(4)}, worst relative difference of loss and gradient norms ${worst.toExponential(1)}`;
}

function timing([mine, theirs]: Answer[][], field: 'seconds' | 'cpu'): string {
  const ratios = mine.map((answer, i) => answer[field]! / theirs[i][field]!);
  const typical = (answers: Answer[]) => median(answers.map((answer) => answer[field]!)).toFixed(2);
  return `${typical(mine)} s, PyTorch ${typical(theirs)} s, ratio ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`;
}

async function compare(name: WorkloadName, precision: string): Promise<void> {
  const [a, b] = [ours(name, precision), reference(name, precision)];
  console.log(`\n${name} ${precision}, batch ${batch}, attention ${options.attention}`);
  console.log(`  parity    ${await checkParity(a, b, precision)}`);
  const sides = [a, b];
  for (const side of sides) await side.ask('step');
  for (const side of sides) await side.ask('reset');
  const times: Answer[][] = [[], []];
  for (let repeat = 0; repeat < Number(options.repeats); repeat++) {
    for (const [i, side] of sides.entries()) {
      await setTimeout(300); // the other side's threads stop spinning
      times[i].push(await side.ask('step'));
    }
  }
  const [mine, theirs] = [(await a.ask('memory')).peak!, (await b.ask('memory')).peak!];
  console.log(`  step      ${timing(times, 'seconds')}`);
  console.log(`  CPU time  ${timing(times, 'cpu')}`);
  console.log(`  peak RSS  ${megabytes(mine)}, PyTorch ${megabytes(theirs)}, ratio ${(mine / theirs).toFixed(2)}`);
  for (const side of sides) side.close();
}

/** Tensors and resident memory of our process over many steps, once warm. */
async function growth(name: WorkloadName, precision: string): Promise<void> {
  const side = ours(name, precision);
  const steps = Number(options.steps);
  const at: Answer[] = [];
  console.log(`\ngrowth of ${name} ${precision}, batch ${batch}, ${steps} steps`);
  for (let step = 1; step <= steps; step++) {
    await side.ask('step');
    if (step % Math.ceil(steps / 5) !== 0) continue;
    at.push(await side.ask('memory'));
    console.log(
      `  step ${String(step).padStart(4)}  ${at.at(-1)!.tensors} tensors, ${megabytes(at.at(-1)!.resident!)} resident`,
    );
  }
  side.close();
  if (at.some(({ tensors }) => tensors !== at[0].tensors)) throw new Error('the number of tensors changes');
}

/**
 * What a contrastive step needs beyond weights and inputs, by batch: with two passes, which keep one local batch's activations, and with
 * one. Gradients and the optimiser's state are in both, whatever the batch.
 */
async function twoPass(name: WorkloadName, precision: string): Promise<void> {
  const local = Number(options['local-batch'] ?? 8);
  console.log(`\nmemory of a contrastive step, ${name} ${precision}: two passes of local batch ${local}, and one pass`);
  for (const size of options.batches.split(',').map(Number)) {
    const [two, one] = [await stepMemory(name, precision, size, local), await stepMemory(name, precision, size, size)];
    console.log(`  batch ${String(size).padStart(4)}  two passes ${megabytes(two)}, one pass ${megabytes(one)}`);
  }
}

/** Highest resident memory of a warm step above that of the process before its first one. */
async function stepMemory(name: WorkloadName, precision: string, size: number, local: number): Promise<number> {
  const side = ours(name, precision, size, local);
  const { resident } = await side.ask('memory');
  await side.ask('step');
  await side.ask('reset');
  await side.ask('step');
  const { peak } = await side.ask('memory');
  side.close();
  return peak! - resident!;
}

const command = positionals[0];
if (command === 'growth')
  for (const precision of options.precision) await growth((positionals[1] ?? 'tiny-vit') as WorkloadName, precision);
else if (command === 'two-pass')
  for (const precision of options.precision) await twoPass((positionals[1] ?? 'tiny-video') as WorkloadName, precision);
else
  for (const name of command ? positionals : ['vit', 'smollm2'])
    for (const precision of options.precision) await compare(name as WorkloadName, precision);
