import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rooflineSeconds, trace, trainingStepCost } from '@egolab/cost-model';
import { EpochSampler } from '@egolab/training';
import type { Config } from '../configuration.ts';
import { workspace } from '../workspace.ts';
import { planRun, readDevices, renderPlan, stagePlans } from './index.ts';
import { free } from './plan-run.ts';
import type { NotTrained, PlanContext, PlannedTraining, StagePlan } from './planned.ts';

function contextOf({ stage }: StagePlan, whole: Config): PlanContext<unknown, unknown, string> {
  return {
    params: whole[stage.name],
    config: Object.fromEntries(Object.keys(stage.sections).map((section) => [section, whole[section]])),
    inputs: Object.fromEntries(Object.keys(stage.inputs).map((role) => [role, 'nowhere'])),
    whole,
  };
}

function traced(planned: PlannedTraining) {
  return trace((tracing) => {
    const task = planned.build(tracing.parameters, 1);
    const cost = trainingStepCost(tracing, task);
    free(task);
    return cost;
  });
}

const isTrained = (planned: PlannedTraining | NotTrained): planned is PlannedTraining => 'build' in planned;

describe('stages at micro that were measured, each alone', () => {
  const measured = JSON.parse(readFileSync(new URL('fixtures/micro-run.json', import.meta.url), 'utf8')) as {
    stages: {
      stage: string;
      samples: number;
      steps: number;
      numbers: number;
      secondsPerStep: number;
      parameters: Config;
    }[];
  };

  it.each(measured.stages)('$stage: its parameters and steps exactly, its time within 20 %', async (run) => {
    const own = stagePlans.find(({ stage }) => stage.name === run.stage)!;
    const planned = await own.plan(contextOf(own, run.parameters));
    if (!isTrained(planned)) throw new Error('expected a training');
    const cost = traced(planned);
    expect(cost.parameters.total).toBe(run.numbers);
    const { epochs, globalBatchSize } = planned.schedule;
    const plan = { epochs, globalBatchSize, numExamples: run.samples, localBatchSize: globalBatchSize, seed: 0 };
    expect(new EpochSampler(plan).totalSteps).toBe(run.steps);
    const device = readDevices()['laptop-cpu'];
    const seconds = rooflineSeconds(cost.pass, device) + rooflineSeconds(cost.update, device);
    expect(Math.abs(seconds / run.secondsPerStep - 1)).toBeLessThan(0.2);
  });
});

describe('egolab plan', () => {
  const options = { preset: 'micro', gpus: 1, devices: ['h200', 'laptop-cpu'] };

  it('plans the stages that are asked for, and says why others are not', async () => {
    const plan = await planRun(workspace, { ...options, stages: ['camera-tokenizer', 'tokenize'] });
    expect(plan.stages.map(({ stage }) => stage)).toEqual(['camera-tokenizer']);
    expect(plan.notPlanned).toEqual({ tokenize: "it doesn't train" });
    expect(plan.stages[0].times.map(({ basis }) => basis)).toEqual(['least', 'modelled']);
    const text = renderPlan(plan);
    expect(text).toMatch(/^camera-tokenizer .* MB /m);
    expect(text).toContain("not planned, it doesn't train: tokenize");
  });

  it('spreads a step over devices: the same FLOPs in all, less memory on each', async () => {
    const plan = (gpus: number) => planRun(workspace, { ...options, gpus, stages: ['camera-tokenizer'] });
    const [one] = (await plan(1)).stages;
    const [four] = (await plan(4)).stages;
    expect(four.flopsPerStep / one.flopsPerStep).toBeCloseTo(1, 6);
    expect(four.memory.activations).toBeLessThan(one.memory.activations / 2);
  });

  it('refuses what there is not, with the nearest that there is', async () => {
    await expect(planRun(workspace, { ...options, devices: ['h2000'] })).rejects.toThrow(/no device "h2000"[^]*"h200"/);
    await expect(planRun(workspace, { ...options, stages: ['stage4'] })).rejects.toThrow(/no stage "stage4"/);
    await expect(planRun(workspace, { ...options, gpus: 4096, stages: ['camera-tokenizer'] })).rejects.toThrow(
      /4096 devices for a global batch of 64/,
    );
  });
});
