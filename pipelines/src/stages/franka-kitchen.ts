import {
  FrankaKitchen,
  kitchenTasks,
  roboticsPython,
  type KitchenTaskName,
  type Rollout,
} from '@egolab/franka-kitchen';
import { filmStrip } from '@egolab/pictures';
import { pngBytes } from '@egolab/video';
import { manipulationSettings, manipulationTask, type TaskResult } from '../egodtm/manipulation-task.ts';
import { openEgoDtm } from '../egodtm/model.ts';
import { OUTCOMES, writeOutcomes } from '../egodtm/outcomes.ts';
import { pictureOutputs, writePictures, type StagePicture } from '../pictures.ts';
import { defineStage, type Metrics } from '../stage.ts';
import { workspace } from '../workspace.ts';

/** Every policy's episodes: seed, success, steps. */
const EPISODES = 'episodes.json';

/**
 * Robot manipulation: for each task a policy is cloned from demonstrations, with the frozen video encoder's features and the arm's joints
 * as its inputs (R3M's protocol), and acts in gymnasium-robotics' FrankaKitchen. A policy that knows the joints only is cloned beside it: what
 * it does as well needs no eyes. Not part of `reproduce`, since its Python packages aren't part of `npm run setup`.
 */
export const frankaKitchen = defineStage({
  name: 'franka-kitchen',
  title: 'Robot manipulation in Franka Kitchen',
  paper: 'EgoDTM section 4.2, Table 3',
  params: manipulationSettings,
  sections: {},
  inputs: { model: 'depth-pretrain' },
  outputs: [EPISODES, OUTCOMES, ...pictureOutputs],
  async run(context) {
    const { params, inputs, out, progress } = context;
    const kitchen = new FrankaKitchen(roboticsPython(workspace.root, params.python), params.kitchen);
    const results: Partial<Record<KitchenTaskName, TaskResult>> = {};
    try {
      const versions = await kitchen.open(params.tasks[0], params.kitchen);
      progress.note(
        Object.entries(versions)
          .map((entry) => entry.join(' '))
          .join(', '),
      );
      const model = openEgoDtm(inputs.model);
      try {
        for (const task of params.tasks) results[task] = await manipulationTask(context, kitchen, model, task);
      } finally {
        model.encoder.dispose();
        model.decoder.dispose();
      }
    } finally {
      await kitchen.close();
    }
    const entries = Object.entries(results) as [KitchenTaskName, TaskResult][];
    out.write(
      EPISODES,
      `${JSON.stringify(Object.fromEntries(entries.map(([task, each]) => [task, each.episodes])))}\n`,
    );
    writeOutcomes(out, Object.assign({}, ...entries.map(([, { outcomes }]) => outcomes)));
    writePictures(out, [strip(entries.map(([task, { shown }]) => [task, shown]))]);
    const metrics = Object.fromEntries(entries.map(([task, each]) => [task, each.metrics]));
    return { metrics: { ...metrics, average: average(Object.values(metrics)) } };
  },
});

/** Means over the tasks, as the table's last column. */
function average(tasks: readonly Metrics[]): Metrics {
  const mean = (of: (task: Metrics) => unknown) =>
    tasks.reduce((sum, task) => sum + (of(task) as number), 0) / tasks.length;
  return {
    success: mean(({ success }) => success),
    blind: { success: mean((task) => (task['blind'] as Metrics)['success']) },
  };
}

const COLUMNS = 8;

function strip(shown: readonly [KitchenTaskName, Rollout][]): StagePicture {
  const [{ size }] = shown[0][1].frames;
  const rows = shown.map(([, { frames }]) => {
    const chosen = Array.from(
      { length: COLUMNS },
      (_, i) => frames[Math.round((i * (frames.length - 1)) / (COLUMNS - 1))],
    );
    return { data: Buffer.concat(chosen.map(({ data }) => data)), channels: 3 as const };
  });
  const tasks = shown
    .map(([task, { success }]) => `${kitchenTasks[task].title} (${success ? 'done' : 'failed'})`)
    .join(', ');
  return {
    name: 'episodes',
    title: 'Episodes of the cloned policies',
    caption: `What the policy with the frozen encoder sees, start to end; a row each: ${tasks}.`,
    alt: `Film strips of a robot arm in a kitchen, one a task: ${tasks}.`,
    bytes: pngBytes({ ...filmStrip(rows, size, COLUMNS), channels: 3 }),
  };
}
