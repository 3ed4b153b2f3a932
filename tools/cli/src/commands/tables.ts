import type { Command } from 'commander';
import { suggestion, UserError } from '@egolab/foundation';
import { define, handle } from '../command.ts';

interface Options {
  preset: string;
  format: string;
  json?: boolean;
}

export function addTables(egolab: Command): void {
  const command = define(egolab, 'tables [paper]', {
    description: "the papers' tables: paper value beside measured value, with the run that measured it",
    example: 'npx egolab tables exo2ego --preset micro --format html > tables.html',
  })
    .option('--preset <name>', "whose stages' measurements", 'micro')
    .option('--format <name>', 'md, html, json or csv', 'md');
  handle<Options>(command, async ({ preset, format }, paper) => {
    const [{ workspace }, { assertPreset }, reporting] = await Promise.all([
      import('../pipelines.ts'),
      import('@egolab/experiment'),
      import('@egolab/reporting'),
    ]);
    const chosen = reporting.tableFormats.find((name) => name === format);
    if (!chosen) {
      const mend = suggestion(format, reporting.tableFormats);
      throw new UserError({ what: `there is no format "${format}"`, where: '--format', mend });
    }
    assertPreset(workspace.presets, preset);
    const { root, artifacts } = workspace;
    const measured = reporting.readMeasuredTables({
      folder: `${root}/experiments/paper-tables`,
      artifacts,
      preset,
      paper,
    });
    return {
      json: reporting.measuredTablesJson(measured),
      text: reporting.renderMeasuredTables(measured, chosen).trimEnd(),
    };
  });
}
