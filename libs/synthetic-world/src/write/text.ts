import { writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import type { WorldConfig } from '../config.ts';
import { sampleTexts } from '../language/corpus.ts';

/** `corpus.jsonl` (a sample a line) and `vocabulary.txt` (a word a line, sorted). */
export function writeTextCorpus(root: string, config: WorldConfig): number {
  const samples = sampleTexts(config, config.text.samples);
  writeFileAtomic(join(root, 'corpus.jsonl'), samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''));
  const words = new Set(
    samples.flatMap(({ prompt, text }) => `${prompt ?? ''} ${text}`.toLowerCase().match(/[a-z]+/g) ?? []),
  );
  writeFileAtomic(
    join(root, 'vocabulary.txt'),
    [...words]
      .sort()
      .map((word) => `${word}\n`)
      .join(''),
  );
  return samples.length;
}
