import type { Command } from 'commander';

/** What a command answers: for a program (`--json`) and for a reader. */
export interface Answer {
  json: object;
  text: string;
  /** 0 unless the command's answer is itself a failure, as `doctor`'s may be */
  exitCode?: number;
}

/** What every command has: a help text with an example, and `--json`. */
export function define(
  parent: Command,
  usage: string,
  { description, example }: { description: string; example: string },
): Command {
  return parent
    .command(usage)
    .description(description)
    .option('--json', 'one JSON object on stdout, everything else on stderr')
    .addHelpText('after', `\nExample:\n  $ ${example}`);
}

/** A command that only holds others. */
export function group(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description);
}

/** Attach what a command does; its answer goes to stdout. With `--json` nothing else does, whatever libraries print. */
export function handle<Options extends { json?: boolean }>(
  command: Command,
  work: (options: Options, ...args: string[]) => Promise<Answer>,
): void {
  command.action(async (...given: unknown[]) => {
    const options = given.at(-2) as Options;
    const args = given.slice(0, -2) as string[];
    const stdout = process.stdout.write.bind(process.stdout);
    if (options.json) process.stdout.write = process.stderr.write.bind(process.stderr);
    const { json, text, exitCode = 0 } = await work(options, ...args);
    await new Promise<void>((resolve) => stdout(`${options.json ? JSON.stringify(json) : text}\n`, () => resolve()));
    process.exitCode = exitCode;
  });
}

/** For options that may be given several times. */
export const collect = (value: string, before: string[] = []): string[] => [...before, value];
