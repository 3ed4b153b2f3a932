import { join, resolve } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { z } from 'zod';
import { pixelsFromBytes } from '@egolab/dual-encoder';
import { readJsonFile, UserError } from '@egolab/foundation';
import { loadAdapter, type LoraAdapter } from '@egolab/language-model';
import { tf } from '@egolab/runtime';
import { decodeFrames } from '@egolab/video';
import { generateAnswer, questionPrompt } from '@egolab/video-llm';
import { answeringTokens, readsAfter, type Reads } from './answering.ts';
import { adapterFolder, loadExo2Ego } from './model.ts';
import { modelsSettings, type ModelsSettings } from './settings.ts';

export interface AskOptions {
  /** folder of a training stage, such as `artifacts/micro/stage3` */
  run: string;
  /** egocentric video; all of it is the clip */
  video: string;
  question: string;
  /** default 64 */
  maxNewTokens?: number;
  /** 0 (default): greedy */
  temperature?: number;
  /** of sampling */
  seed?: number;
}

export interface AskAnswer {
  answer: string;
  question: string;
  video: string;
  /** the stage that trained the model */
  stage: string;
  /** the new ids */
  tokens: number[];
}

/**
 * A trained model answers a question about a video in its own words (`egolab ask`), from the features that its stage's
 * evaluation reads.
 *
 * @throws UserError for an empty question, a folder that is no training stage's, or a video that is missing or cut
 */
export async function ask(options: AskOptions): Promise<AskAnswer> {
  const { run, video, question, maxNewTokens = 64, temperature, seed } = options;
  if (question.trim() === '')
    throw new UserError({
      what: 'expected a question, got an empty one',
      where: 'question',
      mend: 'ask about what the video shows',
    });
  const { models, languageModel, stage, reads } = readStageFolder(run);
  const size = models.vision.image_size;
  const { data } = await decodeFrames(video, { ...models.video, size });
  const exo2ego = loadExo2Ego(models, languageModel, run);
  const { model, language } = exo2ego;
  const folder = adapterFolder(run);
  let adapter: LoraAdapter | undefined;
  let visualTokens: Tensor | undefined;
  try {
    adapter = folder ? loadAdapter(folder, language.config) : undefined;
    const prompt = questionPrompt(language.tokenizer, [{ role: 'user', content: question }]);
    visualTokens = tf.tidy(() =>
      answeringTokens(model, reads, pixelsFromBytes(data, [1, models.video.numFrames, size, size, 3])),
    );
    const tokens = generateAnswer(model, visualTokens, prompt, {
      maxNewTokens,
      temperature,
      seed,
      eosIds: language.eosIds,
      lora: adapter && { adapter },
    });
    return {
      answer: language.tokenizer.decode(tokens, { skipSpecialTokens: true }).trim(),
      question,
      video,
      stage,
      tokens,
    };
  } finally {
    visualTokens?.dispose();
    adapter?.parameters.dispose();
    exo2ego.dispose();
  }
}

const description = z.object({ models: modelsSettings, languageModel: z.string() });

/** What a training stage left beside its weights. */
function readStageFolder(run: string): { models: ModelsSettings; languageModel: string; stage: string; reads: Reads } {
  const mend = 'name the folder of a finished training stage, such as artifacts/micro/stage3';
  const file = join(run, 'model.json');
  const parsed = description.safeParse(readJsonFile(file, mend));
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    throw new UserError({ what: `${path.join('.') || 'the file'}: ${message}`, where: file, mend });
  }
  const record = readJsonFile(join(run, 'run.json'), mend) as { stage?: unknown } | null;
  const stage = String(record?.stage);
  if (!Object.hasOwn(readsAfter, stage)) {
    throw new UserError({
      what: `expected a stage of ${Object.keys(readsAfter).join(', ')}, got ${stage}`,
      where: join(run, 'run.json'),
      mend,
    });
  }
  const { models, languageModel } = parsed.data;
  return { models, languageModel: resolve(run, languageModel), stage, reads: readsAfter[stage] };
}
