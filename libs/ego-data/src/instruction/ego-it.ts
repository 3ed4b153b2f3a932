import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { readTextFile, resolveInside, UserError } from '@egolab/foundation';
import { numeric, parseAs, readAs } from '../boundary.ts';
import { SkipLog, type SkipReport } from '../skipped.ts';

/** VideoLLaMA2's training record: {"id", "video", "conversations": [{"from": "human", "value": "<video>\n…"}, {"from": "gpt", …}]}. */
const turn = z.object({ from: z.enum(['human', 'gpt', 'system']), value: z.string() });
const conversation = z.object({
  id: z.union([z.string(), z.number()]).nullish(),
  video: z.string().min(1),
  conversations: z.array(turn).min(2),
  start: numeric.nullish(),
  end: numeric.nullish(),
  source: z.string().nullish(),
  task: z.string().nullish(),
});

/** The paper's four components (section 3.2): video path, task instruction, question, answer. They win where a record has both forms. */
const components = z.object({
  id: z.union([z.string(), z.number()]).nullish(),
  video: z.string().min(1),
  instruction: z.string(),
  question: z.string(),
  answer: z.string().min(1),
  start: numeric.nullish(),
  end: numeric.nullish(),
  source: z.string().nullish(),
  task: z.string().nullish(),
});

/** An instruction-tuning sample: what is said before each answer, and the answer, about one clip. */
export interface InstructionRecord {
  readonly id: string;
  /** absolute */
  readonly video: string;
  /** seconds; undefined: the whole video */
  readonly start?: number;
  readonly end?: number;
  /** which of EgoIT's sources, where the record says */
  readonly source?: string;
  /** such as closed-qa, open-qa, captioning, where the record says */
  readonly task?: string;
  /** the task instruction; empty when the first question holds it already */
  readonly instruction: string;
  /** one or more exchanges, the `<video>` placeholder removed */
  readonly turns: readonly { readonly question: string; readonly answer: string }[];
}

export interface EgoItOptions {
  /** `.json` (a list) or `.jsonl`, records of either form */
  readonly file: string;
  /** folder that the video paths are relative to; default the file's own */
  readonly videos?: string;
  /** a record whose video is not on disk: `error` (default), or `skip` and list it */
  readonly missingVideos?: 'error' | 'skip';
}

/**
 * Read EgoIT records in VideoLLaMA2's conversation form or as the paper's four components.
 * @throws UserError for a missing, cut or foreign file, a path that leaves the folder, or a missing video
 */
export function readEgoIt({ file, videos = dirname(file), missingVideos = 'error' }: EgoItOptions): {
  records: InstructionRecord[];
  skipped: SkipReport;
} {
  const skipped = new SkipLog();
  const records: InstructionRecord[] = [];
  rawRecords(file).forEach((raw, index) => {
    const record = instructionRecord(raw, index, file, videos);
    if (existsSync(record.video)) records.push(record);
    else if (missingVideos === 'skip') skipped.add(`record ${record.id}: ${record.video}`, 'video missing');
    else
      throw new UserError({
        what: `the video of record ${record.id} is missing: ${record.video}`,
        where: file,
        mend: 'download it, or set missingVideos to "skip"',
      });
  });
  return { records, skipped: skipped.report() };
}

function rawRecords(file: string): readonly unknown[] {
  if (!file.endsWith('.jsonl')) return readAs(z.array(z.unknown()), file);
  const lines = readTextFile(file)
    .split('\n')
    .filter((line) => line.trim());
  return lines.map((line, index) => {
    try {
      return JSON.parse(line) as unknown;
    } catch (error) {
      throw new UserError({
        what: `line ${index + 1} is not valid JSON: ${(error as Error).message}`,
        where: file,
        mend: 'the file may be cut: copy it again',
        cause: error,
      });
    }
  });
}

function instructionRecord(raw: unknown, index: number, file: string, folder: string): InstructionRecord {
  const where = `${file} (record ${index})`;
  const talks = typeof raw === 'object' && raw !== null && 'conversations' in raw && !('question' in raw);
  const parsed = talks
    ? fromConversation(parseAs(conversation, raw, where), where)
    : fromComponents(parseAs(components, raw, where));
  const { id, video, start, end, source, task } = parsed.record;
  return {
    id: String(id ?? index),
    video: resolveInside(folder, video, where),
    ...(typeof start === 'number' ? { start } : {}),
    ...(typeof end === 'number' ? { end } : {}),
    ...(source ? { source } : {}),
    ...(task ? { task } : {}),
    instruction: parsed.instruction,
    turns: parsed.turns,
  };
}

function fromComponents(record: z.output<typeof components>) {
  return {
    record,
    instruction: record.instruction.trim(),
    turns: [{ question: withoutPlaceholder(record.question), answer: record.answer.trim() }],
  };
}

function fromConversation(record: z.output<typeof conversation>, where: string) {
  const system = record.conversations.filter(({ from }) => from === 'system');
  const said = record.conversations.filter(({ from }) => from !== 'system');
  const turns = [];
  for (let i = 0; i < said.length; i += 2) {
    if (said[i].from !== 'human' || said[i + 1]?.from !== 'gpt') {
      throw new UserError({
        what: `expected turns of human and gpt in alternation, got ${said.map(({ from }) => from).join(', ')}`,
        where,
      });
    }
    turns.push({ question: withoutPlaceholder(said[i].value), answer: said[i + 1].value.trim() });
  }
  return {
    record,
    instruction: system
      .map(({ value }) => value)
      .join('\n')
      .trim(),
    turns,
  };
}

function withoutPlaceholder(text: string): string {
  return text.replaceAll('<video>', '').trim();
}
