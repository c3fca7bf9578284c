// A side in a child process.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Figures, Round, Side } from './side.js';

/** What starts a side. */
export interface SideCommand {
  readonly name: string;
  readonly executable: string;
  readonly arguments: readonly string[];
}

const STDERR_BYTES_MAX = 4000;

/** Speaks to a child process in lines (SI1). */
export class ChildSide implements Side {
  readonly name: string;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly answers: AsyncIterator<string>;
  private readonly exited: Promise<void>;
  private stderr = '';

  constructor({ name, executable, arguments: args }: SideCommand) {
    this.name = name;
    this.child = spawn(executable, args, { stdio: 'pipe' });
    this.answers = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    this.child.stderr.on('data', (bytes: Buffer) => {
      this.stderr = (this.stderr + bytes.toString()).slice(-STDERR_BYTES_MAX);
    });
    // A child that died is found when its answer does not come.
    this.child.stdin.on('error', () => {});
    this.exited = new Promise((resolve) => {
      this.child.once('close', () => resolve());
      this.child.once('error', (error) => {
        this.stderr += error.message;
        resolve();
      });
    });
  }

  async fixture(suite: string): Promise<void> {
    await this.ask(`fixture ${suite}`);
  }

  async round(operation: string, ms: number, callsMax: number): Promise<Round> {
    return (await this.ask(`round ${operation} ${ms} ${callsMax}`)) as unknown as Round;
  }

  measure(what: string, entries: number): Promise<Figures> {
    return this.ask(`${what} ${entries}`);
  }

  async close(): Promise<void> {
    this.child.stdin.end('exit\n');
    await this.exited;
  }

  private async ask(command: string): Promise<Figures> {
    this.child.stdin.write(`${command}\n`);
    const { done, value } = await this.answers.next();
    if (done) {
      await this.exited;
      throw new Error(
        `${this.name} ended at '${command}': ${this.stderr.trim() || `exit code ${this.child.exitCode}`}`,
      );
    }
    return JSON.parse(value) as Figures;
  }
}
