import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Answer, Command } from './protocol.ts';

/** A process that answers the benchmark's commands. */
export class Side {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  constructor(command: string, args: string[], env: NodeJS.ProcessEnv = process.env) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env });
    this.lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  /** @throws Error when the process ends instead of answering */
  async ask(command: Command): Promise<Answer> {
    this.child.stdin!.write(`${command}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`the benchmark process ended at '${command}': ${this.child.spawnargs.join(' ')}`);
    return JSON.parse(value) as Answer;
  }

  close(): void {
    this.child.stdin!.end();
  }
}
