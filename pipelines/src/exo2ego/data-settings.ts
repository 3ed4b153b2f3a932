import { z } from 'zod';
import { worldConfigSchema } from '@egolab/synthetic-world';

const count = z.number().int().positive();

/** The datasets. */
export const dataSettings = z.strictObject({
  /** folder that holds egoexo4d/, egoclip/, egoschema/, egoit/ and web/; null: the synthetic world below */
  root: z.string().nullable(),
  world: worldConfigSchema,
  /** captioned third-person videos and images of section 4.1: annotation file and media folder, or tar shards; paths below root */
  web: z.array(
    z.union([
      z.strictObject({
        annotations: z.string(),
        media: z.string(),
        format: z.enum(['panda-70m', 'webvid', 'vidal', 'internvid', 'cc-3m', 'dci', 'table']).optional(),
      }),
      z.strictObject({ shards: z.string() }),
    ]),
  ),
  /** equation 1 of section 3.1 */
  egoExoClip: z.strictObject({
    /** seconds */
    alpha: z.number().positive(),
    beta: z.enum(['pooled', 'per-narrator']),
  }),
  /** bytes of decoded clips kept on disk */
  cacheBytes: count,
});
export type DataSettings = z.infer<typeof dataSettings>;
