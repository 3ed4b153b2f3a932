import { Option, type Command } from 'commander';
import { collect, define, group, handle } from '../command.ts';
import { integer } from '../values.ts';

export function addData(egolab: Command): void {
  const data = group(egolab, 'data', 'the synthetic world, and checks of real datasets');
  addGenerate(data);
  addValidate(data);
  addList(data);
}

function addGenerate(data: Command): void {
  const command = define(data, 'generate', {
    description: "write the synthetic world in the datasets' own formats",
    example: 'npx egolab data generate --preset micro --set data.world.seed=1 --out my-world',
  })
    .option('--preset <name>', 'configuration in experiments/presets, its section data.world', 'micro')
    .option('--set <key=value>', 'override a key of the preset; may be repeated', collect, [])
    .addOption(
      new Option('--section <name>', 'section of the preset that describes the world')
        .choices(['data', 'egodtm-data', 'egom2p-data'])
        .default('data'),
    )
    .addOption(new Option('--workers <n>', 'threads (default: one for each core)').argParser(integer(1)))
    .option(
      '--preview',
      'instead of the world, draw one take for a person to look at: two sheets, a video, its narrations',
    )
    .addOption(new Option('--take <n>', 'which take --preview draws').argParser(integer(0)).default(0))
    .option('--held-out', 'with --preview: a take in a room that training never sees')
    .requiredOption('--out <folder>', 'where to write; a complete world of the same configuration is kept');
  handle<GenerateOptions>(command, async ({ preset, set, section, workers, preview, take, heldOut, out }) => {
    const [{ consoleProgress, loadConfig }, { generateWorld, worldConfigSchema, writePreview }] = await Promise.all([
      import('../pipelines.ts'),
      import('@egolab/synthetic-world'),
    ]);
    const config = await loadConfig(preset, set);
    const world = worldConfigSchema.parse((config[section] as { world: unknown }).world);
    if (preview) {
      const files = await writePreview(world, out, { take, split: heldOut ? 'heldOut' : 'train' });
      return { json: { out, files }, text: Object.values(files).join('\n') };
    }
    const phase = consoleProgress().phase('synthetic world', 100);
    let percent = 0;
    const onProgress = (done: number, total: number) => {
      const now = Math.floor((100 * done) / total);
      phase.advance(now - percent);
      percent = now;
    };
    const { counts } = await generateWorld(world, out, { workers, onProgress });
    phase.end();
    const text = Object.entries(counts).map(([name, count]) => `${name}: ${count}`);
    return { json: { out, counts }, text: [`the synthetic world is in ${out}`, ...text].join('\n') };
  });
}

interface GenerateOptions {
  preset: string;
  set: string[];
  section: 'data' | 'egodtm-data' | 'egom2p-data';
  workers?: number;
  preview?: boolean;
  take: number;
  heldOut?: boolean;
  out: string;
  json?: boolean;
}

function addValidate(data: Command): void {
  const command = define(data, 'validate <folder>', {
    description: 'check a dataset: annotations, paths, every video',
    example: 'npx egolab data validate /data/egoexo4d',
  })
    .option('--kind <name>', 'only this one of the datasets that lie there')
    .option('--videos <folder>', 'where the videos are, if not in the dataset');
  handle<{ kind?: string; videos?: string; json?: boolean }>(command, async ({ kind, videos }, folder) => {
    const { validateFolder } = await import('../validate-folder.ts');
    const reports = await validateFolder(folder, { kind, videos });
    const valid = reports.every((report) => report.valid);
    const lines = reports.flatMap(({ root, kind: found, counts, problems, skipped }) => [
      `${problems.length === 0 ? 'ok' : 'NO'}  ${found} in ${root}: ${Object.entries(counts)
        .map(([name, count]) => `${count} ${name}`)
        .join(', ')}`,
      ...problems.map(({ where, what, mend }) => `    ${where}: ${what}${mend ? `\n      ${mend}` : ''}`),
      ...Object.entries(skipped.byReason).map(([reason, count]) => `    skipped ${count}: ${reason}`),
    ]);
    return { json: { valid, datasets: reports }, text: lines.join('\n'), exitCode: valid ? 0 : 2 };
  });
}

function addList(data: Command): void {
  const command = define(data, 'list', {
    description: 'which datasets a preset reads: where they are, what is missing and how to get it',
    example: 'npx egolab data list --preset paper --set data.root=/data',
  })
    .option('--preset <name>', 'configuration in experiments/presets', 'micro')
    .option('--set <key=value>', 'override a key of the preset; may be repeated', collect, []);
  handle<{ preset: string; set: string[]; json?: boolean }>(command, async ({ preset, set }) => {
    const [{ loadConfig, workspace }, { listDatasets }] = await Promise.all([
      import('../pipelines.ts'),
      import('../list-datasets.ts'),
    ]);
    const { root } = (await loadConfig(preset, set))['data'] as { root: string | null };
    const datasets = listDatasets(root ?? `${workspace.artifacts}/${preset}/datasets/world`);
    const source = root === null ? 'synthetic world (`npx nx run pipelines:datasets` makes it)' : root;
    const lines = datasets.map(
      ({ name, found, folder, use, mend }) =>
        `${found ? 'ok' : '- '}  ${name} (${use}): ${found ? folder : `not in ${folder}`}${!found && root !== null ? `\n      ${mend}` : ''}`,
    );
    return { json: { preset, source, datasets }, text: [`${preset} reads: ${source}`, ...lines].join('\n') };
  });
}
