import { join, resolve } from 'node:path';
import { z } from 'zod';
import { clipTiming, egoM2pSources, fromNineNumbers, type ClipGaze } from '@egolab/ego-data';
import { UserError } from '@egolab/foundation';
import { trajectoryPicture } from '@egolab/pictures';
import {
  cameraReconstruction,
  CameraTokenizer,
  gazeReconstruction,
  GazeTokenizer,
  codebookConfigSchema,
} from '@egolab/sequence-tokenizer';
import { readAdaptation, sequencesOf } from '../egom2p/tokenizers/adaptation.ts';
import { adaptSequenceTokenizer } from '../egom2p/tokenizers/adapt-sequence.ts';
import { tokenizerTraining } from '../egom2p/tokenizers/settings.ts';
import { pictureOutputs, writePictures } from '../pictures.ts';
import { defineStage } from '../stage.ts';
import { datasetsFolder, worldDataSettings } from '../world-datasets.ts';
import { workspace } from '../workspace.ts';

const count = z.number().int().positive();

/**
 * The tokenizers of camera and gaze on recordings that they were not trained on, such as a real one: what they lose as they are, and
 * once they have been trained on, of the clips that this used and of the last ones, which it didn't.
 */
export const adaptTokenizers = defineStage({
  name: 'adapt-tokenizers',
  title: 'Tokenizers on recordings of another source',
  paper: 'EgoM2P section 3.2',
  params: z.strictObject({
    /** the recordings' folder, in the layout of `source`; null: that source's folder among the datasets */
    root: z.string().nullable(),
    source: z.enum(egoM2pSources),
    /** clips, the last ones, that are not trained on */
    heldOutClips: count,
    /** frames from one training clip's beginning to the next one's */
    trainStride: count.max(clipTiming.frames),
    codebook: codebookConfigSchema,
    commitmentWeight: z.number().min(0),
    training: tokenizerTraining,
  }),
  sections: { 'egom2p-data': worldDataSettings },
  inputs: { data: 'egom2p-datasets', camera: 'camera-tokenizer', gaze: 'gaze-tokenizer' },
  outputs: ['camera', 'gaze', ...pictureOutputs],
  async run(context) {
    const { params, config, inputs, out, progress } = context;
    const root =
      params.root === null
        ? join(datasetsFolder(config['egom2p-data'], inputs.data, 'egom2p'), params.source)
        : resolve(workspace.root, params.root);
    const clips = await readAdaptation(root, params, progress);
    const cameras = sequencesOf(clips, ({ camera }) => camera);
    const gazes = sequencesOf(clips, ({ gaze }) => gaze);
    if (cameras.seen.clips.length === 0 || cameras.heldOut.clips.length === 0)
      throw new UserError({
        what: `expected more than ${params.heldOutClips} clips with a camera`,
        where: root,
        mend: 'lower adapt-tokenizers.heldOutClips, or name a longer recording',
      });
    const camera = CameraTokenizer.load(inputs.camera);
    const before = camera.detokenize(camera.tokenize(cameras.heldOut.clips));
    const ofCamera = await adaptSequenceTokenizer(context, camera, cameras, cameraReconstruction);
    const after = camera.detokenize(camera.tokenize(cameras.heldOut.clips));
    camera.save(out.path('camera'));
    camera.dispose();
    const gaze = GazeTokenizer.load(inputs.gaze);
    const ofGaze = await adaptSequenceTokenizer<ClipGaze>(context, gaze, gazes, gazeReconstruction);
    gaze.save(out.path('gaze'));
    gaze.dispose();
    const ways = { true: cameras.heldOut.clips[0], 'not adapted': before[0], adapted: after[0] };
    const title = `Camera through its tokens: ${params.source}`;
    const seen = `the camera's way in ${cameras.heldOut.keys[0]}, a clip that nothing was trained on: ${Object.keys(ways).join(', ')}`;
    const drawn = Object.entries(ways).map(([name, nine]) => ({ name, poses: fromNineNumbers(nine) }));
    writePictures(out, [
      {
        name: 'camera',
        title,
        caption: `In 3D, ${seen}. Pyramids show where the camera looks.`,
        alt: `Drawing of ${seen}.`,
        bytes: trajectoryPicture(title, drawn),
      },
    ]);
    return { metrics: { camera: ofCamera, gaze: ofGaze } };
  },
});
