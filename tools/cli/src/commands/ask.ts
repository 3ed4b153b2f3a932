import { Argument, Option, type Command } from 'commander';
import { define, handle } from '../command.ts';
import { integer, number } from '../values.ts';

interface Options {
  run: string;
  video: string;
  maxNewTokens: number;
  temperature: number;
  seed: number;
  json?: boolean;
}

export function addAsk(egolab: Command): void {
  const command = define(egolab, 'ask', {
    description: 'a trained Exo2Ego model answers a question about a video',
    example: 'npx egolab ask --run artifacts/micro/stage3 --video clip.mp4 "What is the person doing?"',
  })
    .addArgument(new Argument('<question>', 'about all of the video'))
    .requiredOption('--run <folder>', 'what a training stage left, such as artifacts/micro/stage3')
    .requiredOption('--video <file>', 'egocentric video')
    .addOption(new Option('--max-new-tokens <n>', 'at most so many new tokens').default(64).argParser(integer(1)))
    .addOption(new Option('--temperature <t>', '0: greedy').default(0).argParser(number(0)))
    .addOption(new Option('--seed <n>', 'of sampling').default(0).argParser(integer(0)));
  handle<Options>(command, async (options, question) => {
    const { ask } = await import('../ask-run.ts');
    const answer = await ask({ ...options, question });
    return { json: answer, text: answer.answer };
  });
}
