import { Option, type Command } from 'commander';
import { define, handle } from '../command.ts';
import { positive } from '../values.ts';

interface Options {
  annotations: string[];
  takes?: string;
  alpha?: number;
  beta: 'pooled' | 'per-narrator';
  out: string;
  json?: boolean;
}

export function addWindows(egolab: Command): void {
  const command = define(egolab, 'windows', {
    description:
      "Ego-Exo4D narrations to Ego-ExoClip clip-text pairs (Exo2Ego equation 1), with the paper's statistics",
    example:
      'npx egolab windows --annotations annotations/atomic_descriptions_train.json --takes takes.json --out windows.csv',
  })
    .requiredOption('--annotations <files...>', 'atomic_descriptions_*.json')
    .option('--takes <file>', 'takes.json: one row for each view, and the ends of the takes')
    .addOption(new Option('--alpha <seconds>', 'scale of equation 1 (default: 1.92)').argParser(positive))
    .addOption(
      new Option('--beta <kind>', 'mean gap of a take, over all its narrations or those of each narrator')
        .choices(['pooled', 'per-narrator'])
        .default('pooled'),
    )
    .requiredOption('--out <file>', 'CSV to write');
  handle<Options>(command, async ({ annotations, takes, alpha, beta, out }) => {
    const { writeWindows } = await import('../write-windows.ts');
    const { rows, statistics, skipped } = writeWindows(out, { annotations, takes, alpha, beta });
    const lines = [
      `${rows.length} rows in ${out}`,
      JSON.stringify(statistics, null, 2),
      `${skipped.length} skipped`,
      ...skipped.map(({ item, reason }) => `  ${item}: ${reason}`),
    ];
    return { json: { out, rows: rows.length, statistics, skipped }, text: lines.join('\n') };
  });
}
