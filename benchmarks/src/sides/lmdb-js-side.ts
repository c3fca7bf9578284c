// lmdb-js without any backend around it, with the encoding that a backend would use.
//
//   key     key group u16 | state u16 | key, 8 bytes with the sign flipped, big endian
//   value   float64, 8 bytes
//
// Writes go in one synchronous transaction for each stretch of calls, as a backend that flushes batches would do. Key
// groups are computed before any clock runs.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { computeKeyGroupForKeyHash, safeInteger } from '@tidemark/state-core';

import { type Database, open, type RootDatabase } from 'lmdb';
import type { Figures } from '../runner/side.js';
import type { Fixture, Operation, SideContent } from '../runner/side-loop.js';
import { createSequences, HOT_KEYS, KEY_GROUPS, type Sequences } from '../workloads/sequences.js';

const KEY_BYTES = 12;
const VALUE_BYTES = 8;
const STATE_ID = 1;
/** Calls in one transaction. */
const BATCH_CALLS = 10_000;

/** One environment with one named database. */
export class LmdbJsSide implements SideContent {
  private readonly sequences: Sequences;

  constructor(keys: number, seed: number) {
    this.sequences = createSequences(keys, seed);
  }

  async createFixture(suite: string): Promise<Fixture> {
    if (suite !== 'value') throw new RangeError(`no suite '${suite}'`);
    const directory = mkdtempSync(join(tmpdir(), 'tidemark-lmdb-js-'));
    // The file is nobody's only copy: no synchronisation with the disk, as for a cache of a checkpoint.
    const root = open({ path: join(directory, 'data.mdb'), noSync: true, overlappingSync: false });
    const database: Database<Buffer, Buffer> = root.openDB({
      name: 'state',
      keyEncoding: 'binary',
      encoding: 'binary',
    });
    return {
      operations: valueOperations(root, database, this.sequences),
      close: async () => {
        await root.close();
        rmSync(directory, { recursive: true, force: true });
      },
    };
  }

  async measure(what: string): Promise<Figures> {
    throw new RangeError(`lmdb-js has no ${what}`);
  }

  async close(): Promise<void> {}
}

type Operations = Readonly<Record<string, Operation>>;

function valueOperations(root: RootDatabase, database: Database<Buffer, Buffer>, sequences: Sequences): Operations {
  const { known, fresh } = sequences;
  const count = known.length;
  const keyGroups = new Uint16Array(count * 2);
  for (let key = 0; key < count * 2; key++) {
    keyGroups[key] = computeKeyGroupForKeyHash(safeInteger.hash(key), KEY_GROUPS);
  }
  const keyBytes = Buffer.alloc(KEY_BYTES);
  keyBytes.writeUInt16BE(STATE_ID, 2);
  const valueBytes = Buffer.alloc(VALUE_BYTES);
  const keyView = new DataView(keyBytes.buffer, keyBytes.byteOffset, KEY_BYTES);
  const valueView = new DataView(valueBytes.buffer, valueBytes.byteOffset, VALUE_BYTES);

  const encode = (key: number): Buffer => {
    keyView.setUint16(0, keyGroups[key] as number);
    keyView.setUint32(4, (0x8000_0000 + Math.floor(key / 2 ** 32)) >>> 0);
    keyView.setUint32(8, key >>> 0);
    return keyBytes;
  };
  const get = (key: number): number => {
    const bytes = database.getBinaryFast(encode(key)) as Buffer;
    return bytes.readDoubleBE(0);
  };
  const put = (key: number, value: number): void => {
    valueView.setFloat64(0, value);
    database.putSync(encode(key), valueBytes);
  };
  const inTransaction = (work: () => void): void => {
    root.transactionSync(() => {
      work();
    });
  };

  inTransaction(() => {
    for (let key = 0; key < count; key++) put(key, key);
  });
  return {
    valueGet: {
      run(first, calls) {
        let sum = 0;
        for (let call = first; call < first + calls; call++) sum += get(known[call % count] as number);
        return sum;
      },
    },
    valueUpdate: {
      chunkCalls: BATCH_CALLS,
      run(first, calls) {
        inTransaction(() => {
          for (let call = first; call < first + calls; call++) put(known[call % count] as number, call);
        });
        return 0;
      },
    },
    valueReadModifyWrite: {
      chunkCalls: BATCH_CALLS,
      run(first, calls) {
        inTransaction(() => {
          for (let call = first; call < first + calls; call++) {
            const key = known[call % count] as number;
            put(key, get(key) + 1);
          }
        });
        return 0;
      },
    },
    hotReadModifyWrite: {
      chunkCalls: BATCH_CALLS,
      run(first, calls) {
        inTransaction(() => {
          for (let call = first; call < first + calls; call++) {
            const key = known[call % HOT_KEYS] as number;
            put(key, get(key) + 1);
          }
        });
        return 0;
      },
    },
    valueAdd: {
      chunkCalls: BATCH_CALLS,
      run(first, calls) {
        inTransaction(() => {
          for (let call = first; call < first + calls; call++) put(fresh[call % count] as number, call);
        });
        return 0;
      },
      undo(calls) {
        inTransaction(() => {
          for (let call = 0; call < Math.min(calls, count); call++) database.removeSync(encode(fresh[call] as number));
        });
      },
    },
  };
}
