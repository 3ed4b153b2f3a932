import { writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import type { Fact } from '../language/fact.ts';
import { nounClasses, nounsOf } from '../language/kitchen.ts';

import { type Verb, verbs } from '../take/action.ts';

/** Verbs as EGTEA writes them. */
const egteaVerbs: Record<Verb, string> = {
  'pick up': 'Take',
  'put down': 'Put',
  pour: 'Pour',
  stir: 'Mix',
  cut: 'Cut',
  wipe: 'Wipe',
  open: 'Open',
  close: 'Close',
  push: 'Push',
  move: 'Move Around',
  turn: 'Turn',
  'walk to': 'Walk To',
  'look at': 'Inspect/Read',
};

/** "Pour water,kettle,mug" */
export const egteaClass = (fact: Fact): string => `${egteaVerbs[fact.verb]} ${nounsOf(fact).join(',')}`;

/** A trimmed clip: `cropped_clips/<session>/<clip>.mp4`. */
export interface EgteaClip {
  /** `P04-R06-MakeTea` */
  readonly session: string;
  /** `P04-R06-MakeTea-682170-683940-F016368-F016419`: milliseconds, then frames */
  readonly id: string;
  readonly fact: Fact;
  /** which of the three folds tests on it */
  readonly fold: number;
}

export function egteaClipId(session: string, start: number, end: number, fps: number): string {
  const frame = (seconds: number) => `F${String(Math.round(seconds * fps)).padStart(6, '0')}`;
  return [session, Math.round(start * 1000), Math.round(end * 1000), frame(start), frame(end)].join('-');
}

export const egteaVideo = ({ session, id }: Pick<EgteaClip, 'session' | 'id'>): string =>
  join('cropped_clips', session, `${id}.mp4`);

export const EGTEA_FOLDS = 3;

/**
 * `action_idx.txt`, `verb_idx.txt`, `noun_idx.txt` (a name and its number from 1 on, the frequent actions first) and
 * `{train,test}_split{1,2,3}.txt` (clip, action, verb, noun).
 */
export function writeEgtea(root: string, clips: readonly EgteaClip[]): { clips: number; classes: number } {
  const frequency = new Map<string, number>();
  for (const { fact } of clips) frequency.set(egteaClass(fact), (frequency.get(egteaClass(fact)) ?? 0) + 1);
  const actions = [...frequency]
    .sort(([a, timesA], [b, timesB]) => timesB - timesA || (a < b ? -1 : 1))
    .map(([name]) => name);
  const numbered = (names: readonly string[]) => names.map((name, index) => `${name} ${index + 1}\n`).join('');
  writeFileAtomic(join(root, 'action_idx.txt'), numbered(actions));
  writeFileAtomic(join(root, 'verb_idx.txt'), numbered(verbs.map((verb) => egteaVerbs[verb])));
  writeFileAtomic(join(root, 'noun_idx.txt'), numbered(nounClasses));
  const line = ({ id, fact }: EgteaClip) => {
    const classes = [
      actions.indexOf(egteaClass(fact)),
      verbs.indexOf(fact.verb),
      nounClasses.indexOf(nounsOf(fact)[0]),
    ];
    return `${[id, ...classes.map((index) => index + 1)].join(' ')}\n`;
  };
  for (let fold = 0; fold < EGTEA_FOLDS; fold++) {
    const file = (name: string) => join(root, `${name}_split${fold + 1}.txt`);
    writeFileAtomic(
      file('train'),
      clips
        .filter((clip) => clip.fold !== fold)
        .map(line)
        .join(''),
    );
    writeFileAtomic(
      file('test'),
      clips
        .filter((clip) => clip.fold === fold)
        .map(line)
        .join(''),
    );
  }
  return { clips: clips.length, classes: actions.length };
}
