import type { RecordedAction } from '../write/job.ts';
import type { Fact } from './fact.ts';

/** A question in Ego4D's manner whose answer is a moment. */
export interface MomentQuery {
  readonly query: string;
  /** one of Ego4D's thirteen */
  readonly template: string;
  readonly slotX: string;
  readonly verbX: string;
}

/** Questions that an action answers; each is asked where only one action answers it. */
function queriesAbout(fact: Fact): MomentQuery[] {
  const { verb, object, target, tool } = fact;
  const ask = (query: string, template: string, slotX: string | null, verbX: string): MomentQuery[] =>
    slotX ? [{ query, template, slotX, verbX }] : [];
  switch (verb) {
    case 'put down':
      return [
        ...ask(`Where did I put the ${object}?`, 'Place: Where did I put X?', object, '[verb_not_applicable]'),
        ...ask(
          `What did I put ${target === 'box' ? 'in' : 'on'} the ${target}?`,
          'Objects: What did I put in X?',
          target,
          '[verb_not_applicable]',
        ),
      ];
    case 'pick up': {
      const template = 'Objects: Where is object X before / after event Y?';
      return ask(`Where was the ${object} before I picked it up?`, template, object, 'pick up');
    }
    case 'pour':
      return ask(`What did I pour into the ${target}?`, 'Objects: What X did I Y?', target, 'pour');
    case 'cut':
    case 'stir':
    case 'wipe':
      return ask(`What did I ${verb} with the ${tool}?`, 'Objects: What X did I Y?', tool, verb);
    case 'open':
    case 'close':
      return ask(`Did I ${verb} the ${object}?`, 'Objects: State of an object', object, verb);
    case 'look at': {
      const template = 'Objects: In what location did I see object X ?';
      return ask(`In what location did I see the ${object}?`, template, object, '[verb_not_applicable]');
    }
    case 'push':
    case 'move':
    case 'turn':
    case 'walk to':
      return [];
  }
}

/**
 * Questions about what happens between two times, each answered by one moment: what happens more than once is asked for
 * with "the first time" or "the last time".
 */
export function momentQueries(
  actions: readonly RecordedAction[],
  start: number,
  end: number,
): { query: MomentQuery; action: RecordedAction }[] {
  const shown = actions.filter((action) => action.end > start && action.start < end);
  const asked = shown.flatMap((action) => queriesAbout(action.fact).map((query) => ({ query, action })));
  const moments = new Map<string, number[]>();
  asked.forEach(({ query }, index) => moments.set(query.query, [...(moments.get(query.query) ?? []), index]));
  const told = asked.map(({ query, action }, index) => {
    const all = moments.get(query.query)!;
    if (all.length === 1) return { query, action };
    const which = index === all[0] ? 'first' : index === all[all.length - 1] ? 'last' : undefined;
    return which && { query: { ...query, query: `${query.query.slice(0, -1)} the ${which} time?` }, action };
  });
  return told.filter((entry) => entry !== undefined).filter(({ action }) => action.start >= start && action.end <= end);
}
