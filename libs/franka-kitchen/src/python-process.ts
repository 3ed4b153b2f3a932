import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { z } from 'zod';
import { UserError } from '@egolab/foundation';
import { encodeMessage, MessageReader, type Message, type MessageArray } from './message.ts';

export interface PythonProcessOptions {
  /** interpreter */
  python: string;
  /** Python file that serves `python/protocol.py`'s protocol */
  script: string;
  /** how long an answer may take, in seconds */
  timeoutSeconds: number;
  /** what to do when the interpreter isn't there */
  install: string;
  env?: Readonly<Record<string, string>>;
}

/** What of a process's error output is shown when it ends by itself. */
const TAIL_BYTES = 2000;
/** How long a process may take to end after its input has ended, in milliseconds. */
const CLOSE_MILLISECONDS = 3000;

const errorSchema = z.object({
  error: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('mistake'),
      what: z.string(),
      where: z.string().nullable(),
      mend: z.string().nullable(),
    }),
    z.object({ kind: z.literal('failure'), what: z.string() }),
  ]),
});

interface Pending {
  resolve(message: Message): void;
  reject(error: Error): void;
}

/**
 * A Python process that answers one question at a time. It ends with `close`, when it doesn't answer in time, and when this process
 * ends, since its input then does.
 */
export class PythonProcess {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly reader = new MessageReader();
  private readonly ended: Promise<void>;
  private pending: Pending | undefined;
  private failure: Error | undefined;
  private errorOutput = '';

  constructor(private readonly options: PythonProcessOptions) {
    const { python, script, env } = options;
    this.child = spawn(python, ['-B', '-u', script], { env: { ...process.env, ...env } });
    this.child.stdout.on('data', (chunk: Buffer) => this.receive(chunk));
    this.child.stderr.on('data', (chunk: Buffer) => {
      this.errorOutput = (this.errorOutput + chunk.toString('utf8')).slice(-TAIL_BYTES);
    });
    this.child.stdin.on('error', () => {}); // a process that has ended: `close` says why
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error: NodeJS.ErrnoException) => {
        this.fail(this.notStarted(error));
        resolve();
      });
      this.child.on('close', (code, signal) => {
        const how = signal ? `by ${signal}` : `with exit code ${code}`;
        this.fail(new Error(`${script} ended ${how}\n${this.errorOutput}`.trimEnd()));
        resolve();
      });
    });
  }

  /**
   * @throws UserError for what the process calls a mistake, when the interpreter is missing, or without an answer in time
   * @throws Error when the process fails or ends
   */
  async ask(op: string, header: object = {}, arrays: readonly MessageArray[] = []): Promise<Message> {
    if (this.failure) throw this.failure;
    if (this.pending) throw new Error(`${op}: the last question has no answer yet`);
    const answered = new Promise<Message>((resolve, reject) => {
      this.pending = { resolve, reject };
    });
    const timer = setTimeout(() => this.timeOut(op), 1000 * this.options.timeoutSeconds);
    try {
      this.child.stdin.write(encodeMessage({ header: { ...header, op }, arrays }));
      const answer = await answered;
      throwError(answer, this.options.script);
      return answer;
    } finally {
      clearTimeout(timer);
      this.pending = undefined;
    }
  }

  /** End the process; later questions are refused. */
  async close(): Promise<void> {
    this.failure ??= new Error(`${this.options.script} is closed`);
    this.child.stdin.end();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), CLOSE_MILLISECONDS);
    await this.ended;
    clearTimeout(timer);
  }

  private receive(chunk: Buffer): void {
    try {
      for (const message of this.reader.push(chunk)) this.pending?.resolve(message);
    } catch (error) {
      this.fail(error as Error);
      this.child.kill('SIGKILL');
    }
  }

  private timeOut(op: string): void {
    const seconds = this.options.timeoutSeconds;
    this.fail(
      new UserError({
        what: `no answer to '${op}' within ${seconds} s`,
        where: this.options.script,
        mend: 'a busy machine may need a longer time limit; the process was ended',
      }),
    );
    this.child.kill('SIGKILL');
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.pending?.reject(this.failure);
  }

  private notStarted(error: NodeJS.ErrnoException): Error {
    if (error.code !== 'ENOENT' && error.code !== 'EACCES') return error;
    return new UserError({
      what: 'there is no Python that can be run',
      where: this.options.python,
      mend: this.options.install,
      cause: error,
    });
  }
}

function throwError({ header }: Message, script: string): void {
  if (header['error'] === undefined) return;
  const { error } = errorSchema.parse(header);
  if (error.kind === 'failure') throw new Error(`${script} failed:\n${error.what}`);
  const { what, where, mend } = error;
  throw new UserError({ what, where: where ?? undefined, mend: mend ?? undefined });
}
