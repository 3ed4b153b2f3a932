import { writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import type { PlannedTake } from '../recording/plan.ts';
import { tellActions, type ToldAction } from './told.ts';

/** Actions that a question's interval holds. */
const SHOWN = 5;

interface TaskQuestion {
  readonly question: string;
  readonly answer: string;
  readonly semantic: string;
  readonly reference: 'direct' | 'indirect';
  readonly program: string;
}

/**
 * EgoTaskQA: `direct/` and `indirect/{train,val,test}_qas.json`. Training rooms train, takes in held-out rooms validate and test in
 * turn. As published, the direct split holds questions of both kinds, and the indirect one trains on direct references and is
 * tested on indirect ones.
 */
export function writeEgoTaskQa(
  root: string,
  { train, test }: Readonly<Record<'train' | 'test', readonly PlannedTake[]>>,
  fps: number,
): { direct: number; indirect: number } {
  const all = { train: recordsOf(train, fps), val: [] as object[], test: [] as object[] };
  test.forEach((planned, index) => all[index % 2 === 0 ? 'test' : 'val'].push(...recordsOf([planned], fps)));
  const wanted = (record: object, reference: string) => (record as TaskQuestion).reference === reference;
  const write = (kind: string, split: string, records: readonly object[]) => {
    writeFileAtomic(join(root, kind, `${split}_qas.json`), JSON.stringify(records, null, 1));
    return records.length;
  };
  for (const split of ['train', 'val'] as const) {
    write('direct', split, all[split]);
    write(
      'indirect',
      split,
      all[split].filter((record) => wanted(record, split === 'train' ? 'direct' : 'indirect')),
    );
  }
  return {
    direct: write('direct', 'test', all.test),
    indirect: write(
      'indirect',
      'test',
      all.test.filter((record) => wanted(record, 'indirect')),
    ),
  };
}

function recordsOf(takes: readonly PlannedTake[], fps: number): object[] {
  return takes.flatMap((planned) => {
    const told = tellActions(planned);
    const { uid } = planned.take;
    const windows = Array.from({ length: Math.floor(told.length / SHOWN) }, (_, i) =>
      told.slice(i * SHOWN, (i + 1) * SHOWN),
    );
    return windows.flatMap((shown, window) => {
      // the borders lie one frame outside
      const start = Math.max(0, Math.round(shown[0].action.start * fps) - 1);
      const end = Math.min(planned.numFrames, Math.round(shown[shown.length - 1].action.end * fps) + 1);
      return askTask(shown).map((asked, index) => ({
        question_id: `${uid}_${window}_${index}`,
        video_id: uid,
        interval: `${uid}|fpv1|${start}|${end}`,
        type: ['descriptive'],
        category: ['world'],
        structural: 'query',
        ...asked,
      }));
    });
  });
}

/** What is asked about some actions in a row. */
export const askTask = (shown: readonly ToldAction[]): TaskQuestion[] => [...order(shown), ...states(shown)];

/** What comes after an action that is named, or, indirectly, described without its things. */
function order(shown: readonly ToldAction[]): TaskQuestion[] {
  const once = (name: (told: ToldAction) => string, told: ToldAction) =>
    shown.filter((other) => name(other) === name(told)).length === 1;
  return shown.slice(0, -1).flatMap((told, index) => {
    const next = shown[index + 1];
    const ask = (words: string, reference: 'direct' | 'indirect'): TaskQuestion => ({
      question: `What did I do right after I ${words}?`,
      answer: next.step,
      semantic: 'action',
      reference,
      program: `query([hoi], after(hoi@'${told.step}'))`,
    });
    return [
      ...(once(({ past }) => past, told) ? [ask(told.past, 'direct')] : []),
      ...(told.fact.object && once(anonymous, told) ? [ask(anonymous(told), 'indirect')] : []),
    ];
  });
}

/** "put something on the table" */
function anonymous({ past, fact }: ToldAction): string {
  const things = [fact.object, fact.target, fact.tool].filter((thing) => thing !== null);
  return things.reduce((text, thing) => text.replace(`the ${thing}`, 'something'), past);
}

/** What an opened or closed thing is like after the last action about it. */
function states(shown: readonly ToldAction[]): TaskQuestion[] {
  const last = new Map<string, ToldAction>();
  for (const told of shown)
    if (told.fact.object && (told.fact.verb === 'open' || told.fact.verb === 'close')) last.set(told.fact.object, told);
  return [...last].map(([object, { fact, step }]) => ({
    question: `What is the openness of the ${object} at the end?`,
    answer: fact.verb === 'open' ? 'opened' : 'closed',
    semantic: 'state',
    reference: 'direct' as const,
    program: `query([openess], state(obj@'${object}', after(hoi@'${step}')))`,
  }));
}
