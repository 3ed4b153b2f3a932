import { join } from 'node:path';
import { z } from 'zod';
import {
  centreNetConfigSchema,
  type EnrichmentEngine,
  folderDetector,
  grammarGenerator,
  type HandObjectDetector,
  languageModelGenerator,
  loadDetector,
  type MaskTracker,
  memoryTracker,
  promptFrameRules,
  promptStyles,
  sam2FileTracker,
  worldDetector,
} from '@egolab/caption-enrichment';
import { type DepthTeacher, fileTeacher, networkTeacher, worldTeacher } from '@egolab/depth-anything';
import { UserError } from '@egolab/foundation';
import { loadLanguageModel } from '@egolab/language-model';
import { trainingSettings } from '../../exo2ego/settings.ts';
import { resolveFromRoot } from './paths.ts';

const count = z.number().int().positive();

/** Where depth targets come from. */
export const teacherSettings = z.discriminatedUnion('kind', [
  /** the synthetic world's exact depth */
  z.strictObject({ kind: z.literal('world') }),
  /** a depth file a clip, as the authors' generator writes them */
  z.strictObject({ kind: z.literal('files'), folder: z.string() }),
  /** a Depth-Anything-V2 folder in Hugging Face format; `keepAspectRatio` null: as the folder says */
  z.strictObject({ kind: z.literal('depth-anything'), folder: z.string(), keepAspectRatio: z.boolean().nullable() }),
]);

export function openTeacher(settings: z.infer<typeof teacherSettings>, egoClip: string): DepthTeacher {
  switch (settings.kind) {
    case 'world':
      return worldTeacher(groundTruthFolder(egoClip));
    case 'files':
      return fileTeacher(resolveFromRoot(settings.folder));
    case 'depth-anything':
      return networkTeacher(resolveFromRoot(settings.folder), {
        keepAspectRatio: settings.keepAspectRatio ?? undefined,
      });
  }
}

/** Where the exact geometry of a video is. */
export const groundTruthFolder =
  (egoClip: string) =>
  (videoUid: string): string =>
    join(egoClip, 'ground-truth', videoUid);

/** How our detector learns, on the exact labels of the clips' videos. */
export const detectorTrainingSettings = z.strictObject({
  network: centreNetConfigSchema,
  /** labelled frames to learn from, drawn from all; null: all */
  maxFrames: count.nullable(),
  training: trainingSettings,
});
export type DetectorTrainingSettings = z.infer<typeof detectorTrainingSettings>;

/** Step "detect". */
export const detectorSettings = z.discriminatedUnion('kind', [
  /** the synthetic world's labels */
  z.strictObject({ kind: z.literal('world') }),
  /** a file of detections a clip, as the authors' generator writes them */
  z.strictObject({ kind: z.literal('files'), folder: z.string() }),
  /** our detector: one trained before, or null: the one that is trained here */
  z.strictObject({ kind: z.literal('trained'), folder: z.string().nullable() }),
]);
export type DetectorSettings = z.infer<typeof detectorSettings>;

/** @param trainedHere folder of the detector that this run trained; null: none */
export function openDetector(
  settings: DetectorSettings,
  egoClip: string,
  trainedHere: string | null,
): HandObjectDetector {
  switch (settings.kind) {
    case 'world':
      return worldDetector(groundTruthFolder(egoClip));
    case 'files':
      return folderDetector(resolveFromRoot(settings.folder));
    case 'trained': {
      const folder = settings.folder === null ? trainedHere : resolveFromRoot(settings.folder);
      if (folder !== null) return loadDetector(folder);
      throw new UserError({
        what: 'expected the folder of a detector, or enrich.detectorTraining to train one',
        where: 'enrich.detector',
        mend: 'name a folder that holds detector.json, such as artifacts/micro/enrich/detector',
      });
    }
  }
}

/** Who detects in the images of VISOR-HOS: `trained`'s null is the detector of stage `enrich`; files are `<image name>/0.npy`. */
export const visorDetectorSettings = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('files'), folder: z.string() }),
  z.strictObject({ kind: z.literal('trained'), folder: z.string().nullable() }),
]);

export const openVisorDetector = (
  settings: z.infer<typeof visorDetectorSettings>,
  ofEnrich: string,
): HandObjectDetector =>
  settings.kind === 'files'
    ? folderDetector(resolveFromRoot(settings.folder))
    : loadDetector(settings.folder === null ? ofEnrich : resolveFromRoot(settings.folder));

/** Step "track". */
export const trackerSettings = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('memory'),
    maxSide: count,
    memoryFrames: z.number().int().nonnegative(),
    reach: z.number().positive().max(1),
    topK: count,
  }),
  /** masks that SAM 2 made elsewhere, in the authors' layout */
  z.strictObject({ kind: z.literal('sam2-files'), folder: z.string() }),
]);

export const openTracker = (settings: z.infer<typeof trackerSettings>): MaskTracker =>
  settings.kind === 'memory' ? memoryTracker(settings) : sam2FileTracker(resolveFromRoot(settings.folder));

/** Step "generate". */
export const generatorSettings = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('grammar') }),
  /** a model folder or GGUF file */
  z.strictObject({ kind: z.literal('language-model'), weights: z.string(), maxNewTokens: count }),
]);

export const enrichSettings = z.strictObject({
  detector: detectorSettings,
  /** train our detector, measure it on held-out takes and keep it for `egolab enrich`; null: don't */
  detectorTraining: detectorTrainingSettings.nullable().default(null),
  tracker: trackerSettings,
  generator: generatorSettings,
  /** which frame starts tracking, and how things are pointed out in it: paper and released code differ */
  promptFrame: z.enum(promptFrameRules),
  prompts: z.enum(promptStyles),
  /** frames of a clip */
  numFrames: count,
});
export type EnrichSettings = z.infer<typeof enrichSettings>;

/** The engine around a detector. */
export function engineOf(
  { tracker, generator, promptFrame, prompts }: EnrichSettings,
  detector: HandObjectDetector,
): EnrichmentEngine {
  return {
    detector,
    tracker: openTracker(tracker),
    generator:
      generator.kind === 'grammar'
        ? grammarGenerator
        : languageModelGenerator(loadLanguageModel(resolveFromRoot(generator.weights)), {
            maxNewTokens: generator.maxNewTokens,
            name: generator.weights,
          }),
    settings: { promptFrame, prompts },
  };
}
