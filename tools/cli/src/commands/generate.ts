import { Option, type Command } from 'commander';
import { define, handle } from '../command.ts';
import { integer, number } from '../values.ts';

interface Options {
  model: string;
  prompt: string;
  chat?: boolean;
  maxNewTokens: number;
  temperature: number;
  topP: number;
  seed: number;
  json?: boolean;
}

export function addGenerate(egolab: Command): void {
  const command = define(egolab, 'generate', {
    description: 'continue a prompt with a language model alone',
    example:
      'npx egolab generate --model .egolab/models/SmolLM2-135M-Instruct.Q4_1.gguf --chat --prompt "What is a mug for?"',
  })
    .requiredOption('--model <path>', 'HF-format Llama or Mistral folder, or a GGUF file')
    .requiredOption('--prompt <text>', 'what to continue')
    .option('--chat', "apply the model's own chat template")
    .addOption(new Option('--max-new-tokens <n>', 'at most so many new tokens').default(128).argParser(integer(1)))
    .addOption(new Option('--temperature <t>', '0: greedy').default(0).argParser(number(0)))
    .addOption(
      new Option('--top-p <p>', 'nucleus of the distribution to sample from').default(1).argParser(number(0, 1)),
    )
    .addOption(new Option('--seed <n>', 'of sampling').default(0).argParser(integer(0)));
  handle<Options>(command, async (options) => {
    const { generateText } = await import('../generate-text.ts');
    const answer = generateText(options);
    return { json: answer, text: answer.text };
  });
}
