/** The user or the scheduler stopped the run; what it goes on from is saved. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly exitCode: number;

  constructor(cause: StopSignal, mend: string) {
    super(`stopped (${cause}); what was done is saved\n  ${mend}`);
    this.exitCode = exitCodes[cause];
  }
}

export type StopSignal = 'SIGINT' | 'SIGTERM';

/** 128 + the signal's number, as shells report it. */
const exitCodes: Record<StopSignal, number> = { SIGINT: 130, SIGTERM: 143 };

/**
 * Turn Ctrl-C and SIGTERM into an AbortSignal; its `reason` is the signal's name. A second one ends the process at once, which loses
 * nothing but the work since the last save.
 */
export function catchStopSignals(say: (text: string) => void): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const handle = (name: StopSignal) => {
    if (controller.signal.aborted) process.exit(exitCodes[name]);
    say(`${name}: saving what is done (once more to stop at once)`);
    controller.abort(name);
  };
  const names: StopSignal[] = ['SIGINT', 'SIGTERM'];
  for (const name of names) process.on(name, handle);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of names) process.off(name, handle);
    },
  };
}
