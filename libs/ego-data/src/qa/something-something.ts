import { z } from 'zod';
import { UserError } from '@egolab/foundation';
import { readAs } from '../boundary.ts';
import { identity, readRecords, text } from './records.ts';

const record = z.object({ id: identity, label: text, template: text, placeholders: z.array(z.string()).default([]) });
const labels = z.record(z.string(), z.union([z.string().regex(/^\d+$/), z.number().int().nonnegative()]));

/** A clip of a person acting on an object. */
export interface SomethingClip {
  /** `<id>.webm` */
  readonly id: string;
  /** with the objects named: "pushing a cup from left to right" */
  readonly label: string;
  /** the class: "Pushing something from left to right" */
  readonly template: string;
}

/**
 * `something-something-v2-{train,validation}.json` (also published as `train.json`, `validation.json`), and the class list
 * `something-something-v2-labels.json` where it is given, which must hold every template.
 * @throws UserError naming file, record and field of what is wrong
 */
export function readSomethingSomething(file: string, labelsFile?: string): SomethingClip[] {
  const mend = 'expected something-something-v2-train.json or -validation.json; the test set has no labels';
  const classes = labelsFile ? readAs(labels, labelsFile, 'expected {template: class number}') : undefined;
  return readRecords(record, file, { id: 'id', mend }).map(({ record, where }) => {
    const template = record.template.replace(/[[\]]/g, '').trim(); // "[something]": where the object's name goes
    if (classes && !Object.hasOwn(classes, template))
      throw new UserError({ what: `at template: "${template}" is none of the classes in ${labelsFile}`, where });
    return { id: record.id, label: record.label.trim(), template };
  });
}
