import { Command, CommanderError } from 'commander';
import { UserError } from '@egolab/foundation';
import { addAblate } from './commands/ablate.ts';
import { addAsk } from './commands/ask.ts';
import { addCompare } from './commands/compare.ts';
import { addData } from './commands/data.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEmbed } from './commands/embed.ts';
import { addEnrich } from './commands/enrich.ts';
import { addGenerate } from './commands/generate.ts';
import { addMlflow } from './commands/mlflow.ts';
import { addPlan } from './commands/plan.ts';
import { addPredict } from './commands/predict.ts';
import { addRun } from './commands/run.ts';
import { addScore } from './commands/score.ts';
import { addTables } from './commands/tables.ts';
import { addWindows } from './commands/windows.ts';

/** The `egolab` command line. Commands load what they need when they run, so help comes at once. */
function program(): Command {
  const egolab = new Command('egolab')
    .description('Staged experiment pipelines for egocentric video-language pretraining')
    .showHelpAfterError('(--help shows how)')
    .exitOverride();
  for (const add of [
    addRun,
    addAblate,
    addAsk,
    addPredict,
    addGenerate,
    addEmbed,
    addEnrich,
    addWindows,
    addScore,
    addTables,
    addCompare,
    addPlan,
    addData,
    addMlflow,
    addDoctor,
  ])
    add(egolab);
  return egolab;
}

/** Exit codes: 0, 2 a user's mistake, 1 an internal failure, 128 + n stopped by signal n. */
export async function main(argv: string[]): Promise<never> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  try {
    await program().parseAsync(argv);
  } catch (error) {
    process.exit(report(error));
  }
  process.exit();
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has said what is wrong
  const stopped = error instanceof Error && error.name === 'Interrupted';
  const text =
    error instanceof UserError || stopped ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${text}\n`);
  if (stopped) return (error as Error & { exitCode: number }).exitCode;
  return error instanceof UserError ? 2 : 1;
}
