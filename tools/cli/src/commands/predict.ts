import { Option, type Command } from 'commander';
import { define, handle } from '../command.ts';
import { integer, number } from '../values.ts';

interface Options {
  run: string;
  video: string;
  from: string;
  to: string[];
  out: string;
  start: number;
  seed: number;
  json?: boolean;
}

const names = (text: string) => text.split(',').map((name) => name.trim()).filter((name) => name !== ''); // prettier-ignore

export function addPredict(egolab: Command): void {
  const command = define(egolab, 'predict', {
    description: 'EgoM2P: two seconds of any modality to any others',
    example:
      'npx egolab predict --run artifacts/micro/masked-pretrain --video clip.mp4 --to depth,camera,gaze --out predictions',
  })
    .requiredOption('--run <folder>', 'what a training stage left, such as artifacts/micro/masked-pretrain')
    .requiredOption('--video <file>', 'colour video, or one of inverse depth with --from depth')
    .addOption(new Option('--from <modality>', 'what the video shows: rgb or depth').default('rgb'))
    .addOption(
      new Option('--to <modalities>', 'depth, camera, gaze, rgb; each is also predicted from those before it')
        .argParser(names)
        .makeOptionMandatory(),
    )
    .requiredOption('--out <folder>', 'for depth.mp4, rgb.mp4 and their frames, camera.tum, gaze.csv')
    .addOption(new Option('--start <seconds>', 'where the two seconds begin').default(0).argParser(number(0)))
    .addOption(new Option('--seed <n>', 'of sampling').default(0).argParser(integer(0)));
  handle<Options>(command, async (options) => {
    const { predict } = await import('../predict-run.ts');
    const answer = await predict(options);
    return { json: answer, text: Object.values(answer.files).join('\n') };
  });
}
