import { totalmem } from 'node:os';
import {
  rooflineSeconds,
  productSeconds,
  timeTrainingStep,
  trace,
  trainingStepCost,
  type Device,
  type TrainingStepCost,
} from '@egolab/cost-model';
import { Random, suggestion, UserError } from '@egolab/foundation';
import { Parameters } from '@egolab/nn';
import { EpochSampler } from '@egolab/training';
import { planFor, type Plan } from '../plan.ts';
import type { Workspace } from '../workspace.ts';
import { egodtmPlans } from './egodtm.ts';
import { egom2pPlans } from './egom2p.ts';
import { exo2egoPlans } from './exo2ego.ts';
import type { PlanContext, PlannedStep, PlannedTraining, StagePlan } from './planned.ts';
import { readDevices, readPublished } from './published.ts';

/** The stages whose training can be planned. */
export const stagePlans: readonly StagePlan[] = [...exo2egoPlans, ...egodtmPlans, ...egom2pPlans];

/** `--device` of the machine that plans: steps are run there, not estimated. */
export const HERE = 'here';

export interface PlanOptions {
  preset: string;
  sets?: readonly string[];
  /** data-parallel devices; a step's samples are spread evenly over them */
  gpus: number;
  /** names in experiments/plan/devices.yaml, or `here` */
  devices: readonly string[];
  /** only these stages */
  stages?: readonly string[];
  /** told of each stage before it is planned */
  say?(line: string): void;
}

/** Time on one kind of device. */
export interface DeviceTime {
  device: string;
  /** FLOPs and memory traffic at the device's peaks, without loading and communication; on `here` measured */
  hours: number | null;
  /** `least`: nobody has measured the device's overhead */
  basis: 'least' | 'modelled' | 'measured';
  /** whether the peak of memory fits */
  fits: boolean;
}

/** A paper's statement about a run beside what the plan says of it. */
export interface StatedRun {
  source: string;
  devices: number;
  device: string;
  hours: number | null;
  /** hours that the products alone take at the peak of those devices */
  productHours: number;
  /** share of their peak that the stated hours imply (model FLOPs utilisation) */
  utilisation: number | null;
}

export interface PlannedStage {
  stage: string;
  parameters: TrainingStepCost['parameters'];
  /** bytes a device */
  memory: TrainingStepCost['memory'];
  samples: number | null;
  tokensPerSample: number | null;
  steps: number | null;
  /** products of one optimiser step, over all devices */
  flopsPerStep: number;
  flops: number | null;
  times: readonly DeviceTime[];
  stated?: StatedRun;
  notes: readonly string[];
}

export interface RunPlan {
  preset: string;
  gpus: number;
  stages: readonly PlannedStage[];
  /** stage -> why it isn't planned */
  notPlanned: Readonly<Record<string, string>>;
}

/** Parameters, FLOPs, memory and time of a preset's training stages. Nothing is trained and no data is needed. */
export async function planRun(workspace: Workspace, options: PlanOptions): Promise<RunPlan> {
  const { preset, sets = [], gpus } = options;
  const plan = await planFor(workspace, { preset, sets });
  const known = readDevices();
  const unknown = options.devices.find((name) => name !== HERE && !(name in known));
  if (unknown !== undefined) {
    const mend = suggestion(unknown, [...Object.keys(known), HERE]);
    throw new UserError({ what: `there is no device "${unknown}"`, where: '--device', mend });
  }
  const notPlanned: Record<string, string> = {};
  const stages: PlannedStage[] = [];
  for (const { name, history } of wanted(plan, options.stages)) {
    const own = stagePlans.find(({ stage }) => stage.name === name);
    if (!own) {
      notPlanned[name] = history ? 'its training has no plan yet' : "it doesn't train";
      continue;
    }
    options.say?.(`planning ${name} …`);
    const planned = await own.plan(contextOf(own, plan));
    if ('notTrained' in planned) notPlanned[name] = planned.notTrained;
    else stages.push(costOf(name, planned, { ...options, gpus, known }));
  }
  return { preset, gpus, stages, notPlanned };
}

function wanted({ stages }: Plan, names: readonly string[] | undefined) {
  for (const name of names ?? []) {
    if (stages.has(name)) continue;
    throw new UserError({ what: `there is no stage "${name}"`, where: 'stage', mend: suggestion(name, stages.keys()) });
  }
  return [...stages.values()].filter(({ name }) => !names?.length || names.includes(name));
}

