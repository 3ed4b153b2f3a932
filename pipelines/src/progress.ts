import { SingleBar, Presets } from 'cli-progress';

/** One part of a stage's work. */
export interface Phase {
  /** `done` more units are finished */
  advance(done?: number): void;
  end(): void;
}

/** What a stage shows of its work outside training (which has its own reporter). */
export interface Progress {
  /** Begin a part of the work; with its number of units (`total`) there is a bar with rate and time left. */
  phase(title: string, total?: number): Phase;
  /** One line for the reader. */
  note(text: string): void;
}

/** A bar on a terminal; elsewhere one line at each tenth of the work. Everything goes to stderr. */
export function consoleProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const say = (text: string) => void stream.write(`${text}\n`);
  return {
    note: say,
    phase: (title, total) =>
      stream.isTTY && total !== undefined ? barPhase(stream, title, total) : linePhase(say, title, total),
  };
}

export const silentProgress: Progress = { phase: () => ({ advance() {}, end() {} }), note() {} };

function barPhase(stream: NodeJS.WriteStream, title: string, total: number): Phase {
  const format = `${title} {bar} {value}/{total}  {rate}/s  {eta_formatted} left`;
  const bar = new SingleBar({ stream, format, hideCursor: true, fps: 10, barsize: 24 }, Presets.shades_classic);
  const started = performance.now();
  let value = 0;
  bar.start(total, 0, { rate: '-' });
  return {
    advance(done = 1) {
      value += done;
      bar.update(value, { rate: rate(value, started) });
    },
    end: () => bar.stop(),
  };
}

function linePhase(say: (text: string) => void, title: string, total: number | undefined): Phase {
  const started = performance.now();
  let value = 0;
  say(total === undefined ? `${title} …` : `${title} … (${total})`);
  return {
    advance(done = 1) {
      const before = value;
      value += done;
      if (
        total === undefined ||
        value >= total ||
        Math.floor((10 * before) / total) === Math.floor((10 * value) / total)
      )
        return;
      say(
        `${title}: ${value}/${total}, ${rate(value, started)}/s, ${duration((((performance.now() - started) / value) * (total - value)) / 1000)} left`,
      );
    },
    end: () => say(`${title}: done in ${duration((performance.now() - started) / 1000)}`),
  };
}

const rate = (value: number, started: number) =>
  ((value * 1000) / Math.max(performance.now() - started, 1)).toPrecision(3);

/** `95 s`, `12 min`, `3.4 h` */
export function duration(seconds: number): string {
  if (seconds < 100) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  return seconds < 6000 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
