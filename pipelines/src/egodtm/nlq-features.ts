import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadParameters, openCheckpoint } from '@egolab/checkpoints';
import { clipText, textIds, videoTower } from '@egolab/dual-encoder';
import type { NlqQuery } from '@egolab/ego-data';
import { readJsonFile, UserError } from '@egolab/foundation';
import { valuesOf } from '@egolab/runtime';
import { bert, bertConfigSchema, bertParameters } from '@egolab/sentence-encoder';
import { loadTokenizer } from '@egolab/tokenizers';
import type { VideoFeatures } from '@egolab/vslnet';
import { z } from 'zod';
import { resolveFromRoot } from './engine/paths.ts';
import { videoRows, type FrozenEncoder } from './frozen.ts';
import type { DualEncoder } from './model.ts';

/**
 * Features of each clip of Ego4D: the class embedding of every `1 / rate` seconds, of as many frames as the encoder takes. EgoVLP
 * takes embeddings of the joint space before they are scaled to length one; ours are trained at that length, where VSLNet's position
 * table of unit variance drowns them.
 *
 * @param root holds `clips/<clip uid>.mp4`
 * @throws UserError for a clip whose video is missing: a benchmark is scored whole
 */
export async function nlqVideoFeatures(
  frozen: FrozenEncoder,
  root: string,
  queries: readonly NlqQuery[],
  rate: number,
): Promise<Map<string, VideoFeatures>> {
  const clips = [...new Map(queries.map((query) => [query.clipUid, query])).values()];
  const windows = clips.map((clip) => {
    const media = videoOf(root, clip.clipUid);
    const count = Math.max(1, Math.trunc((clip.clipEnd - clip.clipStart) * rate));
    return Array.from({ length: count }, (_, i) => ({ media, start: i / rate, end: (i + 1) / rate }));
  });
  const { encoder, config } = frozen.model;
  const { data, width } = await videoRows(
    frozen,
    windows.flat(),
    'Ego4D NLQ: features',
    (pixels) => videoTower(encoder, config.vision_config, pixels).classEmbedding,
  );
  let row = 0;
  return new Map(
    clips.map(({ clipUid }, i) => {
      const [begin, end] = [row, (row += windows[i].length)];
      return [clipUid, { data: data.slice(begin * width, end * width), length: end - begin, dim: width }];
    }),
  );
}

function videoOf(root: string, clipUid: string): string {
  const path = join(root, 'clips', `${clipUid}.mp4`);
  if (existsSync(path)) return path;
  throw new UserError({
    what: `the video of clip ${clipUid} is missing`,
    where: path,
    mend: 'download the clips of Ego4D’s episodic memory benchmark: all are trained on and scored',
  });
}

/** What reads the queries, frozen. */
export const queryEncoderSettings = z.discriminatedUnion('kind', [
  /** the dual encoder's own text tower: its states after the last norm (EgoVLP's README tells of such a run) */
  z.strictObject({ kind: z.literal('text-tower') }),
  /** a BERT in Hugging Face format; the paper's is bert-base-uncased */
  z.strictObject({ kind: z.literal('bert'), folder: z.string() }),
]);

/** Token features of a query, `[length, dim]`. */
export type QueryFeatures = VideoFeatures;

/** Features of the distinct texts. */
export function queryFeatures(
  settings: z.infer<typeof queryEncoderSettings>,
  model: DualEncoder,
  texts: readonly string[],
): Map<string, QueryFeatures> {
  const distinct = [...new Set(texts)];
  const encode = settings.kind === 'text-tower' ? ofTextTower(model) : ofBert(resolveFromRoot(settings.folder));
  const features = new Map(distinct.map((text) => [text, encode.features(text)]));
  encode.dispose();
  return features;
}

interface QueryEncoder {
  features(text: string): QueryFeatures;
  dispose(): void;
}

function ofTextTower({ config, encoder, tokenizer }: DualEncoder): QueryEncoder {
  const { text_config } = config;
  const { causal, max_position_embeddings: length } = text_config;
  return {
    features(text) {
      const [own] = textIds(tokenizer, [text], { length, padding: 'longest' });
      const ids = causal ? [own] : textIds(tokenizer, [text], { length, padding: 'length' });
      const all = valuesOf(() => clipText(encoder, text_config, ids, { causal }).lastHidden);
      const dim = text_config.hidden_size;
      return { data: all.slice(0, own.length * dim), length: own.length, dim };
    },
    dispose() {},
  };
}

/** Heads and buffers that BERT's own states don't need. */
const UNREAD = /(embeddings\.position_ids|pooler\.|^cls\.)/;

function ofBert(folder: string): QueryEncoder {
  const parsed = bertConfigSchema.safeParse(readJsonFile(join(folder, 'config.json'), 'name the folder of a BERT'));
  if (!parsed.success)
    throw new UserError({
      what: `${parsed.error.issues[0].path.join('.')}: ${parsed.error.issues[0].message}`,
      where: join(folder, 'config.json'),
      mend: 'name a folder with a BertModel, such as bert-base-uncased',
    });
  const config = parsed.data;
  const tokenizer = loadTokenizer(folder);
  const checkpoint = openCheckpoint(folder);
  try {
    const names = checkpoint.names();
    const prefix = names.some((name) => name.startsWith('bert.')) ? 'bert' : undefined;
    // files from before 2019's transformers name a norm's parameters as TensorFlow does
    const old = names.some((name) => name.endsWith('LayerNorm.gamma'));
    const rename = (name: string) =>
      old ? name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta') : name;
    const parameters = loadParameters(bertParameters(config), checkpoint, { prefix, rename, ignoreExtra: UNREAD });
    return {
      features(text) {
        const ids = tokenizer.encode(text).slice(0, config.max_position_embeddings);
        const data = valuesOf(() => bert(parameters, config, [ids]));
        return { data, length: ids.length, dim: config.hidden_size };
      },
      dispose: () => parameters.dispose(),
    };
  } finally {
    checkpoint.close();
  }
}
