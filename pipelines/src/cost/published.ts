import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { devicesSchema, type Device } from '@egolab/cost-model';
import { readTextFile, UserError } from '@egolab/foundation';
import { workspace } from '../workspace.ts';

const count = z.number().int().positive();

const publishedSchema = z.strictObject({
  /** samples an epoch by stage */
  examples: z.record(z.string(), z.strictObject({ number: count, source: z.string().min(1) })),
  /** machines and hours that a paper states */
  runs: z.array(
    z.strictObject({
      stages: z.array(z.string()).min(1),
      preset: z.string(),
      devices: count,
      device: z.string(),
      hours: z.number().positive().nullable(),
      source: z.string().min(1),
    }),
  ),
});
export type Published = z.infer<typeof publishedSchema>;

/** What the papers say of their own runs (experiments/plan/published.yaml). */
export function readPublished(folder = join(workspace.root, 'experiments/plan')): Published {
  return readYaml(join(folder, 'published.yaml'), publishedSchema);
}

/** Kinds of devices (experiments/plan/devices.yaml). */
export function readDevices(folder = join(workspace.root, 'experiments/plan')): Record<string, Device> {
  return readYaml(join(folder, 'devices.yaml'), devicesSchema);
}

function readYaml<Schema extends z.ZodType>(file: string, schema: Schema): z.output<Schema> {
  const document = parseDocument(readTextFile(file));
  const [broken] = document.errors;
  if (broken) throw new UserError({ what: `not YAML: ${broken.message.split('\n')[0]}`, where: file });
  const parsed = schema.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  throw new UserError({ what: z.prettifyError(parsed.error), where: file });
}
