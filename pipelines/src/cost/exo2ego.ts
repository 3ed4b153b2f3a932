import { pixelsFromBytes } from '@egolab/dual-encoder';
import type { InstructionRecord } from '@egolab/ego-data';
import { Random } from '@egolab/foundation';
import { llamaParameters, loraParameters } from '@egolab/language-model';
import { tokensPerView, videoLlm, visionSideParameters, withChatFormat, type View } from '@egolab/video-llm';
import { datasetFolder, readEgoClipPairs, readEgoExoClip, readWeb } from '../exo2ego/datasets.ts';
import type { Exo2Ego } from '../exo2ego/model.ts';
import type { ModelsSettings, SharedSettings } from '../exo2ego/settings.ts';
import { silentProgress } from '../progress.ts';
import { initialize, initialTask } from '../stages/initialize.ts';
import { stage1, teacherExamples, teacherTask } from '../stages/stage1.ts';
import { guidanceTask, stage2 } from '../stages/stage2.ts';
import { instructionExamples, instructionTask, stage3 } from '../stages/stage3.ts';
import { languageModelConfig, tokenizerIfHere } from './language-model.ts';
import {
  cycled,
  ifHere,
  planOf,
  samplesOf,
  STAND_IN_TEXTS,
  stepOf,
  type MakeParameters,
  type PlannedTraining,
  type StagePlan,
} from './planned.ts';
import { standInTexts, type StandInTexts } from './texts.ts';

/** Texts to plan with, and how many samples there are. */
interface Texts<Sample> {
  samples: readonly Sample[];
  numExamples: number | undefined;
  notes: readonly string[];
}

/** Model and stand-ins that every stage of Exo2Ego is planned with. */
function standIns({ data, models }: SharedSettings, textModel: string, seed: number) {
  const llama = languageModelConfig(models);
  const texts = standInTexts(data.world, llama.vocab_size, seed);
  const own = tokenizerIfHere(models, textModel);
  const tokenizer = withChatFormat(own ?? texts.tokenizer, models.languageModel.chatFormat);
  return {
    ...texts,
    tokenizer,
    notes: own ? [] : ["the language model's tokenizer isn't here: texts are cut by one of 768 byte pairs"],
    /** visual tokens of one view of a clip, and those of a text */
    tokens: (views: number, sample: readonly string[]) => {
      const visual = tokensPerView({ ...models, languageModel: llama }, models.video.numFrames);
      const spoken = sample.reduce((sum, text) => sum + tokenizer.encode(text, { addSpecialTokens: false }).length, 0);
      return Math.round(views * visual + spoken / sample.length);
    },
    /** the assembled model, as `createExo2Ego` does it */
    model(make: MakeParameters): Exo2Ego {
      const { vision: tower, connector, connectors, mapping, concatenation } = models;
      const config = { vision: tower, connector, connectors, mapping, concatenation, languageModel: llama };
      const [vision, parameters] = [make(visionSideParameters(config)), make(llamaParameters(llama))];
      return {
        model: videoLlm(config, vision, parameters),
        vision,
        language: { config: llama, parameters, tokenizer, eosIds: [] },
        dispose() {
          vision.dispose();
          parameters.dispose();
        },
      };
    },
    frames: (clips: number) => cycled([new Uint8Array(frameBytes(models))], clips),
    clips: {
      pixels: (frames: readonly Uint8Array[]) =>
        pixelsFromBytes(Buffer.concat(frames), [frames.length, ...frameShape(models)]),
    },
  };
}

function frameShape({ video, vision }: ModelsSettings): [number, number, number, number] {
  return [video.numFrames, vision.image_size, vision.image_size, 3];
}
const frameBytes = (models: ModelsSettings) => frameShape(models).reduce((product, length) => product * length, 1);

/** The stage's own samples in random order; where they aren't here, `standIn` and the number that the paper prints. */
async function textsOf<Sample>(
  stage: string,
  { data }: SharedSettings,
  seed: number,
  read: () => readonly Sample[] | Promise<readonly Sample[]>,
  standIn: readonly Sample[],
): Promise<Texts<Sample>> {
  const own = await ifHere(read);
  const count = samplesOf(own?.length, { from: 'datasets', paper: data.root !== null && stage });
  if (own?.length) return { samples: new Random(seed).shuffle(own), ...count };
  return { samples: standIn, ...count, notes: [...count.notes, STAND_IN_TEXTS] };
}