function contextOf({ stage }: StagePlan, { config, folderOf }: Plan): PlanContext<unknown, unknown, string> {
  const shared = Object.keys(stage.sections).map((section) => [section, config[section]]);
  const inputs = Object.entries(stage.inputs).map(([role, input]) => [role, folderOf(input)]);
  return {
    params: config[stage.name],
    config: Object.fromEntries(shared),
    inputs: Object.fromEntries(inputs) as Record<string, string>,
    whole: config,
  };
}

function costOf(
  stage: string,
  planned: PlannedTraining,
  { preset, gpus, devices, known }: PlanOptions & { known: Record<string, Device> },
): PlannedStage {
  const { numExamples, schedule, notes, tokensPerSample } = planned;
  if (gpus > schedule.globalBatchSize) {
    throw new UserError({
      what: `${stage}: ${gpus} devices for a global batch of ${schedule.globalBatchSize}`,
      where: '--gpus',
      mend: 'take fewer devices, or a larger batch',
    });
  }
  let samplesPerPass = 0;
  const cost = trace((tracing) => {
    const task = planned.build(tracing.parameters, gpus);
    samplesPerPass = task.localBatchSize;
    const cost = trainingStepCost(tracing, task);
    free(task);
    return cost;
  });
  const steps = numExamples === undefined ? null : totalSteps(schedule, numExamples);
  const passesPerStep = schedule.globalBatchSize / samplesPerPass;
  const samples = numExamples === undefined ? null : numExamples * schedule.epochs;
  /** what a pass and an update take in all, of something that each of them takes */
  const inAll = (pass: number, update: number) =>
    samples === null || steps === null ? null : (samples / samplesPerPass) * pass + steps * update;
  const hours = (pass: number, update: number) => {
    const seconds = inAll(pass / gpus, update);
    return seconds === null ? null : seconds / 3600;
  };
  const timeOn = (name: string): DeviceTime => {
    if (name === HERE) {
      const fits = cost.memory.peak < totalmem();
      const time = fits ? timeHere(planned, gpus) : undefined;
      return { device: name, hours: time ? hours(time.pass, time.update) : null, basis: 'measured', fits };
    }
    const device = known[name];
    return {
      device: name,
      hours: hours(rooflineSeconds(cost.pass, device), rooflineSeconds(cost.update, device)),
      basis: device.overhead > 0 ? 'modelled' : 'least',
      fits: cost.memory.peak < device.memory,
    };
  };
  return {
    stage,
    parameters: cost.parameters,
    memory: cost.memory,
    samples,
    tokensPerSample: tokensPerSample ?? null,
    steps,
    flopsPerStep: passesPerStep * cost.pass.flops + gpus * cost.update.flops,
    flops: inAll(cost.pass.flops, gpus * cost.update.flops),
    times: devices.map(timeOn),
    stated: statedRun(stage, preset, known, (device) => inAll(productSeconds(cost.pass, device), 0)),
    notes,
  };
}

const totalSteps = ({ epochs, globalBatchSize }: PlannedTraining['schedule'], numExamples: number) =>
  new EpochSampler({ epochs, globalBatchSize, numExamples, localBatchSize: globalBatchSize, seed: 0 }).totalSteps;

/** Runs of a step that are timed. */
const RUNS = 3;

/** Seconds of one device's pass and update on this machine. */
function timeHere(planned: PlannedTraining, gpus: number): { pass: number; update: number } {
  const random = new Random(0);
  let made = 0;
  const task = planned.build((specs) => Parameters.initialize(specs, random.split(made++)), gpus);
  try {
    return timeTrainingStep(task, RUNS);
  } finally {
    free(task);
  }
}

/** Let go of a step's model. */
export function free(task: PlannedStep): void {
  task.dispose?.();
  for (const parameters of task.parameters) parameters.dispose();
}

function statedRun(
  stage: string,
  preset: string,
  known: Record<string, Device>,
  secondsOn: (device: Device) => number | null,
): StatedRun | undefined {
  const run = readPublished().runs.find((each) => each.preset === preset && each.stages.includes(stage));
  if (!run) return undefined;
  const { devices, device, hours, source } = run;
  const seconds = secondsOn(known[device]);
  if (seconds === null) return undefined;
  const productHours = seconds / devices / 3600;
  return { source, devices, device, hours, productHours, utilisation: hours === null ? null : productHours / hours };
}
