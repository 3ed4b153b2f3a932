import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { digest } from '@egolab/experiment';
import { readJsonFile, UserError } from '@egolab/foundation';

/** Without these a number isn't shown. */
export interface Provenance {
  stage: string;
  preset: string;
  /** MLflow's */
  runId: string;
  /** commit */
  revision: string;
  /** whether the tree had other changes than the commit's */
  dirty: boolean;
  /** of the datasets that the run read */
  dataDigest: string;
  device: string;
  seed: number;
  startTime: string;
  /** seconds, of the last attempt if it was interrupted */
  wallTime: number;
}

/** A finished run of a stage. */
export interface StageRun {
  folder: string;
  provenance: Provenance;
  metrics: unknown;
  /** outcomes.json, values by question; undefined where the stage writes none */
  outcomes: unknown;
  /** run.json as it is */
  record: Record<string, unknown>;
  /** data and scale are the paper's: preset `paper` as it is, datasets of the user's own */
  paperScale: boolean;
}

/** What became of a stage: its run, or why there is no number. */
export type StageOutcome = StageRun | { missing: string };

const recordSchema = z.object({
  key: z.string().optional(),
  preset: z.string(),
  sets: z.array(z.string()),
  parameters: z.record(z.string(), z.unknown()),
  inputs: z.record(z.string(), z.object({ stage: z.string(), key: z.string() })),
  datasets: z.array(z.object({ digest: z.string() })),
  git: z.object({ revision: z.string().nullable(), dirty: z.boolean().nullable() }),
  device: z.string(),
  mlflowRunId: z.string(),
  seed: z.number(),
  startTime: z.string(),
  wallTime: z.number().nonnegative(),
});

/**
 * Read `artifacts/<preset>/<stage>/`. A stage that hasn't run, or whose record lacks run id, revision or data, gives no number and says why.
 *
 * @throws UserError for a run.json that isn't a run's record
 */
export function readStageRun(folder: string, stage: string): StageOutcome {
  const file = join(folder, 'run.json');
  if (!existsSync(file) || !existsSync(join(folder, 'metrics.json'))) return { missing: 'not run' };
  const record = readJsonFile(file);
  const parsed = recordSchema.safeParse(record);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message }) => `${path.join('.') || '(top)'}: ${message}`);
    throw new UserError({ what: `the run's record has mistakes:\n  ${lines.join('\n  ')}`, where: file });
  }
  const { preset, git, device, mlflowRunId, seed, startTime, wallTime } = parsed.data;
  const dataDigest = dataDigestOf(folder, parsed.data);
  if (!git.revision) return { missing: 'its run has no revision' };
  if (!mlflowRunId) return { missing: 'its run has no id' };
  if (!device) return { missing: 'its run names no device' };
  if (!dataDigest) return { missing: 'its run names no data' };
  const provenance = { stage, preset, runId: mlflowRunId, revision: git.revision, dirty: git.dirty !== false, dataDigest, device, seed, startTime, wallTime }; // prettier-ignore
  return {
    folder,
    provenance,
    metrics: readJsonFile(join(folder, 'metrics.json')),
    outcomes: existsSync(join(folder, 'outcomes.json')) ? readJsonFile(join(folder, 'outcomes.json')) : undefined,
    record: record as Record<string, unknown>,
    paperScale: isPaperScale(parsed.data),
  };
}

type RunFields = z.output<typeof recordSchema>;

/**
 * Of the datasets where the run lists them; else the key of the stage that made or checked them: the run's own where it reads none, its
 * input `data`, or what its inputs were made from.
 */
function dataDigestOf(folder: string, { datasets, inputs, key, preset }: RunFields): string | undefined {
  if (datasets.length > 0) return joined(datasets.map((each) => each.digest));
  if (inputs['data']) return inputs['data'].key;
  const read = Object.values(inputs);
  if (read.length === 0) return key;
  const digests = read.map((input) => {
    const places = [dirname(folder), join(dirname(dirname(folder)), preset)].map((place) => join(place, input.stage));
    for (const place of places.filter((each) => existsSync(join(each, 'run.json')))) {
      const { success, data } = recordSchema.safeParse(readJsonFile(join(place, 'run.json')));
      if (success && data.key === input.key) return dataDigestOf(place, data);
    }
    return undefined;
  });
  const known = digests.filter((each) => each !== undefined);
  return known.length === digests.length ? joined(known) : undefined;
}

/** One digest of several. */
function joined(digests: readonly string[]): string {
  const distinct = [...new Set(digests)].sort();
  return distinct.length === 1 ? distinct[0] : digest(distinct);
}

/** Preset `paper`, of which nothing but the place of the data is changed, and every section that can name a data folder names one. */
function isPaperScale({ preset, sets, parameters }: RunFields): boolean {
  const roots = Object.values(parameters).flatMap((section) =>
    typeof section === 'object' && section !== null && 'root' in section ? [section.root] : [],
  );
  const unchanged = sets.every((set) => /^[\w-]+\.root=/.test(set));
  return preset === 'paper' && unchanged && roots.length > 0 && roots.every((root) => typeof root === 'string');
}