/** Seed and shared settings stay apart from what a stage adds. */
function planned<Sample>(
  texts: Texts<Sample>,
  setUp: ReturnType<typeof standIns>,
  rest: Pick<PlannedTraining, 'schedule' | 'tokensPerSample' | 'build'>,
): PlannedTraining {
  return { numExamples: texts.numExamples, notes: [...texts.notes, ...setUp.notes], ...rest };
}

const captionsOf = ({ captions }: StandInTexts) => captions.map((text) => ({ text }));

const initializePlan = planOf(initialize, async ({ params, config, inputs, whole: { seed } }) => {
  const setUp = standIns(config, inputs.languageModel, seed);
  const views: View[] = ['exo', 'ego'];
  const texts = await textsOf<{ view: View; text: string }>(
    'initialize',
    config,
    seed,
    async () => [
      ...(await readWeb(config.data, inputs.data, silentProgress)),
      ...(await readEgoClipPairs(datasetFolder(config.data, inputs.data, 'egoclip'), silentProgress)),
    ],
    captionsOf(setUp).map(({ text }, i) => ({ text, view: views[i % 2] })),
  );
  return planned(texts, setUp, {
    schedule: params.training,
    tokensPerSample: setUp.tokens(
      1,
      texts.samples.map(({ text }) => text),
    ),
    build: (make, gpus) =>
      stepOf(initialTask(setUp.model(make), params, setUp.clips), gpus, (n) => ({
        batch: cycled(texts.samples, n).sort((a, b) => b.view.localeCompare(a.view)),
        frames: setUp.frames(n),
      })),
  });
});

const stage1Plan = planOf(stage1, async ({ params, config, inputs, whole: { seed } }) => {
  const setUp = standIns(config, inputs.languageModel, seed);
  const folder = datasetFolder(config.data, inputs.data, 'egoexo4d');
  const texts = await textsOf<{ text: string }>(
    'stage1',
    config,
    seed,
    () => teacherExamples(folder, config.data, params.exoViews, silentProgress),
    captionsOf(setUp),
  );
  return planned(texts, setUp, {
    schedule: params.training,
    tokensPerSample: setUp.tokens(
      1,
      texts.samples.map(({ text }) => text),
    ),
    build: (make, gpus) =>
      stepOf(teacherTask(setUp.model(make), params, setUp.clips), gpus, (n) => ({
        texts: cycled(texts.samples, n).map(({ text }) => text),
        frames: setUp.frames(n),
      })),
  });
});

const stage2Plan = planOf(stage2, async ({ params, config, inputs, whole: { seed } }) => {
  const setUp = standIns(config, inputs.languageModel, seed);
  const folder = datasetFolder(config.data, inputs.data, 'egoexo4d');
  const texts = await textsOf<{ text: string }>(
    'stage2',
    config,
    seed,
    () => readEgoExoClip(folder, config.data, 'train', silentProgress),
    captionsOf(setUp),
  );
  return planned(texts, setUp, {
    schedule: params.training,
    tokensPerSample: setUp.tokens(
      2,
      texts.samples.map(({ text }) => text),
    ),
    build: (make, gpus) =>
      stepOf(guidanceTask(setUp.model(make), params, setUp.clips), gpus, (n) => ({
        ego: setUp.frames(n),
        exo: setUp.frames(n),
        texts: cycled(texts.samples, n).map(({ text }) => text),
      })),
  });
});

const stage3Plan = planOf(stage3, async ({ params, config, inputs, whole: { seed } }) => {
  const setUp = standIns(config, inputs.languageModel, seed);
  const reads = { params, config, inputs, random: new Random(seed).split(stage3.name), progress: silentProgress };
  const texts = await textsOf<Pick<InstructionRecord, 'instruction' | 'turns'>>(
    'stage3',
    config,
    seed,
    () => instructionExamples(reads),
    setUp.questions.map((turn) => ({ instruction: '', turns: [turn] })),
  );
  return planned(texts, setUp, {
    schedule: params.training,
    tokensPerSample: setUp.tokens(
      2,
      texts.samples.map(({ instruction, turns }) =>
        [instruction, ...turns.flatMap(({ question, answer }) => [question, answer])].join('\n'),
      ),
    ),
    build(make, gpus) {
      const model = setUp.model(make);
      const { lora } = params;
      const adapter = lora && { config: lora, parameters: make(loraParameters(model.language.config, lora)) };
      return stepOf(instructionTask(model, adapter, params, setUp.clips), gpus, (n) => ({
        batch: cycled(texts.samples, n),
        frames: setUp.frames(n),
      }));
    },
  });
});

export const exo2egoPlans: readonly StagePlan[] = [initializePlan, stage1Plan, stage2Plan, stage3Plan];
