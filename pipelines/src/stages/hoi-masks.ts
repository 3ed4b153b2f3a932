import { join } from 'node:path';
import { z } from 'zod';
import {
  overlayMasks,
  promptStyles,
  segmentFrame,
  type ClipFrames,
  type Issues,
  type SegmentedInstance,
} from '@egolab/caption-enrichment';
import { scoreHoiMasks, type HoiMaskScores } from '@egolab/benchmarks';
import type { DetectedInstance } from '@egolab/ego-data';
import { centreCrop } from '@egolab/video';
import { openTracker, openVisorDetector, trackerSettings, visorDetectorSettings } from '../egodtm/engine/settings.ts';
import { framesPicture, spread, type Square } from '../egodtm/paint.ts';
import {
  cocoResults,
  detectedInstances,
  readVisor,
  readVisorImage,
  segmentTrueBoxes,
  trueInstances,
} from '../egodtm/visor.ts';
import { pictureOutputs, writePictures } from '../pictures.ts';
import { defineStage } from '../stage.ts';
import { datasetsFolder, worldDataSettings } from '../world-datasets.ts';

const RESULTS = 'hoi-masks.json';

/** Images of the picture. */
const SHOWN = 6;

/**
 * Hand-object masks on VISOR (Table 6): the engine's detector and tracker in each validation image, scored by COCO's average
 * precision. Nothing is trained on VISOR.
 */
export const hoiMasks = defineStage({
  name: 'hoi-masks',
  title: 'Hand and object masks of the engine',
  paper: 'EgoDTM section 4.4, Table 6',
  params: z.strictObject({
    detector: visorDetectorSettings,
    tracker: trackerSettings,
    prompts: z.enum(promptStyles),
  }),
  sections: { 'egodtm-data': worldDataSettings },
  inputs: { data: 'egodtm-datasets', engine: 'enrich' },
  outputs: [RESULTS, ...pictureOutputs],
  seeded: false,
  async run({ params, config, inputs, out, progress, signal }) {
    const root = join(datasetsFolder(config['egodtm-data'], inputs.data, 'egodtm'), 'visor-hos');
    const split = readVisor(root, 'val');
    const detector = openVisorDetector(params.detector, join(inputs.engine, 'detector'));
    const tracker = openTracker(params.tracker);
    const issues: Issues = new Map();
    const found: DetectedInstance[] = [];
    const ofTrueBoxes: DetectedInstance[] = [];
    const shown = new Set(spread(split.images, SHOWN));
    const pictures: { engine: Square<Uint8Array>; truth: Square<Uint8Array> }[] = [];
    const skipped: Record<string, number> = {};
    const phase = progress.phase(`masks of VISOR (${detector.name}, ${tracker.name})`, split.images.length);
    for (const image of split.images) {
      signal.throwIfAborted();
      const clip = await readVisorImage(image);
      const truths = trueInstances(split, image);
      const result = await segmentFrame({ detector, tracker }, params.prompts, clip, issues);
      const instances = 'skipped' in result ? [] : result;
      if ('skipped' in result) skipped[result.skipped] = (skipped[result.skipped] ?? 0) + 1;
      found.push(...detectedInstances(split, image, instances));
      ofTrueBoxes.push(...detectedInstances(split, image, await segmentTrueBoxes(tracker, clip, truths, issues)));
      if (shown.has(image)) pictures.push({ engine: drawn(clip, instances), truth: drawn(clip, truths) });
      phase.advance();
    }
    phase.end();
    detector.dispose?.();
    out.write(RESULTS, `${JSON.stringify(cocoResults(split.images, found))}\n`);
    writePictures(out, [
      {
        name: 'masks',
        title: 'Masks of hands and objects',
        caption:
          'Columns are validation images. Above: masks by detector and tracker; below: true masks. Hands are cyan, objects in contact with them magenta.',
        alt: 'Images with predicted and true masks of hands and objects.',
        bytes: framesPicture([pictures.map(({ engine }) => engine), pictures.map(({ truth }) => truth)]),
      },
    ]);
    return {
      metrics: {
        ...defined(scoreHoiMasks(split.truth, found)),
        trueBoxes: defined(scoreHoiMasks(split.truth, ofTrueBoxes)),
        images: split.images.length,
        instances: split.truth.masks.length,
        detections: found.length,
        skipped,
        onTheWay: Object.fromEntries(issues),
      },
    };
  },
});

/** The middle square of an image with masks. */
function drawn({ data, height, width }: ClipFrames, instances: readonly SegmentedInstance[]): Square<Uint8Array> {
  const side = Math.min(height, width);
  return { data: centreCrop({ data: overlayMasks(data, instances), height, width }, side, side).data, side };
}

/** Scores of the categories that the truth has. */
const defined = (scores: HoiMaskScores): Record<string, number> =>
  Object.fromEntries(Object.entries(scores).filter(([, value]) => !Number.isNaN(value)));
