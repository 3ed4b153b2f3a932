import { shareOf, type Overview, type OverviewStage } from './overview.ts';
import { duration } from './progress.ts';

const BAR = 20;

/** The overview as lines of text: what is done, what runs and how far it is, what waits. At most `rows` of them, each of at most `columns`. */
export function overviewLines(title: string, overview: Overview, rows: number, columns: number): string[] {
  const { stages, secondsLeft } = overview;
  const over = stages.filter(({ state }) => state.kind === 'done' || state.kind === 'reused');
  const gone = duration((overview.now() - overview.started) / 1000);
  const left = secondsLeft ? `, up to ${duration(secondsLeft)} left` : '';
  const header = `${title}: ${over.length} of ${stages.length} stages, ${gone}${left}`;
  return [header, ...fitted(overview, Math.max(rows - 1, 4))].map((line) => cut(line, columns));
}

/** A line a stage; where there is no room for all, those that are over and those that wait are counted. */
function fitted(overview: Overview, rows: number): string[] {
  const { stages } = overview;
  const width = Math.max(...stages.map(({ name }) => name.length));
  const line = (stage: OverviewStage) => stageLine(stage, overview, width);
  if (stages.length <= rows) return stages.map(line);
  const of = (...kinds: string[]) => stages.filter(({ state }) => kinds.includes(state.kind));
  const [over, now, waiting] = [of('done', 'reused'), of('running', 'failed', 'stopped'), of('waiting')];
  const shown = waiting.slice(0, Math.max(0, rows - 2 - now.length));
  const more = waiting.length - shown.length;
  return [
    `✓ ${of('done').length} done, ${over.length - of('done').length} reused`,
    ...now.map(line),
    ...shown.map(line),
    ...(more > 0 ? [`  … and ${more} more wait`] : []),
  ];
}

function stageLine(stage: OverviewStage, overview: Overview, width: number): string {
  const { name, state, expected } = stage;
  const padded = name.padEnd(width);
  switch (state.kind) {
    case 'done':
      return `✓ ${padded}  ${duration(state.seconds)}`;
    case 'reused':
      return `= ${padded}  reused`;
    case 'failed':
      return `✗ ${padded}  failed`;
    case 'stopped':
      return `■ ${padded}  stopped; the same command goes on`;
    case 'waiting':
      return `  ${padded}  ${expected === undefined ? '' : `about ${duration(expected)}`}`.trimEnd();
    case 'running': {
      const seconds = overview.secondsOf(stage);
      const parts = [duration(seconds), expected !== undefined && leftOf(expected - seconds), state.line];
      return `▶ ${padded}  ${bar(state.line)}${parts.filter(Boolean).join(', ')}`;
    }
  }
}

const leftOf = (seconds: number) => (seconds > 0 ? `about ${duration(seconds)} left` : 'longer than the last time');

function bar(line: string): string {
  const share = shareOf(line);
  if (!share) return '';
  const filled = Math.round((BAR * share[0]) / share[1]);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} `;
}

const cut = (line: string, columns: number) => (line.length < columns ? line : `${line.slice(0, columns - 2)}…`);

/** Where the overview is drawn: a terminal. */
export type Terminal = Pick<NodeJS.WriteStream, 'write' | 'rows' | 'columns'>;

/** Draws the overview at the bottom of a terminal, over what it drew before; other lines go above it and stay. */
export class LiveOverview {
  private drawn = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly title: string,
    readonly overview: Overview,
    private readonly terminal: Terminal,
  ) {
    this.timer = setInterval(() => this.draw(), 1000).unref();
    this.draw();
  }

  /** A line for the reader that isn't overwritten. */
  say(line: string): void {
    this.clear();
    this.terminal.write(`${line}\n`);
    this.draw();
  }

  draw(): void {
    const { rows = 24, columns = 80 } = this.terminal;
    const lines = overviewLines(this.title, this.overview, rows - 1, columns);
    this.clear();
    this.terminal.write(`${lines.join('\n')}\n`);
    this.drawn = lines.length;
  }

  /** Leave it as it is. */
  stop(): void {
    clearInterval(this.timer);
    this.draw();
  }

  private clear(): void {
    if (this.drawn > 0) this.terminal.write(`\x1b[${this.drawn}A\r\x1b[0J`);
    this.drawn = 0;
  }
}
