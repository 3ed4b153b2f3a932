import { SingleBar } from 'cli-progress';

/** Shows how long work goes on: a bar on a terminal, plain lines elsewhere. */
export interface ProgressReporter {
  /** @param done units done before, by an earlier run that this one goes on from */
  start(total: number, done?: number): void;
  /** @param values shown beside the bar, in their order */
  update(done: number, values?: Record<string, number>): void;
  /** a line of text, not overwritten by the bar */
  note(text: string): void;
  stop(): void;
}

export interface ProgressOptions {
  title: string;
  /** where it is shown, standard error unless given: standard output is for results */
  stream?: NodeJS.WritableStream & { isTTY?: boolean };
  /** milliseconds; replaced in tests */
  now?: () => number;
}

/** Without a terminal: a line at each tenth of the work, and at least every so many milliseconds. */
const PLAIN_INTERVAL = 10_000;

/** A reporter that fits the stream. */
export function createProgress({ title, stream = process.stderr, now = Date.now }: ProgressOptions): ProgressReporter {
  return stream.isTTY ? new BarProgress(title, stream, now) : new PlainProgress(title, stream, now);
}

/** Shows nothing. */
export const silent: ProgressReporter = { start: () => {}, update: () => {}, note: () => {}, stop: () => {} };

/** Estimates the time left from the rate since the start. */
class Clock {
  private started = 0;
  private before = 0;
  total = 0;

  constructor(private readonly now: () => number) {}

  start(total: number, done: number): void {
    [this.started, this.total, this.before] = [this.now(), total, done];
  }

  left(done: number): string {
    const rate = (done - this.before) / (this.now() - this.started);
    return Number.isFinite(rate) && rate > 0 ? duration((this.total - done) / rate) : '?';
  }

  elapsed(): number {
    return this.now() - this.started;
  }
}

class PlainProgress implements ProgressReporter {
  private readonly clock: Clock;
  private lastShown = 0;
  private lastTenth = 0;

  constructor(
    private readonly title: string,
    private readonly stream: NodeJS.WritableStream,
    now: () => number,
  ) {
    this.clock = new Clock(now);
  }

  start(total: number, done = 0): void {
    this.clock.start(total, done);
    this.lastTenth = Math.floor((10 * done) / total);
    this.note(done > 0 ? `going on at ${done} of ${total}` : `0 of ${total}`);
  }

  update(done: number, values: Record<string, number> = {}): void {
    const tenth = Math.floor((10 * done) / this.clock.total);
    const elapsed = this.clock.elapsed();
    if (tenth === this.lastTenth && elapsed - this.lastShown < PLAIN_INTERVAL) return;
    [this.lastTenth, this.lastShown] = [tenth, elapsed];
    const percent = Math.floor((100 * done) / this.clock.total);
    this.note(
      [`${percent} % ${done}/${this.clock.total}`, details(values), `${this.clock.left(done)} left`]
        .filter(Boolean)
        .join(', '),
    );
  }

  note(text: string): void {
    this.stream.write(`${this.title}: ${text}\n`);
  }

  stop(): void {
    this.note(`took ${duration(this.clock.elapsed())}`);
  }
}

class BarProgress implements ProgressReporter {
  private readonly clock: Clock;
  private readonly bar: SingleBar;

  constructor(
    private readonly title: string,
    private readonly stream: NodeJS.WritableStream,
    now: () => number,
  ) {
    this.clock = new Clock(now);
    this.bar = new SingleBar({
      format: `${title} {bar} {percentage}% {value}/{total} {details} {left} left`,
      stream,
      barsize: 24,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      hideCursor: false, // a killed process must not leave the terminal without one
      gracefulExit: false, // signals are for training to handle
      emptyOnZero: true,
    });
  }

  start(total: number, done = 0): void {
    this.clock.start(total, done);
    this.bar.start(total, done, { details: '', left: '?' });
  }

  update(done: number, values: Record<string, number> = {}): void {
    this.bar.update(done, { details: details(values), left: this.clock.left(done) });
  }

  note(text: string): void {
    this.stream.write(`\r\x1b[K${this.title}: ${text}\n`);
  }

  stop(): void {
    this.bar.stop();
  }
}

const details = (values: Record<string, number>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${significant(value)}`)
    .join(' ');

/** Four digits that matter. */
const significant = (value: number): string =>
  Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));

/** Milliseconds as people say them: 42 s, 3 min 20 s, 5 h 3 min. */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
