// A keyed store that somebody else wrote: what its failures and its misunderstandings look like to the program.

import { int32, isStateError, MapStateDescriptor, StateError, ValueStateDescriptor } from '@tidemark/state-core';
import type { KeyedStore } from '@tidemark/state-core/spi';
import { storedStateBackend } from '@tidemark/state-core/support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MemoryKeyedStore, plainState, StateBackendHarness } from '../../src/index.js';

const numbers = new ValueStateDescriptor('numbers', { type: int32 });

function harnessOf(openStore: () => unknown, cacheBytes = 0): StateBackendHarness {
  const harness = new StateBackendHarness(
    storedStateBackend({ name: 'strange', openStore: openStore as () => KeyedStore, cacheBytes }),
  );
  onTestFinished(() => harness.close());
  return harness;
}

/** A store of which one method is another. */
function storeWith(members: Partial<Record<keyof KeyedStore, unknown>>): () => KeyedStore {
  return () => Object.assign(new MemoryKeyedStore(), members) as KeyedStore;
}

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** What comes of values that are written, more than the cache holds, and read again. */
async function outcomeOf(members: Partial<Record<keyof KeyedStore, unknown>>): Promise<unknown> {
  const backend = await harnessOf(storeWith(members)).createKeyed<number>();
  const state = plainState(backend, numbers);
  return thrownBy(() => {
    for (let key = 0; key < 100; key++) {
      backend.setCurrentKey(key);
      state.update(key);
    }
    backend.setCurrentKey(1000);
    return state.value();
  });
}

describe('opening', () => {
  it('says whose store could not be opened, and for what', async () => {
    const cause = new Error('connection refused');
    const harness = harnessOf(() => {
      throw cause;
    });
    const error = await harness.createKeyed().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'factory-failed', kind: 'configure', cause });
    expect(String(error)).toMatch(
      /the store of the state backend 'strange' could not be opened for .*connection refused/,
    );
  });

  it('passes on what the store itself says in a StateError', async () => {
    const own = new StateError('x-strange-locked', 'locked; wait', { kind: 'retry' });
    await expect(harnessOf(() => Promise.reject(own)).createKeyed()).rejects.toBe(own);
  });

  it.each([
    ['nothing', () => undefined, 'get is no function'],
    ['an object that cannot delete', storeWith({ delete: undefined }), 'delete is no function'],
    [
      'a store of very short paths',
      storeWith({ pathBytesMax: 32 }),
      'pathBytesMax is 32, not a number of bytes from 64 on',
    ],
    ['a metrics that is a number', storeWith({ metrics: 5 }), 'metrics is no function'],
  ])('refuses %s', async (_what, openStore, words) => {
    const error = await harnessOf(openStore)
      .createKeyed()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'factory-invalid' });
    expect(String(error)).toContain(words);
    expect(String(error)).toContain("'strange'");
  });

  it('closes what it refuses', async () => {
    let closed = 0;
    const close = async (): Promise<void> => {
      closed++;
    };
    await expect(harnessOf(storeWith({ get: undefined, close })).createKeyed()).rejects.toMatchObject({
      code: 'factory-invalid',
    });
    expect(closed).toBe(1);
  });
});

describe('a store that throws', () => {
  const failing = (): never => {
    throw new RangeError('index out of bounds');
  };

  it.each(['get', 'put', 'batch'] as const)('is named with the call: %s', async (operation) => {
    const error = await outcomeOf({ [operation]: failing });
    expect(error).toMatchObject({
      code: 'local-state-broken',
      kind: 'restore',
      details: { backendName: 'strange', operation },
      cause: new RangeError('index out of bounds'),
    });
    expect(String(error)).toContain(`the store of the state backend 'strange' failed in ${operation}()`);
    expect(String(error)).toContain('RangeError: index out of bounds');
    expect(String(error)).toContain('Start again from the last checkpoint');
  });

  it('is heard when it says it in a StateError of its own', async () => {
    const own = new StateError('storage-no-space', 'the bucket is full; make room');
    const error = await outcomeOf({
      put: () => {
        throw own;
      },
    });
    expect(error).toBe(own);
  });

  it('EmbeddedRocksDBStateBackendTest.testMapStateClear: is heard when the entries of a cleared map are taken away, and no checkpoint has them', async () => {
    const store = new MemoryKeyedStore();
    const harness = harnessOf(() => store);
    const backend = await harness.createKeyed<number>();
    const descriptor = new MapStateDescriptor('map', { key: int32, value: int32 });
    const map = plainState(backend, descriptor);
    backend.setCurrentKey(1);
    map.putAll([
      [1, 1],
      [2, 2],
    ]);
    await harness.snapshot(backend);
    const scan = store.scan.bind(store);
    store.scan = failing;
    map.clear();
    const error = await harness.snapshot(backend).catch((thrown: unknown) => thrown);
    expect(isStateError(error)).toBe(true);
    expect(String(error)).toContain("the store of the state backend 'strange' failed in scan()");
    expect(map.isEmpty()).toBe(true);
    store.scan = scan;
    const restored = await harnessOf(() => new MemoryKeyedStore()).createKeyed<number>({
      restore: [await harness.snapshot(backend)],
    });
    restored.setCurrentKey(1);
    expect([...plainState(restored, descriptor).entries()]).toEqual([]);
  });

  it('fails the checkpoint that reads it, and the state goes on', async () => {
    let fails = true;
    const store = new MemoryKeyedStore();
    const scan = store.scan.bind(store);
    store.scan = (...parameters) => (fails ? failing() : scan(...parameters));
    const harness = harnessOf(() => store);
    const backend = await harness.createKeyed<number>();
    backend.setCurrentKey(1);
    plainState(backend, numbers).update(5);
    const error = await harness.snapshot(backend).catch((thrown: unknown) => thrown);
    expect(isStateError(error)).toBe(true);
    expect(String(error)).toContain("the store of the state backend 'strange' failed in scan()");
    fails = false;
    expect(await harness.snapshot(backend)).toBeDefined();
    expect(plainState(backend, numbers).value()).toBe(5);
  });
});

describe('a store that returns what no store returns', () => {
  it.each([
    ['a promise from get', { get: () => Promise.resolve(new Uint8Array(4)) }, 'a promise from get()'],
    ['null from get', { get: () => null }, 'null from get()'],
    ['a text from get', { get: () => 'five' }, 'a string from get()'],
  ])('%s', async (_what, members, words) => {
    const error = await outcomeOf(members);
    expect(error).toMatchObject({ code: 'factory-invalid' });
    expect(String(error)).toContain(`the store of the state backend 'strange' returned ${words}`);
  });

  it.each([
    ['a batch that does not call', () => {}, 'called `write` 0 times'],
    [
      'a batch that calls twice',
      (write: () => void) => {
        write();
        write();
      },
      'called `write` 2 times',
    ],
    ['a batch that waits', async (write: () => void) => write(), 'returned a promise'],
  ])('%s', async (_what, batch, words) => {
    const error = await outcomeOf({ batch });
    expect(error).toMatchObject({ code: 'factory-invalid', details: { operation: 'batch' } });
    expect(String(error)).toContain(words);
  });

  it('a batch that keeps to itself what was thrown within', async () => {
    const own = new StateError('storage-no-space', 'full; make room');
    const error = await outcomeOf({
      put: () => {
        throw own;
      },
      batch: (write: () => void) => {
        try {
          write();
        } catch {
          // As if nothing had happened.
        }
      },
    });
    expect(error).toBe(own);
  });
});
