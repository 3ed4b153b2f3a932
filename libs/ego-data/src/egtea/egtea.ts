import { join } from 'node:path';
import { UserError } from '@egolab/foundation';
import { readAnnotationLines, requireUnique, wholeNumber } from '../annotation-text.ts';

/** A trimmed clip of EGTEA Gaze+, `cropped_clips/<session>/<id>.mp4`, 24 frames a second. */
export interface EgteaClip {
  readonly id: string;
  readonly session: string;
  /** from 0, as the lists of {@link readEgteaActions}; the file counts from 1 */
  readonly action: number;
  readonly verb: number;
  readonly noun: number;
}

export type EgteaSplit = 1 | 2 | 3;

/**
 * Read the action names of `action_idx.txt`, lines such as `Divide/Pull Apart lettuce 43`.
 * @returns class texts by class, lower case and without underscores: "divide/pull apart lettuce"
 * @throws UserError unless the numbers are 1, 2, … each once
 */
export function readEgteaActions(folder: string): string[] {
  const file = join(folder, 'action_idx.txt');
  const lines = readAnnotationLines(file);
  const actions = new Array<string>(lines.length);
  for (const { line, text } of lines) {
    const parts = /^(.*\S)\s+(\S+)$/.exec(text);
    const where = `${file}, line ${line}`;
    if (!parts) throw new UserError({ what: `expected a name and a number, got "${text}"`, where });
    const id = wholeNumber(parts[2], 1, `${where}, number`);
    if (id > lines.length || actions[id - 1] !== undefined)
      throw new UserError({
        what: `expected the numbers 1 to ${lines.length}, each once; got ${id}${id > lines.length ? '' : ' again'}`,
        where,
      });
    actions[id - 1] = parts[1].replaceAll('_', ' ').toLowerCase();
  }
  if (actions.length === 0) throw new UserError({ what: 'no actions', where: file, mend: 'the file may be cut' });
  return actions;
}

/**
 * Read `<subset>_split<split>.txt`, lines such as `P04-R06-GreekSalad-682170-683940-F016368-F016419 1 1 1` (clip, action,
 * verb, noun, from 1), which may end in a space.
 *
 * @param classes number of actions
 * @throws UserError for a line of another form, a class that there is not, or a clip that is there twice
 */
export function readEgteaSplit(
  folder: string,
  split: EgteaSplit,
  classes: number,
  subset: 'train' | 'test' = 'test',
): EgteaClip[] {
  const file = join(folder, `${subset}_split${split}.txt`);
  const lines = readAnnotationLines(file);
  if (lines.length === 0) throw new UserError({ what: 'no clips', where: file, mend: 'the file may be cut' });
  const clips = lines.map(({ line, text }) => clipOf(text, classes, `${file}, line ${line}`));
  requireUnique(clips.map(({ id }, i) => ({ id, where: `${file}, line ${lines[i].line}, clip` })));
  return clips;
}

function clipOf(text: string, classes: number, where: string): EgteaClip {
  const [id, action, verb, noun, ...more] = text.split(/\s+/);
  const session = /^([^-]+-[^-]+-[^-]+)-\d+-\d+-F\d+-F\d+$/.exec(id)?.[1];
  if (noun === undefined || more.length > 0 || !session)
    throw new UserError({
      what: `expected a line such as "P04-R06-GreekSalad-682170-683940-F016368-F016419 1 1 1", got "${text}"`,
      where,
      mend: 'the file may be cut: download it again',
    });
  const label = wholeNumber(action, 1, `${where}, action`);
  if (label > classes)
    throw new UserError({ what: `action ${label} of ${classes} in action_idx.txt`, where: `${where}, action` });
  return {
    id,
    session,
    action: label - 1,
    verb: wholeNumber(verb, 1, `${where}, verb`) - 1,
    noun: wholeNumber(noun, 1, `${where}, noun`) - 1,
  };
}
