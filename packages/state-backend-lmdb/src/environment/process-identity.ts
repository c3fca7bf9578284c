// Who a process is, so that others can tell whether it still runs.
//
//   PI1. A process that may be alive counts as alive. Dead is only who certainly is: the process id is unused, or used by
//        a process that began at another time, or the machine has been started anew since.
//   PI2. Processes of other machines, and of other pid namespaces (containers that share a volume), cannot be judged.
//   PI3. A thread of this process has ended only where the system says so, on Linux.

import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Identifies a process across restarts of processes and machines. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the process began, in the machine's own measure; empty where that cannot be told. */
  readonly started: string;
  /** Differs with every start of the machine; empty where that cannot be told. */
  readonly boot: string;
  /** Within which process ids are counted; empty where there is only one. */
  readonly pidNamespace: string;
  readonly host: string;
}

/** What is known about another process. */
export type ProcessLiveness = 'alive' | 'dead' | 'unknown';

let own: ProcessIdentity | undefined;

/** Who this process is; the same in all of its threads. */
export function thisProcess(): ProcessIdentity {
  own ??= {
    pid: process.pid,
    started: startOf(process.pid) ?? '',
    boot: textOf('/proc/sys/kernel/random/boot_id') ?? '',
    pidNamespace: linkOf('/proc/self/ns/pid') ?? '',
    host: hostname(),
  };
  return own;
}

/** Whether another process still runs, as far as `observer` can tell. */
export function livenessOf(other: ProcessIdentity, observer: ProcessIdentity = thisProcess()): ProcessLiveness {
  if (other.host !== observer.host) return 'unknown';
  if (other.boot !== observer.boot) return other.boot === '' || observer.boot === '' ? 'unknown' : 'dead';
  if (other.pidNamespace !== observer.pidNamespace) return 'unknown';
  if (!isRunning(other.pid)) return 'dead';
  const started = startOf(other.pid);
  if (other.started === '' || started === undefined) return 'alive';
  return started === other.started ? 'alive' : 'dead';
}

/** Which thread of the process this is, across the ends of others; empty where that cannot be told. */
export function thisThread(): string {
  const task = linkOf('/proc/thread-self')?.replace(/^.*\//, '');
  const started = task === undefined ? undefined : startOfTask(task);
  return started === undefined ? '' : `${task}:${started}`;
}

/** Whether a thread of this process, by its {@link thisThread}, has certainly ended. */
export function hasThreadEnded(thread: string): boolean {
  const [task = '', started = ''] = thread.split(':');
  if (!/^\d+$/.test(task) || started === '') return false;
  const now = startOfTask(task);
  // What cannot be read, for want of a descriptor perhaps, need not have ended.
  return now === undefined ? existsSync('/proc/self/task') && !existsSync(`/proc/self/task/${task}`) : now !== started;
}

/** Whether bytes read from a file are an identity. */
export function isProcessIdentity(candidate: unknown): candidate is ProcessIdentity {
  const { pid, started, boot, pidNamespace, host } = (candidate ?? {}) as Partial<ProcessIdentity>;
  return Number.isSafeInteger(pid) && [started, boot, pidNamespace, host].every((text) => typeof text === 'string');
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    return (error as { readonly code?: unknown }).code !== 'ESRCH';
  }
}

/** Linux: ticks since the start of the machine. */
function startOf(pid: number): string | undefined {
  return startIn(`/proc/${pid}/stat`);
}

function startOfTask(task: string): string | undefined {
  return startIn(`/proc/self/task/${task}/stat`);
}

/** The name of the program stands in brackets before it and may hold spaces. */
function startIn(path: string): string | undefined {
  const fields = textOf(path)
    ?.replace(/^.*\) /s, '')
    .split(' ');
  // A process that has ended and was not yet asked for by its parent runs no more.
  if (fields?.[0] === 'Z' || fields?.[0] === 'X') return 'ended';
  return fields?.[19];
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
