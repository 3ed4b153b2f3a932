import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Scalar } from '@tensorflow/tfjs-node-gpu';
import { trace } from '@egolab/cost-model';
import { clipVision, clipVisionConfigSchema, clipVisionParameters } from '@egolab/dual-encoder';
import { embedTokens, llama, llamaParameters, logits, parseLlamaConfig } from '@egolab/language-model';
import { maskedModelConfigSchema, maskedModelParameters, paperModalities } from '@egolab/masked-model';
import { valueAndGrads } from '@egolab/nn';
import { fusedKernels, tf } from '@egolab/runtime';

/** What PyTorch counts (tools/parity/cost_model.py). */
const torch = JSON.parse(readFileSync(new URL('fixtures/known-models.json', import.meta.url), 'utf8')) as {
  vitB16: { batch: number; parameters: number; forward: number; forwardBackward: number };
  mistral7b: { length: number; parameters: number; forward: number };
};

it('ViT-B/16 has the parameters and FLOPs that PyTorch counts, forwards and backwards', () => {
  const config = clipVisionConfigSchema.parse({
    hidden_size: 768,
    intermediate_size: 3072,
    num_hidden_layers: 12,
    num_attention_heads: 12,
    image_size: 224,
    patch_size: 16,
  });
  const counted = trace((tracing) => {
    const p = tracing.parameters(clipVisionParameters(config));
    const loss = () =>
      tf.sum(clipVision(p, config, tf.zeros([torch.vitB16.batch, 224, 224, 3]), { output: 'last-hidden' }));
    const forward = tracing.measure(() => tf.tidy(() => void loss())).flops;
    const forwardBackward = tracing.measure(() =>
      tf.tidy(() => void valueAndGrads(() => loss() as Scalar, p.variables.values())),
    ).flops;
    const parameters = p.count();
    p.dispose();
    return { batch: torch.vitB16.batch, parameters, forward, forwardBackward };
  });
  // our kernel computes the scores again in the backward pass, as flash attention does; PyTorch's count is of attention that keeps them
  const scores = torch.vitB16.batch * config.num_attention_heads * 197 ** 2 * 64;
  const again = fusedKernels ? config.num_hidden_layers * 2 * scores : 0;
  expect(counted).toEqual({ ...torch.vitB16, forwardBackward: torch.vitB16.forwardBackward + again });
});

it('Mistral-7B has the parameters and FLOPs that PyTorch counts', () => {
  const config = parseLlamaConfig({ model_type: 'mistral', vocab_size: 32000, sliding_window: null }, 'Mistral-7B');
  const { length } = torch.mistral7b;
  const counted = trace((tracing) => {
    const p = tracing.parameters(llamaParameters(config));
    const { flops } = tracing.measure(() =>
      tf.tidy(() => {
        const embeddings = embedTokens(p, tf.zeros([1, length], 'int32'));
        logits(p, config, llama(p, config, { embeddings }));
      }),
    );
    const parameters = p.count();
    p.dispose();
    return { parameters, flops };
  });
  expect(counted).toEqual({ parameters: torch.mistral7b.parameters, flops: torch.mistral7b.forward });
});

it("EgoM2P's masked model has the paper's 400 M parameters", () => {
  const config = maskedModelConfigSchema.parse({ modalities: paperModalities });
  const parameters = trace((tracing) => {
    const p = tracing.parameters(maskedModelParameters(config));
    const count = p.count();
    p.dispose();
    return count;
  });
  expect(parameters / 1e6).toBeCloseTo(396.2, 1);
});
