// The clocks of this process, its garbage collector and its memory: the one place where benchmarks read them.

import { openSync, readFileSync, readSync } from 'node:fs';
import { PerformanceObserver, performance } from 'node:perf_hooks';

/** A stretch of work: how long it took, and how long the process had the processor, helper threads included. */
export interface Elapsed {
  readonly wallMs: number;
  readonly cpuMs: number;
  /** How long this thread could have run and another had the processor: 0 where the system does not tell. */
  readonly waitedMs: number;
}

/** A stretch of time, in milliseconds as {@link nowMs} counts. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** Milliseconds since the process began. */
export function nowMs(): number {
  return performance.now();
}

/** Starts a stopwatch; calling what it returns reads it. */
export function startStopwatch(): () => Elapsed {
  const cpuStart = process.cpuUsage();
  const waitedStart = waitedMs();
  const startMs = performance.now();
  return () => {
    const wallMs = performance.now() - startMs;
    const { user, system } = process.cpuUsage(cpuStart);
    return { wallMs, cpuMs: (user + system) / 1000, waitedMs: waitedMs() - waitedStart };
  };
}

/** The time of the first thread on the processor, the time that it waited for one, and how often: the system's own count. */
const SCHEDULE_PATH = '/proc/self/schedstat';
const scheduleText: Buffer = Buffer.alloc(128);
let scheduleDescriptor: number | undefined;
try {
  scheduleDescriptor = openSync(SCHEDULE_PATH, 'r');
} catch {
  // Not Linux, or one that does not count.
}

function waitedMs(): number {
  if (scheduleDescriptor === undefined) return 0;
  const length = readSync(scheduleDescriptor, scheduleText, 0, scheduleText.length, 0);
  return Number(scheduleText.toString('latin1', 0, length).split(' ')[1]) / 1e6;
}

/** Collects garbage. @throws Error without `node --expose-gc`. */
export function collectGarbage(): void {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('benchmarks need node --expose-gc: start them with node benchmarks/run.mjs');
  gc();
}

/** Memory of the process in bytes without pages of files, which the system takes back when it needs them. */
export function residentBytesBeyondPageCache(): number {
  if (process.platform !== 'linux') return process.memoryUsage().rss;
  const status = readFileSync('/proc/self/status', 'utf8');
  const kib = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1];
  return kib === undefined ? process.memoryUsage().rss : Number(kib) * 1024;
}

/** Lets timers and idle work of the process have their turn for so long. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Collections that happened while `work` ran. */
export async function watchCollections<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly collections: readonly Span[] }> {
  const collections: Span[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      collections.push({ startMs: startTime, endMs: startTime + duration });
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  const result = await work();
  await pause(10);
  observer.disconnect();
  return { result, collections };
}
