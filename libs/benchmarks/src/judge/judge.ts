import { UserError } from '@egolab/foundation';
import { exactMatch, rougeL } from '@egolab/metrics';
import { ResultsFile } from '../ego-bench/results.ts';

/** What a judge is asked to mark. */
export interface JudgedAnswer {
  readonly id: string;
  readonly question: string;
  /** right answers */
  readonly references: readonly string[];
  readonly prediction: string;
}

/** A language model that marks answers. */
export interface Judge {
  /** model and where it is, for the record; holds no secret */
  readonly name: string;
  /** the judge's own words */
  ask(prompt: string): Promise<string>;
}

/** One mark, with what was asked and said. `correct` is null where the judge's answer could not be read. */
export interface Mark {
  readonly id: string;
  readonly prompt: string;
  readonly raw: string;
  readonly correct: boolean | null;
  /** 0 to 5 */
  readonly score: number | null;
}

/**
 * What the judge is asked: right or wrong, and a mark from 0 to 5, as in the evaluation of VideoLLaMA2 and its forerunners, whose marks
 * Table 3's "Acc./Score" continues. Ours in wording; the example holds whole numbers, since that is what is demanded.
 */
export function judgePrompt({ question, references, prediction }: Omit<JudgedAnswer, 'id'>): string {
  return [
    'You mark answers to questions about videos. Compare the predicted answer with the correct one: it counts when it means the same, also in other words.',
    `Question: ${oneLine(question)}`,
    `Correct answer: ${references.map(oneLine).join(' | ')}`,
    `Predicted answer: ${oneLine(prediction)}`,
    'Reply with JSON only: "pred" is "yes" or "no", "score" is a whole number from 0 (unrelated) to 5 (the same meaning). For example: {"pred": "yes", "score": 5}',
  ].join('\n');
}

/** An answer may not add lines to the prompt, and so no instructions that look like ours. */
const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim().slice(0, 500);

/** The mark in a judge's words: JSON or a Python dict, anywhere in them. */
export function parseMark(raw: string): { correct: boolean | null; score: number | null } {
  const verdict = /["']?pred["']?\s*:\s*["']?(yes|no)\b/i.exec(raw)?.[1];
  const mark = /["']?score["']?\s*:\s*["']?(\d+(?:\.\d+)?)/i.exec(raw)?.[1];
  const score = mark === undefined ? null : Number(mark);
  if (!verdict || score === null || score > 5) return { correct: null, score: null };
  return { correct: verdict.toLowerCase() === 'yes', score };
}

/** Open answers' values: percent, and the judge's mark from 0 to 5; NaN where there is no judge. */
export interface OpenScores extends Record<string, number> {
  accuracy: number;
  score: number;
  n: number;
  exact_match: number;
  rouge_l: number;
  /** answers of the judge that could not be read; they count as wrong, with mark 0 */
  unmarked: number;
}

/**
 * Mark open answers. Every prompt and raw reply is stored, a line a question; marks that are there already are kept.
 *
 * @param answers.file results file of the marks
 * @throws UserError when no reply at all can be read as a mark
 */
export async function judgeAnswers(
  items: readonly JudgedAnswer[],
  judge: Judge,
  file: string,
  onProgress?: (done: number, total: number) => void,
): Promise<Mark[]> {
  const marks = new ResultsFile<Mark>(file, { judge: judge.name, format: 'pred and score' });
  try {
    for (const [index, item] of items.entries()) {
      const prompt = judgePrompt(item);
      const known = marks.get(item.id);
      if (known && known.prompt !== prompt)
        throw new UserError({
          what: `question "${item.id}" was marked for another answer`,
          where: file,
          mend: 'name another file for these predictions, or remove this one',
        });
      if (!known) {
        const raw = await judge.ask(prompt);
        marks.add({ id: item.id, prompt, raw, ...parseMark(raw) });
      }
      onProgress?.(index + 1, items.length);
    }
    const wanted = new Set(items.map(({ id }) => id));
    const all = marks.all().filter(({ id }) => wanted.has(id));
    if (all.length > 0 && all.every(({ correct }) => correct === null))
      throw new UserError({
        what: `none of ${all.length} replies can be read as a mark, such as ${JSON.stringify(all[0].raw.slice(0, 80))}`,
        where: file,
        mend: 'take a larger judge',
      });
    return all;
  } finally {
    marks.close();
  }
}

/** Values over all questions: exact match, ROUGE-L (F1) and, where there are marks, accuracy and mean score. */
export function openScores(items: readonly JudgedAnswer[], marks: readonly Mark[] | undefined): OpenScores {
  const mean = (value: (item: JudgedAnswer) => number) =>
    items.reduce((sum, item) => sum + value(item), 0) / items.length;
  const byId = new Map(marks?.map((mark) => [mark.id, mark]));
  return {
    accuracy: marks ? 100 * mean(({ id }) => (byId.get(id)?.correct ? 1 : 0)) : NaN,
    score: marks ? mean(({ id }) => byId.get(id)?.score ?? 0) : NaN,
    n: items.length,
    exact_match: 100 * mean(({ prediction, references }) => (exactMatch(prediction, references) ? 1 : 0)),
    rouge_l: 100 * mean(({ prediction, references }) => rougeL(prediction, references)),
    unmarked: marks ? marks.filter(({ correct }) => correct === null).length : 0,
  };
}
