import { Random, UserError } from '@egolab/foundation';
import { normalizedAnswer } from '@egolab/metrics';
import type { Embeddings, SentenceEncoder } from '@egolab/sentence-encoder';

/** A question that needs wrong options. */
export interface Unanswered {
  readonly id: string;
  /** the right answer */
  readonly answer: string;
  /** wrong options that it has already */
  readonly given?: readonly string[];
  /** texts of the pool that it may have; default all */
  readonly allowed?: (text: string) => boolean;
  /** texts that it may have where too few are allowed; default none */
  readonly fallback?: (text: string) => boolean;
}

export interface NegativesOptions {
  /** options of a question, the right one included */
  readonly numOptions: number;
  /** of the order of the options: every question has its own, which depends on nothing but this and its id */
  readonly seed: string;
  readonly onProgress?: (done: number, total: number) => void;
}

/** A question's options in their stored order. */
export interface Options {
  readonly options: readonly string[];
  /** index of the right one */
  readonly answer: number;
}

/**
 * The paper's candidates (supplement C.1.3, C.1.4, C.1.8): the right answer and the wrong ones that SentenceBERT finds most similar
 * to it. Texts that differ only in case, punctuation or spaces are one text. Of equally similar texts the one that comes first
 * in the order of its characters is taken, so that neither the pool's order nor the batch size matters.
 *
 * @returns options by question id
 * @throws UserError when a question's pool is too small
 */
export function hardestNegatives(
  questions: readonly Unanswered[],
  pool: readonly string[],
  encoder: SentenceEncoder,
  { numOptions, seed, onProgress }: NegativesOptions,
): Record<string, Options> {
  const texts = distinct(pool);
  const keys = texts.map(normalizedAnswer);
  const answers = [...new Set(questions.map(({ answer }) => answer))].sort(byCharacters);
  const total = texts.length + answers.length;
  const embedded = encoder.embed(texts, (done) => onProgress?.(done, total));
  const answerEmbeddings = encoder.embed(answers, (done) => onProgress?.(texts.length + done, total));
  const place = new Map(answers.map((answer, i) => [answer, i]));
  const queries = rows(
    answerEmbeddings,
    questions.map(({ answer }) => place.get(answer)!),
  );

  const taken = questions.map(({ answer, given = [] }) => new Set([answer, ...given].map(normalizedAnswer)));
  const k = numOptions - 1;
  const search = (filter: (question: Unanswered, text: string) => boolean) =>
    encoder.mostSimilar(queries, embedded, {
      k,
      allowed: (query, candidate) => !taken[query].has(keys[candidate]) && filter(questions[query], texts[candidate]),
    });
  const first = search(({ allowed = () => true }, text) => allowed(text));
  const short = questions.some((question, i) => missing(question, first[i].length, k) > 0);
  const second = short ? search(({ fallback = () => false }, text) => fallback(text)) : undefined;

  const random = new Random(seed);
  return Object.fromEntries(
    questions.map((question, i) => {
      const found = [...new Set([...first[i], ...(second?.[i] ?? [])])].map((candidate) => texts[candidate]);
      const wrong = [...distinctGiven(question), ...found].slice(0, k);
      if (wrong.length < k)
        throw new UserError({
          what: `expected ${k} wrong options for question "${question.id}", found ${wrong.length}`,
          where: `${texts.length} answers to choose from`,
          mend: 'give the whole annotation file: wrong options come from the answers to other questions',
        });
      const order = random.split(question.id).shuffle([question.answer, ...wrong]);
      return [question.id, { options: order, answer: order.indexOf(question.answer) }];
    }),
  );
}

function missing(question: Unanswered, found: number, k: number): number {
  return Math.max(0, k - distinctGiven(question).length - found);
}

/** The options that a question brings, without the right one and without repeats. */
function distinctGiven({ answer, given = [] }: Unanswered): string[] {
  const seen = new Set([normalizedAnswer(answer)]);
  return given.filter((text) => {
    const key = normalizedAnswer(text);
    return !seen.has(key) && seen.add(key);
  });
}

/** The texts of a pool in the order of their characters; of those that are one text the first. */
function distinct(pool: readonly string[]): string[] {
  const seen = new Set<string>();
  return [...new Set(pool)].sort(byCharacters).filter((text) => {
    const key = normalizedAnswer(text);
    return key !== '' && !seen.has(key) && seen.add(key);
  });
}

/** By UTF-16 units: the same on every machine, whatever its language. */
const byCharacters = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function rows({ data, width }: Embeddings, indices: readonly number[]): Embeddings {
  const picked = new Float32Array(indices.length * width);
  indices.forEach((index, row) => picked.set(data.subarray(index * width, (index + 1) * width), row * width));
  return { width, data: picked };
}
