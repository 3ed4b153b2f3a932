import { UserError } from '@egolab/foundation';
import { readAnnotationLines } from '../annotation-text.ts';
import { charadesClasses } from '../charades-ego/charades-ego.ts';

/**
 * `Charades_v1_classes.txt`: lines such as `c000 Holding some clothes`.
 * @returns the 157 class names, by class
 * @throws UserError naming the line that is of another form, or the class that is missing or there twice
 */
export function readCharadesClasses(file: string): string[] {
  const names = new Array<string>(charadesClasses);
  for (const { line, text } of readAnnotationLines(file)) {
    const parts = /^c(\d{3})\s+(\S.*)$/.exec(text);
    const label = Number(parts?.[1] ?? charadesClasses);
    const where = `${file}, line ${line}`;
    if (!parts || label >= charadesClasses)
      throw new UserError({ what: `expected a class such as "c000 Holding some clothes", got "${text}"`, where });
    if (names[label] !== undefined) throw new UserError({ what: `class c${parts[1]} is there twice`, where });
    names[label] = parts[2].trim();
  }
  const missing = Array.from(names).findIndex((name) => name === undefined);
  if (missing >= 0)
    throw new UserError({
      what: `expected ${charadesClasses} classes; c${String(missing).padStart(3, '0')} is missing`,
      where: file,
      mend: 'the file may be cut: download it again',
    });
  return names;
}
