/** Lets at most `limit` tasks run at a time; the others wait in the order they came. */
export class Semaphore {
  readonly limit: number;
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(limit: number) {
    if (!(limit >= 1)) throw new Error(`expected a limit of at least 1, got ${limit}`);
    this.limit = Math.floor(limit);
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.running === this.limit) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running++;
    try {
      return await task();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}
