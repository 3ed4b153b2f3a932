import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ablationName, digest, parseOverride } from '@egolab/experiment';
import { readJsonFile, writeFileAtomic } from '@egolab/foundation';
import { readRun } from '../run-folder.ts';
import type { OpenTracker, TrackedRun } from '../tracker.ts';
import type { Workspace } from '../workspace.ts';
import { measuredStages, variantOf, type AblationRun, type AblationRuns } from './runs.ts';
import { measuredOf, renderTable, type AblationTable } from './table.ts';

export interface TrackOptions {
  sets: readonly string[];
  workspace: Workspace;
  openTracker: OpenTracker;
  say(text: string): void;
}

/** What earlier calls of the same ablation have tracked. */
interface Remembered {
  parent: string | null;
  /** `<variant>/<seed>` -> hash of the results that its run shows */
  children: Record<string, string>;
}

/**
 * An ablation in the tracker: one parent run, and a child run for each variant and seed with its overrides as parameters and what was
 * measured. The runs of the stages are named in the children's tags. What an earlier call has tracked isn't tracked again.
 */
export class AblationTracker {
  readonly #options: TrackOptions;
  readonly #grid: AblationRuns;
  readonly #folder: string;
  #parent: Promise<TrackedRun> | undefined;
  #logged: Promise<unknown> = Promise.resolve();

  constructor(grid: AblationRuns, options: TrackOptions) {
    this.#grid = grid;
    this.#options = options;
    const choice = digest({ preset: grid.preset, sets: options.sets }).slice(0, 8);
    this.#folder = join(options.workspace.state, 'ablations', ablationName(grid.ablation), choice);
  }

  /** Track a run whose results are there; one at a time, so that workers that finish together don't track it twice. */
  log(run: AblationRun): Promise<void> {
    const logged = this.#logged.then(() => this.#logUnlessKnown(run));
    this.#logged = logged.catch(() => {});
    return logged;
  }

  async #logUnlessKnown(run: AblationRun): Promise<void> {
    const { ablation, preset } = this.#grid;
    const variant = variantOf(ablation, run);
    const stages = measuredStages(ablation, variant);
    const records = stages.map((stage) => readRun(run.folders[stage])!);
    const key = digest([records.map((record) => [record.key, record.mlflowRunId]), ablation.evaluate]);
    const name = `${run.variant}/${run.seed}`;
    if (this.#remembered().children[name] === key) return;
    const parent = await this.#open();
    const child = await this.#options.openTracker({
      ...this.#common(),
      name: `${variant.title}, seed ${run.seed}`,
      params: { variant: run.variant, seed: run.seed, ...Object.fromEntries(run.sets.map(keyAndValue)) },
      tags: {
        ablation: ablationName(ablation),
        variant: run.variant,
        preset,
        ...Object.fromEntries(records.map((record) => [`run of ${record.stage}`, record.mlflowRunId])),
      },
      runId: null,
      parentRunId: parent.runId,
    });
    const values = measuredOf(this.#grid, run);
    const metrics = ablation.evaluate.flatMap(({ id }, i) => (values[i] === null ? [] : [[id, values[i]] as const]));
    child.logMetrics(Object.fromEntries(metrics), 0);
    await child.finish('FINISHED');
    const remembered = this.#remembered();
    this.#remember({ ...remembered, children: { ...remembered.children, [name]: key } });
  }

  /** End the parent run, if this call has opened it. */
  async finish(table: AblationTable, complete: boolean): Promise<void> {
    if (!this.#parent) return;
    const parent = await this.#parent;
    for (const [file, content] of [
      ['table.txt', `${renderTable(table)}\n`],
      ['table.json', `${JSON.stringify(table, null, 2)}\n`],
    ]) {
      writeFileAtomic(join(this.#folder, file), content);
      parent.logArtifact(join(this.#folder, file));
    }
    await parent.finish(complete ? 'FINISHED' : 'KILLED');
  }

  #open(): Promise<TrackedRun> {
    this.#parent ??= (async () => {
      const { ablation, preset, seeds } = this.#grid;
      const parent = await this.#options.openTracker({
        ...this.#common(),
        name: `${ablationName(ablation)} ${[preset, ...this.#options.sets].join(' ')}`,
        params: { ablation: ablationName(ablation), preset, baseline: ablation.baseline, sets: this.#options.sets },
        tags: { ablation: ablationName(ablation), preset, seeds: seeds.join(', '), source: ablation.source },
        runId: this.#remembered().parent,
      });
      this.#remember({ ...this.#remembered(), parent: parent.runId });
      return parent;
    })();
    return this.#parent;
  }

  #common() {
    const { workspace, say } = this.#options;
    const { experiment, server } = this.#grid.runs[0].plan.config.tracking;
    return { experiment, server, journal: workspace.journal, say };
  }

  get #file(): string {
    return join(this.#folder, 'tracked.json');
  }

  #remembered(): Remembered {
    return existsSync(this.#file) ? (readJsonFile(this.#file) as Remembered) : { parent: null, children: {} };
  }

  #remember(remembered: Remembered): void {
    writeFileAtomic(this.#file, `${JSON.stringify(remembered, null, 2)}\n`);
  }
}

function keyAndValue(set: string): [string, unknown] {
  const { path, value } = parseOverride(set);
  return [path.join('.'), value];
}
