import { UserError } from '@egolab/foundation';
import { readRun } from './run-folder.ts';
import type { Plan } from './plan.ts';

/** Where a stage of a whole run stands. */
export type StageState =
  | { kind: 'waiting' }
  | { kind: 'running'; since: number; line: string }
  | { kind: 'reused' }
  | { kind: 'done'; seconds: number }
  | { kind: 'failed' };

export interface OverviewStage {
  name: string;
  /** seconds that it took the last time; undefined: never ran here */
  expected: number | undefined;
  state: StageState;
}

/**
 * The stages of `plan` before anything runs, in running order. What each took the last time is read now, because DVC deletes a stage's
 * results before it runs.
 */
export function overviewStages({ stages, folderOf }: Plan, wanted: ReadonlySet<string>): OverviewStage[] {
  return [...stages.keys()]
    .filter((name) => wanted.has(name))
    .map((name) => ({ name, expected: lastWallTime(folderOf(name)), state: { kind: 'waiting' } }));
}

/** Of a result that can't be read nothing is known; the stage itself will say so. */
function lastWallTime(folder: string): number | undefined {
  try {
    return readRun(folder)?.wallTime;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

const STARTS = /^Running stage '([^'@]+)@/;
const REUSED = /^Stage '([^'@]+)@[^']*' (?:didn't change, skipping|is cached - skipping run)/;
const FAILED = /failed to reproduce '([^'@]+)@/;
/** Lines that only say how far a stage is: both kinds of progress reporters write `3/10`. */
const PROGRESS = /(?:^|\s)(\d+)\/(\d+)\b/;

/** Follows `dvc repro` by what it and its stages write. */
export class Overview {
  private readonly byName: ReadonlyMap<string, OverviewStage>;
  readonly started: number;

  /** @param now milliseconds */
  constructor(
    readonly stages: readonly OverviewStage[],
    readonly now: () => number = Date.now,
  ) {
    this.byName = new Map(stages.map((stage) => [stage.name, stage]));
    this.started = now();
  }

  /** Take a line of DVC's. */
  readDvc(line: string): void {
    const [, starts] = STARTS.exec(line) ?? [];
    const [, reused] = REUSED.exec(line) ?? [];
    const [, failed] = FAILED.exec(line) ?? [];
    if (starts !== undefined || reused !== undefined) this.finishRunning();
    this.set(starts, { kind: 'running', since: this.now(), line: '' });
    this.set(reused, { kind: 'reused' });
    this.set(failed, { kind: 'failed' });
  }

  /** Take a line of the running stage. @returns whether it says no more than how far the stage is */
  readStage(line: string): boolean {
    const { running } = this;
    if (!running || !PROGRESS.test(line)) return false;
    running.state = { ...(running.state as StageState & { kind: 'running' }), line: line.trim() };
    return true;
  }

  /** DVC has ended. */
  end(succeeded: boolean): void {
    if (succeeded) this.finishRunning();
    else if (this.running) this.running.state = { kind: 'failed' };
  }

  get running(): OverviewStage | undefined {
    return this.stages.find(({ state }) => state.kind === 'running');
  }

  /** Seconds that the rest takes if all of it runs and takes as long as the last time; undefined where a stage never ran here. */
  get secondsLeft(): number | undefined {
    const left = this.stages
      .filter(({ state }) => state.kind === 'waiting' || state.kind === 'running')
      .map((stage) => stage.expected && Math.max(0, stage.expected - this.secondsOf(stage)));
    return left.includes(undefined) ? undefined : left.reduce<number>((sum, seconds) => sum + seconds!, 0);
  }

  /** Seconds that a stage has run. */
  secondsOf({ state }: OverviewStage): number {
    if (state.kind === 'done') return state.seconds;
    return state.kind === 'running' ? (this.now() - state.since) / 1000 : 0;
  }

  private finishRunning(): void {
    const { running } = this;
    if (running) running.state = { kind: 'done', seconds: this.secondsOf(running) };
  }

  private set(name: string | undefined, state: StageState): void {
    const stage = name === undefined ? undefined : this.byName.get(name);
    if (stage) stage.state = state;
  }
}

/** Done and all of what a stage's last line says, `[3, 10]`. */
export function shareOf(line: string): [done: number, total: number] | undefined {
  const found = PROGRESS.exec(line);
  if (!found) return undefined;
  const [done, total] = [Number(found[1]), Number(found[2])];
  return total > 0 && done <= total ? [done, total] : undefined;
}
