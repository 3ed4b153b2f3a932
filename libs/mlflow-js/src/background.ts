import type { Worker } from 'node:worker_threads';
import { startWorker } from '@egolab/foundation';

/** What a delivery thread is told. */
export type Command =
  | { kind: 'follow'; folder: string; systemMetricsSeconds: number }
  /** deliver the rest of a run and answer with Drained */
  | { kind: 'drain'; folder: string };

export interface Drained {
  folder: string;
  /** why records wait for a later delivery */
  problem?: string;
}

/** One delivery thread for each journal folder and server: training's own thread only appends to a file. */
const threads = new Map<string, Background>();

export class Background {
  readonly #key: string;
  readonly #worker: Worker;
  readonly #followed = new Set<string>();
  readonly #waiting = new Map<string, (result: Drained) => void>();
  #failure: string | undefined;

  static of(journal: string, uri: string): Background {
    const key = `${journal}\n${uri}`;
    let background = threads.get(key);
    if (!background) threads.set(key, (background = new Background(key, journal, uri)));
    return background;
  }

  private constructor(key: string, journal: string, uri: string) {
    this.#key = key;
    this.#worker = startWorker(new URL('./background-worker.ts', import.meta.url), { workerData: { journal, uri } });
    this.#worker.on('message', (result: Drained) => this.#settle(result));
    this.#worker.on('error', (error) => this.#stop(error.message));
    this.#worker.on('exit', () => this.#stop('the delivery thread ended'));
    this.#worker.unref(); // a run that isn't finished must not keep the process alive
  }

  follow(folder: string, systemMetricsSeconds: number): void {
    this.#followed.add(folder);
    this.#tell({ kind: 'follow', folder, systemMetricsSeconds });
  }

  /** Deliver the rest and let go of the run; says what still waits, e.g. because the server is away. */
  async drain(folder: string): Promise<Drained> {
    const result = await new Promise<Drained>((resolve) => {
      this.#waiting.set(folder, resolve);
      this.#worker.ref();
      if (this.#failure === undefined) this.#tell({ kind: 'drain', folder });
      else this.#settle({ folder, problem: this.#failure });
    });
    this.#followed.delete(folder);
    if (this.#followed.size === 0) {
      threads.delete(this.#key);
      await this.#worker.terminate();
    }
    return result;
  }

  #tell(command: Command): void {
    this.#worker.postMessage(command);
  }

  #settle(result: Drained): void {
    this.#waiting.get(result.folder)?.(result);
    this.#waiting.delete(result.folder);
    if (this.#waiting.size === 0) this.#worker.unref();
  }

  /** The journal has everything; `sync` delivers it later. */
  #stop(problem: string): void {
    this.#failure ??= problem;
    threads.delete(this.#key);
    for (const folder of [...this.#waiting.keys()]) this.#settle({ folder, problem });
  }
}
