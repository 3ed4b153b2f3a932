import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { trainBytePairs } from '@egolab/tokenizers';
import { describe, expect, it } from 'vitest';
import { generateText, loadLanguageModel, parseLlamaConfig } from './index.ts';

const mistral = fileURLToPath(new URL('fixtures/mistral', import.meta.url));
const readConfig = () => JSON.parse(readFileSync(join(mistral, 'config.json'), 'utf8')) as Record<string, unknown>;

/** The tiny Mistral as a whole folder; its 64 entries hold no byte-level vocabulary, so words are tokens. */
function folder(changes: Record<string, unknown> = {}, files: Record<string, object> = {}): string {
  const target = mkdtempSync(join(tmpdir(), 'egolab-language-model-'));
  cpSync(mistral, target, { recursive: true });
  const write = (name: string, content: object) => writeFileSync(join(target, name), JSON.stringify(content));
  write('config.json', { ...readConfig(), ...changes });
  write('tokenizer.json', wordTokenizer());
  write('tokenizer_config.json', {
    bos_token: '<s>',
    eos_token: '</s>',
    chat_template: "{{ bos_token }}{% for m in messages %}{{ m['content'] }} {% endfor %}",
  });
  for (const [name, content] of Object.entries(files)) write(name, content);
  return target;
}

function wordTokenizer(): object {
  const vocab = Object.fromEntries(
    ['<unk>', '<s>', '</s>', ...Array.from({ length: 61 }, (_, i) => `w${i}`)].map((token, id) => [token, id]),
  );
  const bos = { SpecialToken: { id: '<s>', type_id: 0 } };
  return {
    ...trainBytePairs([], { vocabSize: 259, specialTokens: ['<unk>', '<s>', '</s>'] }),
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [bos, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
    },
    decoder: null,
    model: {
      type: 'WordPiece',
      unk_token: '<unk>',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}

describe('loadLanguageModel', () => {
  it('reads a folder; generation_config.json names the end tokens', () => {
    const model = loadLanguageModel(folder({}, { 'generation_config.json': { eos_token_id: [2, 7] } }));
    expect(model.eosIds).toEqual([2, 7]);
    expect(model.config).toMatchObject({ num_key_value_heads: 2, sliding_window: null, rope_theta: 10000 });
    expect(model.parameters.count()).toBe(19_616);
    model.parameters.dispose();
  });

  it('names the tensors of another shape', () => {
    expect(() => loadLanguageModel(folder({ intermediate_size: 40 }))).toThrow(
      /mlp\.down_proj\.weight: expected \[32, 40\], found \[32, 48\]/,
    );
  });

  it('says what is missing', () => {
    expect(() => loadLanguageModel('nowhere')).toThrow(/nowhere: there is no such folder or file/);
    expect(() => loadLanguageModel(mkdtempSync(join(tmpdir(), 'egolab-empty-')))).toThrow(
      /config\.json: there is no such file/,
    );
    expect(() => loadLanguageModel(join(mistral, 'model.safetensors'))).toThrow(
      /expected a model folder or a GGUF file/,
    );
  });
});

describe('parseLlamaConfig', () => {
  it('takes each architecture by its own defaults', () => {
    expect(parseLlamaConfig({ model_type: 'llama' }, 'c')).toMatchObject({
      num_key_value_heads: 32,
      head_dim: 128,
      sliding_window: null,
    });
    expect(parseLlamaConfig({ model_type: 'mistral' }, 'c')).toMatchObject({
      num_key_value_heads: 8,
      sliding_window: 4096,
    });
    expect(parseLlamaConfig({ model_type: 'mistral', rope_theta: 1e6, sliding_window: null }, 'c')).toMatchObject({
      rope_theta: 1e6,
      sliding_window: null,
    });
  });

  it.each([
    [{ model_type: 'qwen2' }, /model_type/],
    [{ model_type: 'llama', attention_bias: true }, /attention_bias/],
    [{ model_type: 'llama', rope_scaling: { rope_type: 'llama3' } }, /rope_scaling\.rope_type/],
    [{ model_type: 'llama', num_key_value_heads: 5 }, /expected num_attention_heads to be a multiple/],
    [{ model_type: 'llama', hidden_size: 33 }, /expected an even, whole head_dim/],
  ])('refuses what the model does not compute: %o', (json, message) => {
    expect(() => parseLlamaConfig(json, 'config.json')).toThrow(message);
  });
});

describe('generateText', () => {
  it('counts the prompt with one BOS, plain and as a chat', () => {
    const model = folder();
    const plain = generateText({ model, prompt: 'w1 w2', maxNewTokens: 4 });
    expect(plain.promptTokens).toBe(3);
    expect(plain.tokens.length).toBeLessThanOrEqual(4);
    expect(plain.text.split(' ')).toHaveLength(plain.tokens.length);
    expect(plain.tokensPerSecond).toBeGreaterThan(0);
    const chat = generateText({ model, prompt: 'w1 w2', chat: true, maxNewTokens: 4 });
    expect(chat).toMatchObject({ promptTokens: 3, tokens: plain.tokens, text: plain.text });
  });
});
