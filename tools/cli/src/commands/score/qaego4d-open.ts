import { existsSync } from 'node:fs';
import { z } from 'zod';
import {
  endpointJudge,
  judgeAnswers,
  languageModelJudge,
  openScores,
  type Judge,
  type JudgedAnswer,
} from '@egolab/benchmarks';
import { readQaEgo4dOpen } from '@egolab/ego-data';
import { readJsonFile, suggestion, UserError } from '@egolab/foundation';
import type { Score } from './registry.ts';

/**
 * QAEgo4D, open: exact match and ROUGE-L (percent), and by a judge accuracy (percent) and score (0 to 5). Marks are stored beside the
 * predictions, with prompts and raw replies.
 */
export const score: Score = async ({ predictions, annotations }, { judge, 'judge-model': model }) => {
  const items = judged(annotations, predictions);
  if (judge === undefined) return openScores(items, undefined);
  const judging = await judgeOf(judge, model);
  try {
    return openScores(items, await judgeAnswers(items, judging, `${predictions}.judge.jsonl`));
  } finally {
    judging.dispose?.();
  }
};

function judged(annotations: string, predictions: string): JudgedAnswer[] {
  const questions = readQaEgo4dOpen(annotations);
  const parsed = z.record(z.string(), z.string()).safeParse(readJsonFile(predictions, undefined, { uniqueKeys: true }));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError({
      what: `${issue.path.join('.') || 'top level'}: ${issue.message}`,
      where: predictions,
      mend: 'expected {question id: text}',
    });
  }
  const known = new Set(questions.map(({ id }) => id));
  const unknown = Object.keys(parsed.data).find((id) => !known.has(id));
  const missing = questions.filter(({ id }) => !Object.hasOwn(parsed.data, id));
  if (unknown !== undefined)
    throw new UserError({
      what: `unknown question id "${unknown}"`,
      where: predictions,
      mend: suggestion(unknown, [...known].slice(0, 5)),
    });
  if (missing.length > 0)
    throw new UserError({
      what: `${missing.length} of ${questions.length} questions have no prediction, first "${missing[0].id}"`,
      where: predictions,
      mend: 'predict every question',
    });
  return questions.map(({ id, question, answer }) => ({
    id,
    question,
    references: [answer],
    prediction: parsed.data[id],
  }));
}

async function judgeOf(judge: string, model: string | undefined): Promise<Judge & { dispose?: () => void }> {
  if (existsSync(judge)) return languageModelJudge(judge);
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(judge))
    throw new UserError({
      what: `"${judge}" is neither a model on disk nor an address`,
      where: '--judge',
      mend: 'name a chat model (folder or .gguf), or an address such as http://127.0.0.1:8080/v1',
    });
  if (model === undefined)
    throw new UserError({ what: 'which model marks?', where: '--judge-model', mend: 'name it as the endpoint does' });
  return endpointJudge({ url: judge, model, apiKey: process.env['OPENAI_API_KEY'] });
}
