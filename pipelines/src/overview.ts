import { UserError } from '@egolab/foundation';
import { dvcEvent, isStopped } from './dvc-output.ts';
import { readRun } from './run-folder.ts';

/** Where a stage of a whole run stands. */
export type StageState =
  | { kind: 'waiting' }
  | { kind: 'running'; since: number; line: string }
  | { kind: 'reused' }
  | { kind: 'done'; seconds: number }
  | { kind: 'failed' }
  /** by a signal: the same command goes on */
  | { kind: 'stopped' };

export interface OverviewStage {
  name: string;
  /** seconds that it took the last time; undefined: never ran here */
  expected: number | undefined;
  state: StageState;
}

/**
 * Stages before anything runs, in the order in which they will run. What each took the last time is read now, because DVC deletes a
 * stage's results before it runs.
 */
export function overviewStages(names: readonly string[], folderOf: (stage: string) => string): OverviewStage[] {
  return names.map((name) => ({ name, expected: lastWallTime(folderOf(name)), state: { kind: 'waiting' } }));
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

/** Lines that only say how far a stage is: both kinds of progress reporters write `3/10`. */
const PROGRESS = /(?:^|\s)(\d+)\/(\d+)\b/;

/** A whole run: its stages, and what is left of it. */
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

  /** For the lines of one `dvc repro`; several may run at the same time. */
  lane(): Lane {
    return new Lane(this);
  }

  stage(name: string): OverviewStage | undefined {
    return this.byName.get(name);
  }

  /** Seconds that the rest takes if all of it runs, takes as long as the last time and nothing runs beside it; undefined where a stage never ran here. */
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
}

/** Follows one `dvc repro` by what it and its stages write. */
export class Lane {
  /** the stage that started last */
  private current: OverviewStage | undefined;

  constructor(private readonly overview: Overview) {}

  /** Take a line of DVC's. @returns whether it says no more than the view shows */
  readDvc(line: string): boolean {
    const event = dvcEvent(line);
    const stage = event && this.overview.stage(event.stage);
    if (!stage) return false;
    if (event.kind === 'failed') {
      stage.state = { kind: 'failed' };
      return false;
    }
    this.finishRunning();
    this.current = stage;
    stage.state =
      event.kind === 'reused' ? { kind: 'reused' } : { kind: 'running', since: this.overview.now(), line: '' };
    return true;
  }

  /** Take a line of the running stage. @returns whether it says no more than how far the stage is */
  readStage(line: string): boolean {
    const state = this.current?.state;
    if (state?.kind !== 'running' || !PROGRESS.test(line)) return false;
    this.current!.state = { ...state, line: line.trim() };
    return true;
  }

  /** DVC has ended: with 0, with its own code, or with 128 + the signal that stopped it. */
  end(code: number): void {
    if (code === 0) this.finishRunning();
    else if (this.current && this.current.state.kind !== 'done' && this.current.state.kind !== 'reused')
      this.current.state = { kind: isStopped(code) ? 'stopped' : 'failed' };
  }

  private finishRunning(): void {
    const { current } = this;
    if (current?.state.kind === 'running') current.state = { kind: 'done', seconds: this.overview.secondsOf(current) };
  }
}

/** Done and all of what a stage's last line says, `[3, 10]`. */
export function shareOf(line: string): [done: number, total: number] | undefined {
  const found = PROGRESS.exec(line);
  if (!found) return undefined;
  const [done, total] = [Number(found[1]), Number(found[2])];
  return total > 0 && done <= total ? [done, total] : undefined;
}
