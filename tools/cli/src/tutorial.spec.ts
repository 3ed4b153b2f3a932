import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { expect, it } from 'vitest';
import { addAblate } from './commands/ablate.ts';
import { addCompare } from './commands/compare.ts';
import { addPlan } from './commands/plan.ts';

const tutorial = readFileSync(fileURLToPath(new URL('../../../docs/tutorial-ablation.md', import.meta.url)), 'utf8');
const lines = [...tutorial.matchAll(/^npx egolab (.+)$/gm)].map((match) => match[1]);

// what the commands then do is tested where the stages are
it.each(lines)('the tutorial on ablations: egolab %s is a command with these options', (line) => {
  const [name, ...args] = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2]);
  const egolab = new Command();
  for (const add of [addAblate, addCompare, addPlan]) add(egolab);
  const command = egolab.commands.find((each) => each.name() === name);
  const { operands, unknown } = command!.parseOptions(args);
  expect({ operands: operands.length, unknown }).toEqual({ operands: 1, unknown: [] });
});

it('the tutorial has its commands', () => expect(lines.length).toBeGreaterThanOrEqual(5));
