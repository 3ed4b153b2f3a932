import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import reference from './fixtures/reference.json' with { type: 'json' };
import { createTokenizer, loadTokenizer, type Tokenizer, trainBytePairs } from './index.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const smolLM2 = path('../../../.egolab/models/SmolLM2-135M-Instruct.Q4_1.gguf');
const miniLM = path('../../../.egolab/models/all-MiniLM-L6-v2');
const sentencePiece = path('fixtures/sentencepiece.gguf');
const conversations = reference.conversations as { role: 'system' | 'user' | 'assistant'; content: string }[][];

function prompts(tokenizer: Tokenizer) {
  return conversations.map((messages) => {
    try {
      return [true, false].map((addGenerationPrompt) => tokenizer.applyChatTemplate(messages, { addGenerationPrompt }));
    } catch {
      return null; // the template refuses the roles
    }
  });
}

function describeTokenizer(tokenizer: Tokenizer) {
  const ids = reference.texts.map((text) => tokenizer.encode(text));
  return {
    ids,
    plainIds: reference.texts.map((text) => tokenizer.encode(text, { addSpecialTokens: false })),
    decoded: ids.map((row) => tokenizer.decode(row)),
    withoutSpecial: ids.map((row) => tokenizer.decode(row, { skipSpecialTokens: true })),
  };
}

describe.skipIf(!existsSync(smolLM2))('SmolLM2 from a GGUF (skipped where .egolab/models has none)', () => {
  const tokenizer = existsSync(smolLM2) ? loadTokenizer(smolLM2) : undefined!;

  it('gives the ids and texts of transformers', () => {
    expect(describeTokenizer(tokenizer)).toEqual({ ...reference.smollm2, chats: undefined });
  });

  it('fills in the chat template as transformers does', () => {
    expect(prompts(tokenizer)).toEqual(reference.smollm2.chats);
  });

  it('knows its special tokens', () => {
    const { vocabSize, bosId, eosId, padId, unkId } = tokenizer;
    expect({ vocabSize, bosId, eosId, padId, unkId }).toEqual({
      vocabSize: 49152,
      bosId: 1,
      eosId: 2,
      padId: 2,
      unkId: 0,
    });
    expect(tokenizer.tokenId('<|im_end|>')).toBe(2);
    expect(() => tokenizer.decode([49152])).toThrow('token id 49152: expected 0 to 49151');
  });
});

describe.skipIf(!existsSync(miniLM))(
  'MiniLM, a WordPiece tokenizer.json (skipped where .egolab/models has none)',
  () => {
    it('gives the ids and texts of transformers', () => {
      expect(describeTokenizer(loadTokenizer(miniLM))).toEqual(reference.miniLM);
    });
  },
);

describe('a SentencePiece vocabulary from a GGUF', () => {
  const tokenizer = loadTokenizer(sentencePiece);

  it('gives the ids of sentencepiece, after BOS', () => {
    const { texts, plainIds } = reference.sentencepiece;
    expect(texts.map((text) => tokenizer.encode(text, { addSpecialTokens: false }))).toEqual(plainIds);
    expect(texts.map((text) => tokenizer.encode(text))).toEqual(plainIds.map((ids) => [1, ...ids]));
  });

  it('gives back every text', () => {
    for (const text of reference.sentencepiece.texts) {
      expect(tokenizer.decode(tokenizer.encode(text), { skipSpecialTokens: true })).toBe(text);
    }
  });

  it('fills in the template of Mistral, one BOS in all, and says what it refuses', () => {
    expect(prompts(tokenizer)).toEqual(reference.sentencepiece.chats);
    const prompt = tokenizer.applyChatTemplate(conversations[0]);
    expect(tokenizer.encode(prompt, { addSpecialTokens: false }).filter((id) => id === tokenizer.bosId)).toHaveLength(
      1,
    );
    expect(() => tokenizer.applyChatTemplate(conversations[1])).toThrow(
      /sentencepiece\.gguf: the chat template refuses the messages: .*must alternate/,
    );
  });
});

describe("a folder of transformers' LlamaTokenizer", () => {
  const tokenizer = loadTokenizer(path('fixtures/llama'));

  it('gives the ids and texts of transformers', () => {
    expect(describeTokenizer(tokenizer)).toEqual({ ...reference.llama, chats: undefined });
  });

  it('fills in the chat template as transformers does', () => {
    expect(prompts(tokenizer)).toEqual(reference.llama.chats);
  });
});

describe('a folder', () => {
  const tokenizerJson = trainBytePairs(['C picks up the mug.'], { vocabSize: 300, specialTokens: ['<s>', '</s>'] });
  const folderWith = (files: Record<string, string>) => {
    const folder = mkdtempSync(join(tmpdir(), 'egolab-tokenizers-'));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    return folder;
  };

  it('takes special tokens and the template from whichever file has them', () => {
    const tokenizer = loadTokenizer(
      folderWith({
        'tokenizer.json': JSON.stringify(tokenizerJson),
        'special_tokens_map.json': JSON.stringify({ bos_token: '<s>', eos_token: { content: '</s>' } }),
        'tokenizer_config.json': JSON.stringify({ chat_template: 'old' }),
        'chat_template.jinja': '{{ bos_token }}{{ messages[0].content }}',
      }),
    );
    expect([tokenizer.bosId, tokenizer.eosId, tokenizer.padId]).toEqual([0, 1, undefined]);
    expect(tokenizer.applyChatTemplate([{ role: 'user', content: 'mug' }])).toBe('<s>mug');
    expect(tokenizer.decode([])).toBe('');
  });

  it('says what is missing or damaged', () => {
    const user = [{ role: 'user', content: 'mug' } as const];
    expect(() => loadTokenizer('nowhere')).toThrow(/nowhere: there is no such folder or file/);
    expect(() => loadTokenizer(folderWith({}))).toThrow(/tokenizer\.json: there is no such file/);
    expect(() => createTokenizer({ model: {} }, {}, 'a.json')).toThrow(/a\.json: the tokenizer can't be built/);
    expect(() => createTokenizer(tokenizerJson, {}, 'a').applyChatTemplate(user)).toThrow(
      /a: the model has no chat template/,
    );
  });
});
