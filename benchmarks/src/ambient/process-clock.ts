// The clocks of this process, its garbage collector and its memory: the one place where benchmarks read them.

import { readFileSync } from 'node:fs';
import { PerformanceObserver, performance } from 'node:perf_hooks';

/** A stretch of work: how long it took, and how long the process had the processor, helper threads included. */
export interface Elapsed {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** Milliseconds since the process began. */
export function nowMs(): number {
  return performance.now();
}

/** Starts a stopwatch; calling what it returns reads it. */
export function startStopwatch(): () => Elapsed {
  const cpuStart = process.cpuUsage();
  const startMs = performance.now();
  return () => {
    const wallMs = performance.now() - startMs;
    const { user, system } = process.cpuUsage(cpuStart);
    return { wallMs, cpuMs: (user + system) / 1000 };
  };
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

/** Collections that happened while `work` ran, in milliseconds each. */
export async function watchCollections<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly pausesMs: readonly number[] }> {
  const pausesMs: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) pausesMs.push(duration);
  });
  observer.observe({ entryTypes: ['gc'] });
  const result = await work();
  await pause(10);
  observer.disconnect();
  return { result, pausesMs };
}
