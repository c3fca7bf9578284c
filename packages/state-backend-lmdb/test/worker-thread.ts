// A thread with stores of its own, working at once with others.

import { parentPort, workerData } from 'node:worker_threads';
import { silentLogger } from '@tidemark/state-core';
import { LmdbEnvironment } from '../src/environment/lmdb-environment.js';
import { loadLmdb } from '../src/environment/lmdb-module.js';
import { ManagedMemoryShare } from '../src/memory/managed-memory.js';
import { LmdbKeyedStore } from '../src/store/lmdb-keyed-store.js';

const { directory, number, stores } = workerData as { directory: string; number: number; stores: number };
const MEBIBYTE = 1024 * 1024;
const module = await loadLmdb();
const share = new ManagedMemoryShare(1_000_000, 1);

const opened = [...new Array(stores).keys()].map(
  (index) =>
    new LmdbKeyedStore(
      LmdbEnvironment.open(
        module,
        {
          jobId: 'threads',
          operatorIdentifier: `operator_${number}_${index}`,
          firstKeyGroup: 0,
          lastKeyGroup: 127,
          attempt: 0,
        },
        {
          localDirectories: [directory],
          mapBytes: MEBIBYTE,
          fileBytesMax: Number.MAX_SAFE_INTEGER,
          maxReaders: 8,
          readAhead: true,
          checksums: true,
          writeBatchBytes: 2 * MEBIBYTE,
          compactionThreshold: 0.3,
          compactionFileBytesMin: MEBIBYTE,
          compactionCheckMs: 0,
          sliceMs: 1,
        },
        { logger: silentLogger },
      ),
    ),
);

const value = (round: number, index: number): Uint8Array =>
  new TextEncoder().encode(`${number}/${round}/${index}/`.repeat(8));
const path = (index: number): Uint8Array => new TextEncoder().encode(`k${index}`);

let wrong = 0;
for (let round = 0; round < 20; round++) {
  for (const store of opened) {
    store.batch(() => {
      for (let index = 0; index < 1000; index++) store.put(index % 128, 1, path(index), value(round, index));
    });
    store.maintain();
  }
  await new Promise((resolve) => setImmediate(resolve));
  for (const store of opened) {
    for (let index = 0; index < 1000; index++) {
      const read = store.get(index % 128, 1, path(index));
      if (read === undefined || Buffer.compare(read, value(round, index)) !== 0) wrong++;
    }
  }
}
parentPort?.postMessage({ wrong, share: share.bytes });
parentPort?.once('message', () => {
  for (const store of opened) void store.close();
  share.release();
});
