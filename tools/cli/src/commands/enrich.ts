import { Option, type Command } from 'commander';
import { define, handle } from '../command.ts';
import type { EnrichVideoOptions } from '../enrich-video.ts';
import { integer } from '../values.ts';

export function addEnrich(egolab: Command): void {
  const command = define(egolab, 'enrich', {
    description: 'detect hands and objects, track them, and say in the caption where they are and how they move',
    example: 'npx egolab enrich --video clip.mp4 --caption "C picks up the mug" --out enriched',
  })
    .requiredOption('--video <file>', 'a clip of a second or two')
    .requiredOption('--caption <text>', 'what happens in it')
    .option(
      '--detections <file>',
      "[frame, 4, 10] as .npy or .json: boxes, contact states, offsets and sides in the authors' layout",
    )
    .option(
      '--detector <folder>',
      'a trained detector, such as artifacts/micro/enrich/detector (default: bare hands by skin colour)',
    )
    .option(
      '--model <path>',
      'language model that words the caption: HF-format folder or GGUF file (default: a grammar)',
    )
    .addOption(
      new Option('--frames <n>', 'frames that are looked at, without --detections')
        .default(8)
        .argParser(integer(1, 256)),
    )
    .option('--out <folder>', 'where to write overlay.mp4, overlay.png, masks.json and detections.json', 'enriched');
  handle<EnrichVideoOptions & { json?: boolean }>(command, async (options) => {
    const { enrichVideo } = await import('../enrich-video.ts');
    const answer = await enrichVideo(options);
    const lines = [
      answer.enriched ?? `not enriched: ${answer.reason}${answer.rejected ? ` ("${answer.rejected}")` : ''}`,
      `detector: ${answer.detector}; tracker: ${answer.tracker}; words: ${answer.generator}`,
      ...Object.entries(answer.issues).map(([reason, count]) => `left out ${count}: ${reason}`),
      ...Object.values(answer.files),
    ];
    return { json: answer, text: lines.join('\n') };
  });
}
