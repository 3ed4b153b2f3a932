import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonFile } from '@egolab/foundation';

const cursorSchema = z.object({ server: z.url(), runId: z.string(), artifactUri: z.string() });

/**
 * The page of a run at the MLflow server that its records went to; undefined for a run whose records no server has.
 *
 * @param journal folder of the tracking records
 * @param runId as run.json has it; the server has its own
 */
export function mlflowPage(journal: string, runId: string): string | undefined {
  const file = join(journal, runId, 'cursor.json');
  if (!/^\w+$/.test(runId) || !existsSync(file)) return undefined;
  const cursor = cursorSchema.safeParse(readJsonFile(file));
  if (!cursor.success) return undefined;
  const { server, runId: serverId, artifactUri } = cursor.data;
  const experiment = artifactUri.split('/').at(-3); // …/<experiment>/<run>/artifacts
  return `${server.replace(/\/$/, '')}/#/experiments/${experiment}/runs/${serverId}`;
}
