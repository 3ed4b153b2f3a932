import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createDualEncoder, dualEncoderConfigSchema, saveDualEncoder } from '@egolab/dual-encoder';
import { Random, readNpy, UserError, writeNpy } from '@egolab/foundation';
import { tf } from '@egolab/runtime';
import { writeVideo } from '@egolab/video';
import { afterAll, describe, expect, it } from 'vitest';
import { embed } from './embed.ts';

// made by tools/parity/clip_folder.py from transformers' CLIPModel, CLIPImageProcessor (PIL) and CLIPTokenizer
const model = fileURLToPath(new URL('../../../libs/dual-encoder/src/fixtures/clip-folder', import.meta.url));
const at = (name: string) => join(model, name);
const out = mkdtempSync(join(tmpdir(), 'egolab-embed-'));
const own = (name: string) => join(out, name);
afterAll(() => rmSync(out, { recursive: true, force: true }));

const values = (path: string) => readNpy(path).data as Float32Array;
function expectUnit(path: string, count: number, width: number) {
  const { dtype, shape, data } = readNpy(path);
  expect({ dtype, shape }).toEqual({ dtype: 'float32', shape: [count, width] });
  for (let row = 0; row < count; row++)
    expect(Math.hypot(...(data as Float32Array).slice(row * width, (row + 1) * width))).toBeCloseTo(1, 5);
}

describe('egolab embed', () => {
  it('gives the embeddings of transformers for a CLIP folder', async () => {
    const before = tf.memory().numTensors;
    const files = await embed({ model, images: at('images.npy'), texts: at('texts.txt'), out });
    expect(Object.keys(files)).toEqual(['image_embeds', 'text_embeds']);
    for (const [name, count] of [
      ['image_embeds', 3],
      ['text_embeds', 4],
    ] as const) {
      expectUnit(files[name].path, count, 10);
      const expected = values(at(`${name}.npy`));
      values(files[name].path).forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThan(1e-4));
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it("gives a video the mean of its frames' embeddings, by an image model", async () => {
    // four frames that stand still are one image; x264 without loss keeps grey exactly
    const grey = new Uint8Array(4 * 32 * 32 * 3).fill(128);
    await writeVideo(own('grey.mp4'), { data: grey, numFrames: 4, height: 32, width: 32 }, { fps: 4, crf: 0 });
    writeNpy(own('grey.npy'), [1, 32, 32, 3], grey.slice(0, 32 * 32 * 3));
    writeFileSync(own('videos.txt'), 'grey.mp4\ngrey.mp4\n');
    const { video_embeds, image_embeds } = await embed({
      model,
      images: own('grey.npy'),
      videos: own('videos.txt'),
      out,
    });
    expectUnit(video_embeds.path, 2, 10);
    const image = values(image_embeds.path);
    values(video_embeds.path).forEach((value, i) => expect(Math.abs(value - image[i % 10])).toBeLessThan(0.05));
  });

  it('reads a dual encoder of ours: a standing video is an image', async () => {
    const small = { hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 2 };
    const config = dualEncoderConfigSchema.parse({
      vision_config: { ...small, image_size: 16, patch_size: 8, num_frames: 2 },
      text_config: { ...small, vocab_size: 522, max_position_embeddings: 8, eos_token_id: 521, causal: false },
      projection_dim: 6,
    });
    const p = createDualEncoder(config, new Random(2));
    saveDualEncoder(out, config, p);
    p.dispose();
    for (const name of readdirSync(model).filter((file) => file.startsWith('tokenizer')))
      copyFileSync(at(name), own(name));
    const files = await embed({
      model: out,
      images: own('grey.npy'),
      videos: own('videos.txt'),
      texts: at('texts.txt'),
      out: own('own'),
    });
    expectUnit(files.text_embeds.path, 4, 6);
    const image = values(files.image_embeds.path);
    values(files.video_embeds.path).forEach((value, i) => expect(Math.abs(value - image[i % 6])).toBeLessThan(0.05));
  });

  it.each<[string, () => object, RegExp]>([
    ['nothing to embed', () => ({}), /^nothing to embed/],
    [
      'floating images',
      () => ({ images: float() }),
      /expected uint8 \[n, height, width, 3\], got float32 \[1, 2, 2, 3\]/,
    ],
    ['a cut file', () => ({ images: cut() }), /cut\.npy: expected \d+ bytes/],
    ['an empty list', () => ({ texts: text('empty.txt', '') }), /empty\.txt: expected a line/],
    [
      'a missing video',
      () => ({ videos: text('list.txt', 'grey.mp4\nnone.mp4\n') }),
      /list\.txt, line 2: there is no video none\.mp4/,
    ],
    ['a folder without a model', () => ({ model: tmpdir(), texts: at('texts.txt') }), /config\.json/],
    [
      'another tokenizer',
      () => ({ model: mixed(), texts: at('texts.txt') }),
      /tokenizer\.json: the tokenizer has 522 entries/,
    ],
  ])('answers %s with one message', async (_, options, message) => {
    const failure = await embed({ model, out, ...options() }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(UserError);
    expect((failure as UserError).message).toMatch(message);
  });
});

function text(name: string, content: string): string {
  writeFileSync(own(name), content);
  return own(name);
}

function float(): string {
  writeNpy(own('float.npy'), [1, 2, 2, 3], new Float32Array(12));
  return own('float.npy');
}

function cut(): string {
  writeFileSync(own('cut.npy'), readFileSync(at('images.npy')).subarray(0, 500));
  return own('cut.npy');
}

/** The tokenizer of the fixture beside a model with another end token. */
function mixed(): string {
  const folder = mkdtempSync(join(out, 'mixed-'));
  for (const name of readdirSync(model)) copyFileSync(at(name), join(folder, name));
  const config = JSON.parse(readFileSync(at('config.json'), 'utf8')) as { text_config: { eos_token_id: number } };
  config.text_config.eos_token_id = 7;
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  return folder;
}
