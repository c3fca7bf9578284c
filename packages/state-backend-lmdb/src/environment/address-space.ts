// How much address space this process has left to map a file into.
//
//   AS1. Told where it can be, on Linux; elsewhere nothing is known to be the limit.
//   AS2. Another file, or another thread, may take it between the question and the use: ask right before that.

import { readFileSync } from 'node:fs';

/** What is left for the heap of the process, its threads, and the gap below the stack. */
const KEPT_BYTES: number = 32 * 1024 * 1024;
/** The gap is larger than what is kept where there is no limit to speak of. */
const KEPT_SHARE: number = 1 / 1024;
/** Addresses above are those of the kernel. */
const ADDRESS_MAX: number = 2 ** 56;

/** How large one more mapping may be, in bytes; infinite where that cannot be told. Some 1 ms. */
export function mappableBytes(): number {
  try {
    const usedKibibytes = Number(/^VmSize:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
    const limit = /^Max address space\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    const allowedBytes = limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit) - usedKibibytes * 1024;
    const freeBytes = Math.min(allowedBytes, largestHoleBytes(readFileSync('/proc/self/maps', 'utf8')));
    if (Number.isNaN(freeBytes)) return Number.POSITIVE_INFINITY;
    return Math.max(0, freeBytes - Math.max(KEPT_BYTES, Math.min(freeBytes * KEPT_SHARE, 2 ** 34)));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Between two mappings, as the lines of `/proc/<pid>/maps` have them. */
function largestHoleBytes(maps: string): number {
  let largest = 0;
  let end = 0;
  for (const [, from = '', to = ''] of maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) /gm)) {
    const start = Number.parseInt(from, 16);
    if (start >= ADDRESS_MAX) break;
    largest = Math.max(largest, start - end);
    end = Number.parseInt(to, 16);
  }
  return end === 0 ? Number.NaN : largest;
}
