const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Notices that the run should stop: Ctrl-C, SIGTERM, or the caller's signal. The first asks, and the run saves and ends;
 * a second Ctrl-C ends the process at once, which loses nothing that was saved.
 */
export class Interruption {
  private asked = false;
  private readonly onSignal = () => {
    this.asked = true;
    this.release();
  };

  constructor(private readonly signal?: AbortSignal) {
    for (const name of SIGNALS) process.on(name, this.onSignal);
  }

  /** True from the moment that a stop was asked for. Signals arrive between turns of the event loop, so this takes one. */
  async requested(): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.asked || this.signal?.aborted === true;
  }

  /** Give Ctrl-C its usual meaning back. */
  release(): void {
    for (const name of SIGNALS) process.off(name, this.onSignal);
  }
}
