const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** A program between the terminal and this one may pass Ctrl-C on although the terminal already did: milliseconds. */
const SAME_REQUEST = 1000;

/**
 * Notices that the run should stop: Ctrl-C, SIGTERM, or the caller's signal. The first asks, and the run saves and ends; a
 * later one ends the process at once, which loses nothing that was saved.
 */
export class Interruption {
  private askedAt: number | undefined;
  private readonly onSignal = (name: NodeJS.Signals) => {
    this.askedAt ??= performance.now();
    if (performance.now() - this.askedAt < SAME_REQUEST) return;
    this.release();
    process.kill(process.pid, name);
  };

  constructor(private readonly signal?: AbortSignal) {
    for (const name of SIGNALS) process.on(name, this.onSignal);
  }

  /** True from the moment that a stop was asked for. Signals arrive between turns of the event loop, so this takes one. */
  async requested(): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.askedAt !== undefined || this.signal?.aborted === true;
  }

  /** Give Ctrl-C its usual meaning back. */
  release(): void {
    for (const name of SIGNALS) process.off(name, this.onSignal);
  }
}
