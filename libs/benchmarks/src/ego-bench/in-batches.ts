import type { ClipRequest } from '@egolab/video';
import type { Answerer } from './answerer.ts';
import { locateClip, rememberedRates } from './locate.ts';
import type { ClipReference } from './question.ts';

/** A question with its clips found on disk. */
export interface Located<Question> {
  readonly question: Question;
  readonly clips: readonly ClipRequest[];
}

export interface BatchOptions {
  /** folder of the task's videos */
  readonly videos: string;
  readonly questionsAtATime: number;
  /** aborted: what has been answered is kept, and the rest isn't asked */
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Batches that are located, and decoded, ahead of the one that is asked. */
const AHEAD = 8;

/**
 * Ask questions some at a time. A batch is always the same questions, whether a run was interrupted before or not: one of which some
 * are done is asked again as a whole.
 */
export async function inBatches<Question extends { readonly id: string }>(
  questions: readonly Question[],
  clipsOf: (question: Question) => readonly ClipReference[],
  isDone: (question: Question) => boolean,
  answerer: Pick<Answerer, 'prefetch'>,
  { videos, questionsAtATime, signal, onProgress }: BatchOptions,
  ask: (batch: readonly Located<Question>[]) => Promise<void>,
): Promise<void> {
  const rateOf = rememberedRates();
  const open = chunks(questions, questionsAtATime).filter((batch) => !batch.every(isDone));
  let done = questions.length - open.reduce((sum, { length }) => sum + length, 0);
  onProgress?.(done, questions.length);
  const locate = (block: readonly (readonly Question[])[] | undefined) => {
    if (!block) return Promise.resolve([]);
    const located = Promise.all(
      block.map((batch) =>
        Promise.all(
          batch.map(async (question) => ({
            question,
            clips: await Promise.all(clipsOf(question).map((clip) => locateClip(clip, videos, question.id, rateOf))),
          })),
        ),
      ),
    );
    // a failure shows when the batch is asked
    located.then((found) => answerer.prefetch(found.flat().flatMap(({ clips }) => clips))).catch(() => undefined);
    return located;
  };
  const blocks = chunks(open, AHEAD);
  let next = locate(blocks[0]);
  for (let block = 0; block < blocks.length; block++) {
    const batches = await next;
    next = locate(blocks[block + 1]);
    for (const batch of batches) {
      signal?.throwIfAborted();
      await ask(batch);
      onProgress?.((done += batch.length), questions.length);
    }
  }
}

function chunks<T>(items: readonly T[], size: number): (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
