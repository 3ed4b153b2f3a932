import { type Fact, factOf } from '../language/fact.ts';
import { kitchenAction } from '../language/kitchen.ts';
import { clause } from '../language/sentence.ts';
import type { Action, Verb } from '../take/action.ts';
import type { Take } from '../take/take.ts';

/** An action with what is known around it. */
export interface ToldAction {
  readonly action: Action;
  readonly fact: Fact;
  /** "pick up mug" */
  readonly step: string;
  /** "picked up the mug from the table" */
  readonly past: string;
}

const pastForms: Record<Verb, string> = {
  'pick up': 'picked up',
  'put down': 'put down',
  pour: 'poured',
  stir: 'stirred',
  cut: 'cut',
  wipe: 'wiped',
  open: 'opened',
  close: 'closed',
  push: 'pushed',
  move: 'moved',
  turn: 'turned',
  'walk to': 'walked to',
  'look at': 'looked at',
};

/** What is done, in the past and without hands: "put the mug in the box". */
export function pastClause(fact: Fact): string {
  const present = clause(fact, { hand: 'none' });
  const into = fact.verb === 'put down' && fact.target !== null;
  const words = fact.verb === 'put down' && !into ? 2 : fact.verb.includes(' ') && !into ? 2 : 1;
  return [into ? 'put' : pastForms[fact.verb], ...present.split(' ').slice(words)].join(' ');
}

export function tellActions({ take }: { readonly take: Take }): ToldAction[] {
  return take.plan.actions.map((action) => {
    const fact = factOf(action, take.plan, take.wearer.pronoun);
    return { action, fact, step: kitchenAction(fact).narration, past: pastClause(fact) };
  });
}
