import { duration } from '../progress.ts';
import { HERE, type PlannedStage, type RunPlan } from './plan-run.ts';

/** The plan as text: a table, what it rests on, and the papers' own statements. */
export function renderPlan({ preset, gpus, stages, notPlanned }: RunPlan): string {
  const lines = [`${preset}, ${gpus} device${gpus === 1 ? '' : 's'}`];
  if (stages.length > 0) {
    const devices = stages[0].times.map(({ device }) => device);
    const header = ['stage', 'parameters', 'trained', 'FLOPs/step', 'FLOPs', 'samples', 'tokens', 'steps'];
    const memory = ['weights', 'gradients', 'Adam', 'activations', 'peak/device'];
    lines.push('', ...table([[...header, ...memory, ...devices], ...stages.map(row)]));
    lines.push('', ...legend(stages));
  }
  for (const { stage, stated } of stages) if (stated) lines.push(`${stage}: ${statement(stated)}`);
  for (const [note, names] of grouped(stages.flatMap(({ stage, notes }) => notes.map((note) => [note, stage]))))
    lines.push(`${names.join(', ')}: ${note}`);
  for (const [reason, names] of grouped(Object.entries(notPlanned).map(([stage, why]) => [why, stage])))
    lines.push(`not planned, ${reason}: ${names.join(', ')}`);
  return lines.join('\n');
}

function row({ stage, parameters, flopsPerStep, flops, samples, tokensPerSample, steps, memory, times }: PlannedStage) {
  const tokens = samples === null || tokensPerSample === null ? null : samples * tokensPerSample;
  return [
    stage,
    short(parameters.total),
    short(parameters.trained),
    short(flopsPerStep),
    short(flops),
    short(samples),
    short(tokens),
    short(steps),
    ...[memory.parameters, memory.gradients, memory.optimizer, memory.activations, memory.peak].map(bytes),
    ...times.map(({ hours, fits }) => `${hours === null ? '?' : duration(hours * 3600)}${fits ? '' : ' (too small)'}`),
  ];
}

function legend(stages: readonly PlannedStage[]): string[] {
  const devices = stages[0].times;
  const of = (wanted: string) => devices.filter(({ basis }) => basis === wanted).map(({ device }) => device);
  const [least, modelled] = [of('least'), of('modelled')];
  return [
    'FLOPs: multiplications and additions of matrix products and convolutions, recomputation included. Memory: tensors alive at the peak, of this engine.',
    ...(least.length > 0
      ? [
          `${least.join(', ')}: the least time that the device's peaks allow, without loading, launching and communication. A real run takes longer.`,
        ]
      : []),
    ...(modelled.length > 0
      ? [`${modelled.join(', ')}: the rates that experiments/plan/devices.yaml gives, an op's overhead among them.`]
      : []),
    ...(devices.some(({ device }) => device === HERE) ? [`${HERE}: steps timed on this machine, median of 3.`] : []),
  ];
}

function statement({ source, devices, device, productHours, utilisation }: NonNullable<PlannedStage['stated']>) {
  const least = `the products alone take ${duration(productHours * 3600)} at the peak of ${devices} ${device.toUpperCase()}`;
  return utilisation === null
    ? `${source}; ${least}`
    : `${source}; ${least}, so they ran at ${Math.round(100 * utilisation)} % of it if they computed what this code does`;
}

function grouped(pairs: readonly (readonly [key: string, name: string])[] | string[][]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [key, name] of pairs) groups.set(key, [...(groups.get(key) ?? []), name]);
  return groups;
}

const PREFIXES = ['', ' k', ' M', ' G', ' T', ' P', ' E', ' Z'];

/** `396 M`; `?` for what isn't known. */
function short(value: number | null): string {
  if (value === null) return '?';
  const power = value < 1000 ? 0 : Math.min(PREFIXES.length - 1, Math.floor(Math.log10(value) / 3));
  return `${Number((value / 1000 ** power).toPrecision(3))}${PREFIXES[power]}`;
}

const bytes = (value: number) => `${short(value)}B`.replace(/(\d)B/, '$1 B');

/** Columns of equal width, the first to the left and the others to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((cells) => cells[column].length)));
  return rows.map((cells) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
  );
}
