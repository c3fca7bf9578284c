// A process that does to a store what is known to kill processes that use lmdb directly.
//
// Arguments: local directory, what to do, attempt, seed.

import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync, writeSync } from 'node:fs';
import { isStateError, silentLogger } from '@tidemark/state-core';
import { LmdbEnvironment } from '../src/environment/lmdb-environment.js';
import { loadLmdb } from '../src/environment/lmdb-module.js';
import { LmdbKeyedStore } from '../src/store/lmdb-keyed-store.js';

const [, , directory = '', hazard = '', attempt = '0', seed = '1'] = process.argv;
const MEBIBYTE = 1024 * 1024;
const ENTRIES = 20_000;

const lmdb = await loadLmdb();
const environment = open(Number(attempt));

function open(attemptNumber: number, mapBytes = MEBIBYTE): LmdbEnvironment {
  return LmdbEnvironment.open(
    lmdb,
    { jobId: 'hazards', operatorIdentifier: 'operator_0', firstKeyGroup: 0, lastKeyGroup: 127, attempt: attemptNumber },
    {
      localDirectories: [directory],
      mapBytes,
      fileBytesMax: Number.MAX_SAFE_INTEGER,
      maxReaders: 126,
      readAhead: true,
      checksums: true,
      writeBatchBytes: 2 * MEBIBYTE,
      compactionThreshold: 0.5,
      compactionFileBytesMin: MEBIBYTE,
      compactionCheckMs: 0,
      sliceMs: 2,
    },
    { logger: silentLogger },
  );
}

const store = new LmdbKeyedStore(environment);
const pathOf = (index: number): Uint8Array => new TextEncoder().encode(`key-${index}`);
const valueAt = (index: number): Uint8Array => new TextEncoder().encode(`value-${index}-`.repeat(10));

for (let start = 0; start < ENTRIES; start += 1000) {
  store.batch(() => {
    for (let index = start; index < start + 1000; index++) store.put(index % 128, 1, pathOf(index), valueAt(index));
  });
}
// Single writes, none of them waited for: with lmdb's own put these would now be queued.
for (let index = 0; index < 2000; index++) store.put(index % 128, 2, pathOf(index), valueAt(index));

const hazards: Record<string, () => void> = {
  exit: () => process.exit(3),
  throw: () => {
    throw new Error('uncaught');
  },
  'exit-in-batch': () => {
    store.batch(() => {
      store.put(1, 1, pathOf(1), valueAt(2));
      process.exit(3);
    });
  },
  'throw-in-batch': () => {
    store.batch(() => {
      store.put(1, 1, pathOf(1), valueAt(2));
      throw new Error('uncaught');
    });
  },
  'promise-in-batch': () => {
    try {
      store.batch((async () => store.put(1, 1, pathOf(1), valueAt(2))) as () => void);
    } catch (error) {
      process.send?.((error as Error).name);
    }
    process.send?.(store.get(1, 1, pathOf(1))?.length === valueAt(1).length);
    process.exit(3);
  },
  'exit-in-compaction': () => {
    for (let index = 0; index < ENTRIES; index += 1) if (index % 8 !== 0) store.delete(index % 128, 1, pathOf(index));
    process.send?.(store.maintain());
    process.exit(3);
  },
  'end-without-close': () => {},
  'close-and-end': () => void store.close(),
  'wait-for-a-signal': () => {
    const scratch = store.openScratch();
    scratch.append(new Uint8Array(100_000));
    process.send?.('ready');
    setInterval(() => store.put(1, 1, pathOf(1), valueAt(2)), 1);
  },
  'no-descriptors': () => {
    limit('nofile', 100);
    const descriptors: number[] = [];
    while (failureOf(() => descriptors.push(openSync('/dev/null', 'r'))) === undefined);
    // Every number of them that may be left: LMDB needs some of its own.
    const failures = new Array(8).fill(0).map((_, left) => {
      for (const descriptor of descriptors.splice(0, Math.min(left, 1))) closeSync(descriptor);
      return failureOf(() => open(1000 + left).close());
    });
    process.send?.({ failures, read: store.get(1, 1, pathOf(1))?.length === valueAt(1).length });
    process.disconnect?.();
  },
  'no-address-space': () => {
    const kibibytes = Number(/^VmSize:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
    limit('as', kibibytes * 1024 + 200 * MEBIBYTE);
    const atOpening = failureOf(() => open(1000, 1024 * MEBIBYTE));
    let written = 0;
    const whileGrowing = failureOf(() => {
      for (; written < 10_000; written++) store.put(written % 128, 3, pathOf(written), new Uint8Array(100_000));
    });
    let right = 0;
    for (let index = 0; index < written; index++)
      if (store.get(index % 128, 3, pathOf(index))?.length === 100_000) right++;
    store.delete(0, 3, pathOf(0));
    store.put(0, 3, pathOf(0), valueAt(0));
    process.send?.({ atOpening, whileGrowing, written, right });
    process.disconnect?.();
  },
  'flip-values': () => flip((file) => positionsOfValues(file)),
  'flip-anything': () => flip((file) => [...new Array(20).keys()].map(() => Math.floor(random() * file.length * 8))),
};

function limit(resource: string, value: number): void {
  try {
    execFileSync('prlimit', ['--pid', String(process.pid), `--${resource}=${value}`], { stdio: 'pipe' });
  } catch (error) {
    process.send?.({ unlimited: String(error) });
    process.exit(3);
  }
}

function failureOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return isStateError(error) ? `${error.code} ${error.message}` : String(error);
  }
}

let state = Number(seed) >>> 0;
function random(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
}

/** Where bits of values are. */
function positionsOfValues(file: Buffer): number[] {
  const positions: number[] = [];
  for (let at = file.indexOf('value-'); at !== -1; at = file.indexOf('value-', at + 1000))
    positions.push((at + Math.floor(random() * 5)) * 8 + Math.floor(random() * 8));
  return positions;
}

/** Flips bits in the open file behind the back of the store, and reads everything. */
function flip(choose: (file: Buffer) => number[]): void {
  const descriptor = readdirSync('/proc/self/fd').find((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`).includes('.mdb (deleted)');
    } catch {
      return false;
    }
  });
  const path = `/proc/self/fd/${descriptor}`;
  const file = readFileSync(path);
  const writable = openSync(path, 'r+');
  const positions = choose(file);
  for (const position of positions) {
    const byte = new Uint8Array(1);
    readSync(writable, byte, 0, 1, position >> 3);
    byte[0] = (byte[0] as number) ^ (1 << (position & 7));
    writeSync(writable, byte, 0, 1, position >> 3);
  }
  closeSync(writable);
  const reasons = new Set<unknown>();
  const found = { wrong: 0, refused: 0, missing: 0, right: 0, flipped: positions.length, reasons: [] as unknown[] };
  for (let index = 0; index < ENTRIES; index++) {
    try {
      const value = store.get(index % 128, 1, pathOf(index));
      if (value === undefined) found.missing++;
      else if (Buffer.compare(value, valueAt(index)) === 0) found.right++;
      else found.wrong++;
    } catch (error) {
      if (!isStateError(error, 'local-state-broken')) throw error;
      found.refused++;
      reasons.add(error.details.reason);
    }
  }
  process.send?.({ ...found, reasons: [...reasons] });
  process.disconnect?.();
}

hazards[hazard]?.();
if (hazard === 'end-without-close' || hazard === 'close-and-end') process.disconnect?.();
