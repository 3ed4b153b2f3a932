import { writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import type { Fact } from '../language/fact.ts';
import type { PlannedTake } from '../recording/plan.ts';
import { tellActions } from './told.ts';

/** Seconds of a clip around the middle of its action. */
const CLIP = 1.6;

/** Templates of Something-Something-V2 and what fills their brackets; undefined for what isn't done to a thing. */
function templateOf({ verb, object, target, tool, direction, place }: Fact): [string, string[]] | undefined {
  const thing = object ?? place;
  if (!thing) return undefined;
  switch (verb) {
    case 'pick up':
      return ['Picking [something] up', [thing]];
    case 'put down':
      if (!target) return ['Putting [something] on a surface', [thing]];
      return [
        target === 'box' ? 'Putting [something] into [something]' : 'Putting [something] onto [something]',
        [thing, target],
      ];
    case 'pour':
      return ['Pouring [something] into [something]', [thing, target as string]];
    case 'stir':
      return ['Stirring [something] with [something]', [thing, tool as string]];
    case 'cut':
      return ['Cutting [something] with [something]', [thing, tool as string]];
    case 'wipe':
      return ['Wiping [something] with [something]', [thing, tool as string]];
    case 'open':
      return ['Opening [something]', [thing]];
    case 'close':
      return ['Closing [something]', [thing]];
    case 'push':
      return ['Moving [something] away from the camera', [thing]];
    case 'move':
      return [`Pushing [something] from ${direction === 'right' ? 'left to right' : 'right to left'}`, [thing]];
    case 'turn':
      return ['Turning [something]', [thing]];
    case 'walk to':
    case 'look at':
      return undefined;
  }
}

export interface SomethingClip {
  readonly id: number;
  readonly template: string;
  readonly placeholders: readonly string[];
  readonly start: number;
  readonly end: number;
}

/** The clips of a take; ids go on from `firstId`. */
export function somethingClips(planned: PlannedTake, firstId: number): SomethingClip[] {
  const found = tellActions(planned).flatMap(({ action, fact }) => {
    const named = templateOf(fact);
    const middle = (action.start + action.end) / 2;
    return named
      ? [{ named, start: Math.max(0, middle - CLIP / 2), end: Math.min(planned.duration, middle + CLIP / 2) }]
      : [];
  });
  return found.map(({ named: [template, placeholders], start, end }, index) => ({
    id: firstId + index,
    template,
    placeholders,
    start,
    end,
  }));
}

/** A template with its brackets filled: "picking mug up". */
const labelOf = (template: string, placeholders: readonly string[]): string => {
  const label = placeholders.reduce((text, thing) => text.replace('[something]', thing), template);
  return label[0].toLowerCase() + label.slice(1);
};

/** What Something-Something calls an action; undefined for what isn't done to a thing. */
export function somethingLabel(fact: Fact): string | undefined {
  const named = templateOf(fact);
  return named && labelOf(...named);
}

const cleaned = (template: string): string => template.replace(/[[\]]/g, '');

/** `something-something-v2-{train,validation,labels}.json`. */
export function writeSomething(
  root: string,
  train: readonly SomethingClip[],
  validation: readonly SomethingClip[],
): void {
  const file = (name: string) => join(root, `something-something-v2-${name}.json`);
  const records = (clips: readonly SomethingClip[]) =>
    clips.map(({ id, template, placeholders }) => ({
      id: String(id),
      label: labelOf(template, placeholders),
      template,
      placeholders,
    }));
  writeFileAtomic(file('train'), JSON.stringify(records(train)));
  writeFileAtomic(file('validation'), JSON.stringify(records(validation)));
  const names = [...new Set([...train, ...validation].map(({ template }) => cleaned(template)))].sort();
  writeFileAtomic(
    file('labels'),
    JSON.stringify(Object.fromEntries(names.map((name, index) => [name, String(index)]))),
  );
}
