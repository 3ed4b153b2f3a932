import { join } from 'node:path';
import { z } from 'zod';
import { clipTiming, egoM2pSources, SkipLog } from '@egolab/ego-data';
import { CameraTokenizer, GazeTokenizer } from '@egolab/sequence-tokenizer';
import { VideoTokenizer } from '@egolab/video-tokenizer';
import { readSources } from '../egom2p/sources.ts';
import { noteSkipped } from '../egom2p/tokenizers/read-sequences.ts';
import { videoSettings } from '../egom2p/tokenizers/settings.ts';
import { writeTokens, type TokenizedClips } from '../egom2p/tokenizers/write-tokens.ts';
import { defineStage } from '../stage.ts';
import { datasetsFolder, worldDataSettings } from '../world-datasets.ts';

/**
 * Section 3.2. Every training clip of every source becomes tokens, once and for all: the database that the masked model is trained on.
 * What it is evaluated on is tokenized there.
 */
export const tokenize = defineStage({
  name: 'tokenize',
  title: 'Token database',
  paper: 'EgoM2P section 3.2',
  params: z.strictObject({
    /** frames from one training clip's beginning to the next one's; fewer than a clip's 60 give more clips, which overlap */
    trainStride: z.number().int().positive().max(clipTiming.frames),
  }),
  sections: { 'egom2p-data': worldDataSettings, 'egom2p-video': videoSettings },
  inputs: {
    data: 'egom2p-datasets',
    camera: 'camera-tokenizer',
    gaze: 'gaze-tokenizer',
    video: 'video-tokenizer',
  },
  outputs: ['tokens'],
  seeded: false, // its tokenizers are
  async run({ params, config, inputs, out, progress }) {
    const root = datasetsFolder(config['egom2p-data'], inputs.data, 'egom2p');
    const tokenizers = {
      camera: CameraTokenizer.load(inputs.camera),
      gaze: GazeTokenizer.load(inputs.gaze),
      video: VideoTokenizer.load(inputs.video),
    };
    const side = config['egom2p-video'].size;
    const size = { frames: clipTiming.videoFrames, height: side, width: side };
    const train: Record<string, TokenizedClips> = {};
    const log = new SkipLog();
    for (const source of egoM2pSources) {
      const phase = progress.phase(`tokenizing ${source}`);
      const own = readSources([source], { root, split: 'train', stride: params.trainStride, log });
      const counts = await writeTokens(own, tokenizers, size, join(out.folder, 'tokens', 'train'), (done) =>
        phase.advance(done),
      );
      phase.end();
      if (Object.keys(counts).length > 0) train[source] = counts;
    }
    noteSkipped(log, progress);
    for (const tokenizer of Object.values(tokenizers)) tokenizer.dispose();
    return { metrics: { clips: { train } } };
  },
});
