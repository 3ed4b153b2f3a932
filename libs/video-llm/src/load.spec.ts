import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeSafetensors } from '@egolab/checkpoints';
import { loadClipVision } from '@egolab/dual-encoder';
import { Random } from '@egolab/foundation';
import { llamaConfigSchema } from '@egolab/language-model';
import { Parameters, prefixed } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { afterAll, expect, it } from 'vitest';
import { connectorParameters, initializeVisionSide, visionSideSchema } from './index.ts';
import type { VideoLlmConfig } from './index.ts';

// the tiny CLIP of libs/dual-encoder's fixtures
const clip = fileURLToPath(new URL('../../dual-encoder/src/fixtures/clip-tiny', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'egolab-video-llm-'));
afterAll(() => rmSync(folder, { recursive: true }));

const config: VideoLlmConfig = {
  ...visionSideSchema.parse({
    vision: {
      hidden_size: 24,
      intermediate_size: 48,
      num_hidden_layers: 3,
      num_attention_heads: 3,
      image_size: 16,
      patch_size: 4,
    },
    connector: { kind: 'stc_connector', depth: 1 },
    mapping: { kind: 'fully-connected', hiddenSize: 8 },
  }),
  languageModel: llamaConfigSchema.parse({ hidden_size: 8, num_attention_heads: 2 }),
};

function videoLlama2(width: number): string {
  const path = join(folder, `connector-${width}.safetensors`);
  const specs = prefixed('model.mm_projector', connectorParameters(config.connector, { vision: 24, language: width }));
  const p = Parameters.initialize(specs, new Random(7));
  writeSafetensors(
    path,
    [...p.variables].map(([name, variable]) => ({
      name,
      shape: variable.shape,
      data: () => variable.dataSync<'float32'>(),
    })),
    {},
  );
  p.dispose();
  return path;
}

it('starts both towers and the connector from released weights and draws the rest, leaking nothing', () => {
  const tower = loadClipVision(clip, 'penultimate-patches').parameters;
  const before = tf.memory().numTensors;
  const p = initializeVisionSide(config, { clip, videoLlama2: videoLlama2(8) }, new Random(1));
  for (const view of ['ego_tower', 'exo_tower'])
    for (const name of tower.names()) expect(p.digest(`${view}.${name}`)).toBe(tower.digest(name));
  const again = initializeVisionSide(config, { videoLlama2: videoLlama2(8) }, new Random(1));
  expect(again.digest('connector.s1.b1.conv1.conv.weight')).toBe(p.digest('connector.s1.b1.conv1.conv.weight'));
  expect(again.digest('mapping.F.model.0.weight')).toBe(p.digest('mapping.F.model.0.weight'));
  expect(again.digest('ego_tower.vision_model.embeddings.class_embedding')).not.toBe(
    p.digest('ego_tower.vision_model.embeddings.class_embedding'),
  );
  p.dispose();
  again.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

it('names what does not fit', () => {
  const wider = { ...config, vision: { ...config.vision, hidden_size: 48 } };
  expect(() => initializeVisionSide(wider, { clip }, new Random(1))).toThrow(
    /config.json: another vision tower: expected hidden_size 48, got 24/,
  );
  expect(() => initializeVisionSide(config, { videoLlama2: videoLlama2(10) }, new Random(1))).toThrow(
    /mm_projector\.s1\.b1\.conv3\.conv\.weight: expected \[8, 8, 1, 1\], found \[10, 10, 1, 1\]/,
  );
});
