import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { sha256, UserError, writeFileAtomic } from '@egolab/foundation';

/** One question's line. `predicted` is null where the answer names no option. */
export interface QuestionResult {
  readonly id: string;
  readonly group: string;
  /** index of the right option */
  readonly answer: number;
  readonly predicted: number | null;
  /** per option, for scoring by likelihood */
  readonly scores?: readonly number[];
  /** for generated answers: the model's own words */
  readonly text?: string;
}

/** What a results file was made with: another model, prompt or set of questions is another file. */
export type ResultsHeader = Readonly<Record<string, unknown>>;

/**
 * Results of a benchmark question by question, JSON lines: what is there already after an interruption is not computed again. A line
 * that was cut by it is dropped.
 */
export class ResultsFile<Result extends { readonly id: string } = QuestionResult> {
  private readonly known: Map<string, Result>;
  private readonly path: string;
  private readonly file: number;

  /**
   * @param header what the results depend on; a file of another header is begun anew
   * @throws UserError for a file that isn't a results file
   */
  constructor(path: string, header: ResultsHeader) {
    this.path = path;
    mkdirSync(dirname(path), { recursive: true });
    const key = sha256(JSON.stringify(header));
    const before = existsSync(path) ? readResults<Result>(path) : undefined;
    this.known = before?.key === key ? before.results : new Map<string, Result>();
    const lines = [
      JSON.stringify({ results: key, ...header }),
      ...[...this.known.values()].map((each) => JSON.stringify(each)),
    ];
    writeFileAtomic(path, `${lines.join('\n')}\n`);
    this.file = openSync(path, 'a');
  }

  has(id: string): boolean {
    return this.known.has(id);
  }

  get(id: string): Result | undefined {
    return this.known.get(id);
  }

  add(result: Result): void {
    if (this.known.has(result.id)) throw new Error(`${this.path}: question ${result.id} has a result already`);
    this.known.set(result.id, result);
    writeSync(this.file, `${JSON.stringify(result)}\n`);
  }

  all(): Result[] {
    return [...this.known.values()];
  }

  /** Results are safe on disk after this. */
  close(): void {
    fsyncSync(this.file);
    closeSync(this.file);
  }
}

/** The results in a file, by id, and the digest of its header. */
export function readResults<Result extends { readonly id: string } = QuestionResult>(
  path: string,
): { key: string; results: Map<string, Result> } {
  const lines = readFileSync(path, 'utf8').split('\n');
  lines.pop(); // after the last line's end there is nothing, or a line that was cut
  const parsed = lines.map((line, i) => parseLine(line, path, i + 1));
  const key = (parsed[0] as { results?: unknown } | undefined)?.results;
  if (typeof key !== 'string')
    throw new UserError({
      what: 'not a file of results: its first line has no header',
      where: path,
      mend: 'name another file, or remove this one',
    });
  return { key, results: new Map((parsed.slice(1) as Result[]).map((result) => [result.id, result])) };
}

function parseLine(line: string, path: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new UserError({
      what: `line ${number} is not valid JSON: ${(error as Error).message}`,
      where: path,
      mend: 'remove the file: its questions will be answered again',
      cause: error,
    });
  }
}
