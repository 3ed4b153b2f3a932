import { parseDocument } from 'yaml';
import { z } from 'zod';
import { readTextFile, UserError } from '@egolab/foundation';

const number = {
  title: z.string().min(1),
  /** dotted path in the stage's metrics.json */
  path: z.string().min(1),
};

/** A number that says whether training taught something, and what it has to beat. */
const learned = z.strictObject({
  ...number,
  stage: z.string().min(1),
  unit: z.string().default(''),
  better: z.enum(['higher', 'lower']),
  /** brings the stage's numbers to the unit: 100 from fractions to percent */
  scale: z.number().positive().default(1),
  /** chance, predictors that don't look, the model before training; of the same stage unless another is named */
  beside: z.array(z.strictObject({ ...number, stage: z.string().min(1).optional() })).min(1),
});
export type LearnedPlan = z.output<typeof learned>;

/** `experiments/report.yaml`: the systems in their order. */
export const reportPlanSchema = z.strictObject({
  systems: z
    .array(
      z.strictObject({
        /** folder of its tables in `experiments/paper-tables` */
        id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower case, digits and hyphens'),
        /** with which the `paper` of its stages begins */
        title: z.string().min(1),
        source: z.string().min(1),
        about: z.string().min(1),
        learned: z.array(learned),
      }),
    )
    .min(1),
});
export type ReportPlan = z.output<typeof reportPlanSchema>;
export type SystemPlan = ReportPlan['systems'][number];

/** @throws UserError for a file that breaks the schema: every mistake with the address of its key */
export function readReportPlan(file: string): ReportPlan {
  const document = parseDocument(readTextFile(file));
  const [broken] = document.errors;
  if (broken) throw new UserError({ what: broken.message.split('\n')[0], where: file, mend: 'correct the YAML' });
  const result = reportPlanSchema.safeParse(document.toJS());
  if (result.success) return result.data;
  const lines = result.error.issues.map(({ path, message }) => `${path.join('.') || '(top)'}: ${message}`);
  throw new UserError({ what: `the report's plan has mistakes:\n  ${lines.join('\n  ')}`, where: file });
}
