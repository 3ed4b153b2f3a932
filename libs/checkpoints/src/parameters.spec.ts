import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random, UserError } from '@egolab/foundation';
import { init, Parameters, type ParameterSpecs } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { describe, expect, it } from 'vitest';
import { loadParameters, openCheckpoint, saveParameters } from './index.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'egolab-parameters-'));
const specs: ParameterSpecs = {
  'embed.weight': { shape: [5, 4], init: init.normal(1) },
  'head.weight': { shape: [2, 4], init: init.normal(1) },
  'head.bias': { shape: [2], init: init.zeros() },
};

function saved(path: string, options = {}): Parameters {
  const parameters = Parameters.initialize(specs, new Random(1));
  saveParameters(path, parameters, { model: 'test' }, options);
  return parameters;
}

describe('saveParameters and loadParameters', () => {
  it('bring back the same bits, from a file and from shards, and leak nothing', () => {
    const before = tf.memory().numTensors;
    for (const [path, options] of [
      [join(folder(), 'a.safetensors'), {}],
      [folder(), {}],
      [folder(), { maxShardBytes: 50 }],
    ] as const) {
      const parameters = saved(path, options);
      const checkpoint = openCheckpoint(path);
      const loaded = loadParameters(specs, checkpoint);
      checkpoint.close();
      expect(loaded.digest()).toBe(parameters.digest());
      expect(checkpoint.metadata).toEqual({ format: 'pt', model: 'test' });
      loaded.dispose();
      parameters.dispose();
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('rounds to a smaller dtype on request', () => {
    const path = folder();
    saved(path, { dtype: 'BF16' }).dispose();
    const checkpoint = openCheckpoint(path);
    expect(readdirSync(path)).toEqual(['model.safetensors']);
    expect(checkpoint.info('embed.weight')).toEqual({ name: 'embed.weight', dtype: 'BF16', shape: [5, 4] });
  });

  it('finds parameters under a prefix and by other names', () => {
    const path = folder();
    const parameters = saved(path);
    const checkpoint = openCheckpoint(path);
    const head = loadParameters({ kernel: specs['head.weight'] }, checkpoint, {
      prefix: 'head',
      rename: () => 'weight',
      ignoreExtra: /bias$/,
    });
    expect(head.digest('kernel')).toBe(parameters.digest('head.weight'));
  });

  it('name everything that does not fit in one error', () => {
    const path = folder();
    saved(path).dispose();
    const other: ParameterSpecs = {
      'embed.weight': { shape: [5, 3], init: init.zeros() },
      'head.wieght': { shape: [2, 4], init: init.zeros() },
      ...Object.fromEntries(
        Array.from({ length: 12 }, (_, i) => [`layers.${i}.mlp.down_proj.weight`, { shape: [1], init: init.zeros() }]),
      ),
    };
    const checkpoint = openCheckpoint(path);
    let error: unknown;
    try {
      loadParameters(other, checkpoint, { ignoreExtra: /bias/ });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).where).toBe(join(path, 'model.safetensors'));
    expect((error as UserError).what).toMatchInlineSnapshot(`
      "the tensors are not those of the model
        missing (13):
          head.wieght (there is "head.weight")
          layers.0.mlp.down_proj.weight
          layers.1.mlp.down_proj.weight
          layers.2.mlp.down_proj.weight
          layers.3.mlp.down_proj.weight
          layers.4.mlp.down_proj.weight
          layers.5.mlp.down_proj.weight
          layers.6.mlp.down_proj.weight
          layers.7.mlp.down_proj.weight
          layers.8.mlp.down_proj.weight
          … and 3 more
        of another shape (1):
          embed.weight: expected [5, 3], found [5, 4]
        unknown to the model (1):
          head.weight"
    `);
  });
});
