import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import type { TaskContext } from '@egolab/benchmarks';
import { readJsonFile, UserError } from '@egolab/foundation';
import { loadSentenceEncoder } from '@egolab/sentence-encoder';
import { workspace } from '../../workspace.ts';
import type { DataSettings } from '../data-settings.ts';

/** Folder of the world's EgoBench below that of stage `egobench-datasets`. */
const WORLD = join('world', 'egobench');

/** Folders that hold EgoBench's data sets: the user's own, or what the two stages of data wrote. */
export function egoBenchFolders(
  { root }: Pick<DataSettings, 'root'>,
  { data, egobench }: Readonly<Record<'data' | 'egobench', string>>,
): readonly string[] {
  return root === null ? [join(data, 'world'), join(egobench, WORLD)] : [root];
}

const CANDIDATES = 'candidates';
const DESCRIPTION = 'candidates.json';
const description = z.object({ sentenceEncoder: z.string() });

/** Files of stage `egobench-datasets` that hold the candidates. */
export const candidateOutputs = [DESCRIPTION, CANDIDATES];

/** Where candidates are made: with this SentenceBERT, below this folder. */
export function candidateMaker(
  folder: string,
  sentenceEncoder: string,
): { context: TaskContext; description: { file: string; content: string } } {
  const path = resolve(workspace.root, sentenceEncoder);
  const name = basename(path);
  return {
    context: {
      sentenceEncoder: { name, load: () => loadSentenceEncoder(path) },
      candidates: join(folder, CANDIDATES),
    },
    description: { file: DESCRIPTION, content: `${JSON.stringify({ sentenceEncoder: name })}\n` },
  };
}

/** Where the candidates of stage `egobench-datasets` are read. */
export function egoBenchContext(folder: string): TaskContext {
  const file = join(folder, DESCRIPTION);
  const again = 'run stage egobench-datasets again';
  const parsed = description.safeParse(readJsonFile(file, again));
  if (!parsed.success) throw new UserError({ what: 'names no sentence encoder', where: file, mend: again });
  const candidates = join(folder, CANDIDATES);
  return {
    sentenceEncoder: {
      name: parsed.data.sentenceEncoder,
      load: () => {
        throw new UserError({
          what: 'holds no candidates for these questions: the annotations have changed since they were made',
          where: candidates,
          mend: again,
        });
      },
    },
    candidates,
  };
}
