// Runs the job in a process of its own, kills it when told to, and starts it again until it has finished.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { JobCommand, JobMessage, JobSettings } from './job-messages.js';
import type { TimelineEvent } from './timeline.js';

/** How the job ended. */
export interface JobOutcome {
  readonly finished: boolean;
  readonly events: readonly TimelineEvent[];
  /** Flights processed by all attempts together, those read again included, as far as they were reported. */
  readonly flightsProcessed: number;
  /** How many of them had been processed by an earlier attempt already. */
  readonly flightsReadAgain: number;
  /** Time from the first flight to the last, restarts included. */
  readonly elapsedMs: number;
  readonly kills: number;
}

/** The job could not do what it was asked to; the message is for the user. */
export class JobFailure extends Error {
  override readonly name: string = 'JobFailure';
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What the supervisor reports to. */
export interface SupervisorListener {
  event(event: TimelineEvent): void;
  progress(record: number): void;
}

/** Starts, kills and restarts the job. */
export class Supervisor {
  private readonly startedMs = performance.now();
  private readonly events: TimelineEvent[] = [];
  private child: ChildProcess | undefined;
  private stopping = false;
  private isFirstAttempt = true;
  private flightsProcessed = 0;

  constructor(
    private readonly jobFile: string,
    private readonly settings: JobSettings,
    private readonly listener: SupervisorListener,
  ) {}

  /** Asks the job to take a checkpoint and stop. */
  stop(): void {
    this.stopping = true;
    if (this.child?.connected) this.child.send({ type: 'stop' } satisfies JobCommand);
  }

  /** Ends the job at once, without a checkpoint: for when the program itself must go. */
  kill(): void {
    this.child?.kill('SIGKILL');
  }

  /**
   * Runs the job to its end.
   *
   * @param killAt - Records, ascending: the job is killed when it has reported one of them, each once. Those before the
   *   record that the first attempt starts at are left out.
   * @throws JobFailure when an attempt ends by itself without having finished, or is beyond the limit from the start.
   */
  async run(killAt: readonly number[]): Promise<JobOutcome> {
    const targets = [...killAt];
    let kills = 0;
    for (;;) {
      const attempt = await this.attempt(targets);
      if (attempt === 'killed') kills++;
      if (attempt !== 'killed' || this.stopping) return this.outcome(attempt === 'finished', kills);
    }
  }

  private async attempt(targets: number[]): Promise<'finished' | 'stopped' | 'killed'> {
    const child = fork(this.jobFile, [JSON.stringify(this.settings)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.child = child;
    let ending: 'finished' | 'stopped' | 'killed' | 'beyond-limit' | undefined;
    let record = 0;
    let startRecord = 0;
    child.on('message', (message: JobMessage) => {
      if (ending === 'killed') return;
      switch (message.type) {
        case 'started':
          startRecord = message.record;
          record = startRecord;
          if (this.isFirstAttempt) while (targets[0] !== undefined && targets[0] <= startRecord) targets.shift();
          this.isFirstAttempt = false;
          for (const { pointer, reason } of message.skipped)
            this.note({ type: 'skipped', atMs: this.nowMs(), pointer, reason });
          this.note({
            type: 'started',
            atMs: this.nowMs(),
            record,
            restoredCheckpoint: message.restoredCheckpoint ?? null,
            restoreMs: message.restoreMs,
          });
          if (this.stopping) this.stop();
          break;
        case 'progress':
          record = message.record;
          this.listener.progress(record);
          break;
        case 'checkpoint': {
          const { checkpointId, durationMs, freezeMs, bytes } = message;
          this.note({
            type: 'checkpoint',
            atMs: this.nowMs(),
            checkpointId,
            record: message.record,
            durationMs,
            freezeMs,
            bytes,
          });
          break;
        }
        case 'beyond-limit':
          record = message.record;
          ending = message.type;
          break;
        case 'stopped':
        case 'finished':
          record = message.record;
          ending = message.type;
          this.note({ ...message, atMs: this.nowMs() });
      }
      if (message.type === 'progress' && targets[0] !== undefined && record >= targets[0]) {
        targets.shift();
        ending = 'killed';
        child.kill('SIGKILL');
        this.note({ type: 'killed', atMs: this.nowMs(), record });
      }
    });
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    this.child = undefined;
    this.flightsProcessed += Math.max(0, record - startRecord);
    if (ending === undefined) {
      throw new JobFailure(
        `the job ended by itself with ${signal === null ? `exit code ${code}` : signal} at record ${record}`,
        1,
      );
    }
    if (ending === 'beyond-limit') {
      throw new JobFailure(
        `the checkpoints in ${this.settings.checkpointDirectory} are at record ${record} already, beyond --limit ${this.settings.limit}: give a limit of at least ${record}, or another directory with --checkpoints`,
        2,
      );
    }
    return ending;
  }

  private outcome(finished: boolean, kills: number): JobOutcome {
    const { events, flightsProcessed } = this;
    const starts = events.filter((event) => event.type === 'started').map((event) => event.record);
    const reached = Math.max(0, ...events.map((event) => (event.type === 'skipped' ? 0 : event.record)));
    const flightsReadAgain = flightsProcessed - (reached - (starts[0] ?? 0));
    return { finished, events, flightsProcessed, flightsReadAgain, elapsedMs: this.nowMs(), kills };
  }

  private note(event: TimelineEvent): void {
    this.events.push(event);
    this.listener.event(event);
  }

  private nowMs(): number {
    return performance.now() - this.startedMs;
  }
}
