import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { choiceTasks, table2Row, videosFolder } from '@egolab/benchmarks';
import { mixtureOf, writeEgoIt } from '@egolab/ego-data';
import { generateWorld, egoBenchConfigSchema } from '@egolab/synthetic-world';
import { candidateMaker, candidateOutputs, egoBenchFolders } from '../exo2ego/benchmarks/data.ts';
import { dataSettings } from '../exo2ego/data-settings.ts';
import { buildEgoItFrom } from '../exo2ego/ego-it.ts';
import { defineStage, type Metrics } from '../stage.ts';
import { workspace } from '../workspace.ts';

/**
 * What Exo2Ego is tuned and tested on beside Ego-ExoClip. EgoBench: its questions, with the wrong options that SentenceBERT finds
 * (supplement C), made once and stored. EgoIT: the records of its five sources (section 3.2). Without `data.root` the synthetic world
 * writes them, in their own formats and in the rooms of stage `datasets`' world, into `world/egobench/`.
 */
export const egoBenchDatasets = defineStage({
  name: 'egobench-datasets',
  title: 'EgoBench and EgoIT',
  paper: 'Exo2Ego section 3.2, supplements B and C',
  params: z.strictObject({
    workers: z.number().int().positive(),
    /** how much of the synthetic world */
    world: egoBenchConfigSchema,
    /** SentenceBERT in Hugging Face format, for candidates */
    sentenceEncoder: z.string(),
    /** the ten instructions of each source, in the format of `libs/ego-data/src/instruction/instructions.json`; null: those */
    instructions: z.string().nullable(),
  }),
  sections: { data: dataSettings },
  inputs: { data: 'datasets' },
  outputs: ['source.json', 'world', 'egoit.jsonl', ...candidateOutputs],
  seeded: false, // the world has a seed of its own, so that seeds of training share their data
  async run({ params, config, inputs, out, progress }) {
    const { root, world } = config.data;
    out.write('source.json', `${JSON.stringify({ source: root ?? 'synthetic world' })}\n`);
    mkdirSync(out.path('world')); // stays empty beside data of the user's own
    let counts: Metrics = {};
    if (root === null) {
      const phase = progress.phase('generating the synthetic world');
      const part = { ...world, exo2Ego: false as const, egoBench: params.world, egoDtm: undefined, egoM2p: undefined };
      ({ counts } = await generateWorld(part, out.path('world'), { workers: params.workers }));
      phase.end();
    }
    const folders = egoBenchFolders(config.data, { data: inputs.data, egobench: out.folder });
    const { context, description } = candidateMaker(out.folder, params.sentenceEncoder);
    out.write(description.file, description.content);
    mkdirSync(context.candidates);
    const table2: Record<string, Metrics> = {};
    const phase = progress.phase('questions and candidates', choiceTasks.length);
    for (const task of choiceTasks) {
      const folder = folders.find((each) => existsSync(join(each, task.folder, task.annotations)));
      if (folder) {
        const questions = task.read(join(folder, task.folder), context);
        table2[task.name] = { ...(await table2Row(questions, videosFolder(folder, task))) };
      } else progress.note(`${task.title}: not on disk (${join(task.folder, task.annotations)})`);
      phase.advance();
    }
    phase.end();
    const instructions = params.instructions === null ? undefined : resolve(workspace.root, params.instructions);
    const records = buildEgoItFrom(folders[folders.length - 1], world.seed, instructions);
    writeEgoIt(out.path('egoit.jsonl'), records);
    return { metrics: { counts, table2, egoIt: { ...mixtureOf(records) } } };
  },
});
