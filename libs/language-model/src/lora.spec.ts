import { copyFileSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { loadParameters, openCheckpoint } from '@egolab/checkpoints';
import { Random, readJsonFile } from '@egolab/foundation';
import { crossEntropy, valueAndGrads } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { afterAll, describe, expect, it } from 'vitest';
import {
  ALL_DECODER_LINEARS, createLora, embedTokens, llama, type LlamaInputs, llamaConfigSchema, llamaParameters, loadAdapter, logits,
  loraParameters, loraTargets, mergeLora, parseLlamaConfig, saveAdapter, unmergeLora,
} from './index.ts'; // prettier-ignore

const path = (relative: string) => fileURLToPath(new URL(`fixtures/${relative}`, import.meta.url));
const config = parseLlamaConfig(readJsonFile(path('mistral/config.json')), 'mistral');
const parameters = loadParameters(llamaParameters(config), openCheckpoint(path('mistral')));
const adapter = loadAdapter(path('lora'), config);
const expected = openCheckpoint(path('lora-expected.safetensors'));
const ids = tf.tensor2d(
  Int32Array.from(openCheckpoint(path('mistral-expected.safetensors')).read('ids')),
  [2, 12],
  'int32',
);

afterAll(() => {
  parameters.dispose();
  adapter.parameters.dispose();
  ids.dispose();
});

function modelLogits(inputs: Partial<LlamaInputs>): Tensor {
  return logits(parameters, config, llama(parameters, config, { embeddings: embedTokens(parameters, ids), ...inputs }));
}

function largestDifference(values: Float32Array, reference: Float32Array): number {
  return values.reduce((most, value, i) => Math.max(most, Math.abs(value - reference[i])), 0);
}

const values = (f: () => Tensor) => tf.tidy(() => f().dataSync<'float32'>().slice());

describe('LoRA against peft', () => {
  it('gives the same logits', () => {
    expect(
      largestDifference(
        values(() => modelLogits({ lora: { adapter } })),
        expected.read('logits'),
      ),
    ).toBeLessThan(1e-5);
  });

  it.each([false, true])('gives A and B the same gradients (gradient checkpointing: %s)', (gradientCheckpointing) => {
    const loss = () => {
      const scores = tf.slice(modelLogits({ lora: { adapter }, gradientCheckpointing }), [0, 0, 0], [2, 11, 64]);
      return crossEntropy(tf.reshape(scores, [22, 64]), tf.reshape(tf.slice(ids, [0, 1], [2, 11]), [22])) as Scalar;
    };
    tf.tidy(() => {
      const { grads } = valueAndGrads(loss, adapter.parameters.variables.values());
      for (const [name, variable] of adapter.parameters.variables) {
        const gradient = grads.get(variable.name)!.dataSync<'float32'>();
        expect(largestDifference(gradient, expected.read(`grad.${name}`)), name).toBeLessThan(1e-5);
      }
    });
  });

  it('merges to the same weights, and unmerges to the bit', () => {
    const before = parameters.digest();
    const replaced = mergeLora(parameters, adapter);
    for (const name of expected.names().filter((name) => name.startsWith('merged.'))) {
      const merged = parameters.get(name.slice('merged.'.length)).dataSync<'float32'>();
      expect(largestDifference(merged, expected.read(name)), name).toBeLessThan(1e-6);
    }
    expect(
      largestDifference(
        values(() => modelLogits({})),
        expected.read('logits'),
      ),
    ).toBeLessThan(1e-5);
    unmergeLora(parameters, replaced);
    expect(parameters.digest()).toBe(before);
  });

  it('of another model is refused by the name of its file', () => {
    const shallower = { ...config, num_hidden_layers: 1 };
    expect(() => loadAdapter(path('lora'), shallower)).toThrow(
      /adapter_model\.safetensors: the adapter is of another model: this one has no linear model\.layers\.1\./,
    );
  });
});

describe('a fresh adapter', () => {
  const lora = { rank: 4, alpha: 8, dropout: 0.5, targets: ALL_DECODER_LINEARS };

  it('changes nothing at first: B is zero, A within 1 / sqrt(in)', () => {
    const fresh = createLora(config, lora, new Random(1));
    expect(values(() => modelLogits({ lora: { adapter: fresh } }))).toEqual(values(() => modelLogits({})));
    const a = fresh.parameters.get('model.layers.0.mlp.down_proj.lora_A.weight').dataSync<'float32'>();
    const largest = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest).toBeLessThan(48 ** -0.5);
    expect(largest).toBeGreaterThan(0.8 * 48 ** -0.5);
    fresh.parameters.dispose();
  });

  it('drops out by the seed, alike with gradient checkpointing', () => {
    const active = (seed: number) => ({
      adapter: { ...adapter, config: { ...adapter.config, dropout: 0.5 } },
      dropout: new Random(seed),
    });
    const run = (seed: number) => values(() => modelLogits({ lora: active(seed) }));
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    const gradient = (gradientCheckpointing: boolean) =>
      values(() => {
        const variables = [...adapter.parameters.variables.values()];
        const f = () => tf.sum(tf.square(modelLogits({ lora: active(1), gradientCheckpointing }))) as Scalar;
        return valueAndGrads(f, variables).grads.get(variables[0].name)!;
      });
    const plain = gradient(false);
    expect(largestDifference(gradient(true), plain)).toBeLessThan(
      1e-4 * plain.reduce((most, x) => Math.max(most, Math.abs(x)), 0),
    );
  });

  it('has the parameters of the paper: Mistral-7B, seven linears, rank 128', () => {
    const mistral7B = llamaConfigSchema.parse({ intermediate_size: 14336, num_key_value_heads: 8 });
    const specs = loraParameters(mistral7B, { rank: 128, targets: ALL_DECODER_LINEARS });
    const count = Object.values(specs).reduce((sum, { shape }) => sum + shape[0] * shape[1], 0);
    expect(count).toBe(335_544_320);
    expect(Object.keys(specs)).toHaveLength(2 * 7 * 32);
  });
});

