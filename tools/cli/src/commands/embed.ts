import type { Command } from 'commander';
import { define, handle } from '../command.ts';

interface Options {
  model: string;
  images?: string;
  videos?: string;
  texts?: string;
  out: string;
  json?: boolean;
}

export function addEmbed(egolab: Command): void {
  const command = define(egolab, 'embed', {
    description: 'embeddings of a dual encoder, L2-normalised, as .npy files',
    example: 'npx egolab embed --model clip-vit-base-patch16 --images frames.npy --texts captions.txt --out embeddings',
  })
    .requiredOption('--model <dir>', 'CLIP folder in Hugging Face format, or a checkpoint of stage depth-pretrain')
    .option('--images <file>', 'uint8 .npy [n, height, width, 3]: image_embeds.npy')
    .option('--videos <list>', 'text file, a video path a line: video_embeds.npy')
    .option('--texts <file>', 'text file, a text a line: text_embeds.npy')
    .requiredOption('--out <dir>', 'folder to write to');
  handle<Options>(command, async ({ json: _, ...options }) => {
    const { embed } = await import('../embed.ts');
    const files = await embed(options);
    const lines = Object.entries(files).map(([name, { path, shape }]) => `${name}: ${path} [${shape.join(', ')}]`);
    return { json: files, text: lines.join('\n') };
  });
}
