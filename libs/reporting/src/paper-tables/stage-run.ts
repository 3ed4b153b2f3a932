import { existsSync } from 'node:fs';
import { join } from 'node:path';
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
  startTime: string;
}

/** A finished run of a stage. */
export interface StageRun {
  provenance: Provenance;
  metrics: unknown;
  /** data and scale are the paper's: preset `paper` as it is, datasets of the user's own */
  paperScale: boolean;
}

/** What became of a stage: its run, or why there is no number. */
export type StageOutcome = StageRun | { missing: string };

const recordSchema = z.object({
  preset: z.string(),
  sets: z.array(z.string()),
  parameters: z.record(z.string(), z.unknown()),
  inputs: z.record(z.string(), z.object({ stage: z.string(), key: z.string() })),
  datasets: z.array(z.object({ digest: z.string() })),
  git: z.object({ revision: z.string().nullable(), dirty: z.boolean().nullable() }),
  device: z.string(),
  mlflowRunId: z.string(),
  startTime: z.string(),
});

/**
 * Read `artifacts/<preset>/<stage>/`. A stage that hasn't run, or whose record lacks run id, revision or data, gives no number and says why.
 *
 * @throws UserError for a run.json that isn't a run's record
 */
export function readStageRun(folder: string, stage: string): StageOutcome {
  const file = join(folder, 'run.json');
  if (!existsSync(file) || !existsSync(join(folder, 'metrics.json'))) return { missing: 'not run' };
  const parsed = recordSchema.safeParse(readJsonFile(file));
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message }) => `${path.join('.') || '(top)'}: ${message}`);
    throw new UserError({ what: `the run's record has mistakes:\n  ${lines.join('\n  ')}`, where: file });
  }
  const { preset, git, device, mlflowRunId, startTime } = parsed.data;
  const dataDigest = dataDigestOf(parsed.data);
  if (!git.revision) return { missing: 'its run has no revision' };
  if (!mlflowRunId) return { missing: 'its run has no id' };
  if (!device) return { missing: 'its run names no device' };
  if (!dataDigest) return { missing: 'its run names no data' };
  const provenance = { stage, preset, runId: mlflowRunId, revision: git.revision, dirty: git.dirty !== false, dataDigest, device, startTime }; // prettier-ignore
  return { provenance, metrics: readJsonFile(join(folder, 'metrics.json')), paperScale: isPaperScale(parsed.data) };
}

type RunFields = z.output<typeof recordSchema>;

/** Of the datasets where the run lists them, else the key of the stage that made or checked them. */
function dataDigestOf({ datasets, inputs }: RunFields): string | undefined {
  if (datasets.length === 1) return datasets[0].digest;
  if (datasets.length > 1) return digest(datasets.map((each) => each.digest).sort());
  return inputs['data']?.key;
}

/** Preset `paper`, of which nothing but the place of the data is changed, and every section that can name a data folder names one. */
function isPaperScale({ preset, sets, parameters }: RunFields): boolean {
  const roots = Object.values(parameters).flatMap((section) =>
    typeof section === 'object' && section !== null && 'root' in section ? [section.root] : [],
  );
  const unchanged = sets.every((set) => /^[\w-]+\.root=/.test(set));
  return preset === 'paper' && unchanged && roots.length > 0 && roots.every((root) => typeof root === 'string');
}