describe('targets', () => {
  it('are whole paths', () => {
    expect(loraTargets(config, ['model.layers.*.self_attn.q_proj'])).toEqual(
      [0, 1].map((layer) => `model.layers.${layer}.self_attn.q_proj`),
    );
    for (const target of [
      'q_proj',
      '*.q_proj',
      'vision_tower.layers.*.self_attn.q_proj',
      'model.layers.*',
      'model.layers.0.self_attn.q_pro',
    ]) {
      expect(() => loraTargets(config, [target]), target).toThrow(
        /names no linear of the model; targets are full paths/,
      );
    }
  });
});

describe('adapter files', () => {
  const folder = () => mkdtempSync(join(tmpdir(), 'egolab-lora-'));

  it('come back as they were saved', () => {
    const target = folder();
    saveAdapter(target, { ...adapter, config: { ...adapter.config, targets: ALL_DECODER_LINEARS } });
    expect(readdirSync(target).sort()).toEqual(['adapter_config.json', 'adapter_model.safetensors']);
    const again = loadAdapter(target, config);
    expect(again.parameters.digest()).toBe(adapter.parameters.digest());
    expect(again.config).toEqual({ ...adapter.config, targets: loraTargets(config, ALL_DECODER_LINEARS) });
    again.parameters.dispose();
    const { target_modules } = readJsonFile(join(target, 'adapter_config.json')) as { target_modules: string };
    const pattern = new RegExp(`^(?:${target_modules})$`); // as peft matches: in full
    expect(loraTargets(config, ALL_DECODER_LINEARS).every((name) => pattern.test(name))).toBe(true);
    expect(pattern.test('model.vision_tower.layers.0.self_attn.q_proj')).toBe(false);
  });

  it('that another method made, or that lack their weights, are refused', () => {
    const target = folder();
    const settings = readJsonFile(path('lora/adapter_config.json')) as object;
    writeFileSync(join(target, 'adapter_config.json'), JSON.stringify({ ...settings, use_dora: true }));
    expect(() => loadAdapter(target, config)).toThrow(/adapter_config\.json: use_dora/);
    copyFileSync(path('lora/adapter_config.json'), join(target, 'adapter_config.json'));
    expect(() => loadAdapter(target, config)).toThrow(/adapter_model\.safetensors: there is no such file/);
    expect(() => loadAdapter(path('lora'), { ...config, intermediate_size: 40 })).toThrow(/mlp\.down_proj\.lora_A/);
  });
});
