// SA4: storages that answer after everybody has stopped waiting.

import { describe, expect, it } from 'vitest';
import type { CheckpointStorageLocation } from '../../src/checkpoint-storage/checkpoint-storage-location.js';
import { publishSnapshot, type SnapshotAttempt } from '../../src/embedded/snapshot-attempt.js';
import { snapshotMetadata } from '../../src/embedded/snapshot-metadata.js';

interface Late<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

function late<T>(): Late<T> {
  let settle: Omit<Late<T>, 'promise'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...(settle as unknown as Omit<Late<T>, 'promise'>) };
}

const pointer = { externalPointer: 'chk-7', checkpointId: 7 };

/** An attempt in a storage that hangs, and what is done to clean up after it. */
function hangingAttempt(hangsIn: 'location' | 'publish') {
  const steps: string[] = [];
  const alarms: (() => void)[] = [];
  const abort = new AbortController();
  const [made, published] = [late<CheckpointStorageLocation>(), late<typeof pointer>()];
  const publishing = late<void>();
  const location: CheckpointStorageLocation = {
    checkpointId: 7,
    reference: '',
    externalPointer: 'chk-7',
    referenceOf: (place) => place,
    locationOf: (reference) => reference,
    publish() {
      publishing.resolve();
      return published.promise;
    },
    disposeOnFailure: async () => void steps.push('dispose'),
  };
  if (hangsIn === 'publish') made.resolve(location);
  const identity = { jobId: 'job', name: 'job', uid: 'state', maxParallelism: 1 };
  const parameters = {
    checkpointId: 7,
    view: { write: async () => ({ jobManagerOwned: undefined }), release: () => undefined },
    location: made.promise,
    carry: async () => [],
    metadataOf: () =>
      snapshotMetadata(identity, {
        checkpointId: 7,
        kind: 'checkpoint',
        timestampMs: 0,
        handle: undefined,
        attachment: undefined,
        owner: { epoch: 1 },
        parent: undefined,
        carried: [],
      } as Parameters<typeof snapshotMetadata>[1]),
    discardHandle: async () => void steps.push('discard'),
    discardLate: async () => void steps.push('discard late'),
    signal: abort.signal,
    scheduler: {
      yieldNow: async () => undefined,
      schedule(_delayMs: number, task: () => void) {
        alarms.push(task);
        return () => void alarms.splice(alarms.indexOf(task), 1);
      },
    },
    logger: { warn: (code: string) => void steps.push(code), info() {} },
  };
  const outcome = publishSnapshot(parameters as SnapshotAttempt);
  outcome.catch(() => undefined);
  return { outcome, steps, alarms, abort, location, made, published, publishing: publishing.promise };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

describe('SA4: a storage that hangs', () => {
  it('while it makes the location: ends after the abort, and empties the location when it comes', async () => {
    const { outcome, steps, alarms, abort, location, made } = hangingAttempt('location');
    abort.abort(new Error('enough'));
    for (const alarm of [...alarms]) alarm();
    await expect(outcome).rejects.toThrow('enough');
    expect(steps).toEqual([]);
    made.resolve(location);
    await settled();
    expect(steps).toEqual(['dispose']);
  });

  it('while it makes the location, and then fails: nobody is told, and nothing is left unhandled', async () => {
    const { outcome, steps, alarms, abort, made } = hangingAttempt('location');
    abort.abort(new Error('enough'));
    for (const alarm of [...alarms]) alarm();
    await expect(outcome).rejects.toThrow('enough');
    made.reject(new Error('the volume is gone'));
    await settled();
    expect(steps).toEqual([]);
  });

  it.each(['succeeds', 'fails'])('while it publishes: touches nothing until that ends, and it %s', async (end) => {
    const { outcome, steps, alarms, abort, published, publishing } = hangingAttempt('publish');
    await publishing;
    abort.abort(new Error('enough'));
    for (const alarm of [...alarms]) alarm();
    await expect(outcome).rejects.toThrow('enough');
    await settled();
    expect(steps).toEqual([]);
    if (end === 'succeeds') published.resolve(pointer);
    else published.reject(new Error('the volume is gone'));
    await settled();
    expect(steps).toEqual(['discard late']);
  });

  it('and answers soon after the abort is waited for', async () => {
    const { outcome, steps, alarms, abort, published, publishing } = hangingAttempt('publish');
    await publishing;
    abort.abort(new Error('enough'));
    expect(alarms).toHaveLength(1);
    published.resolve(pointer);
    await expect(outcome).resolves.toMatchObject({ pointer });
    expect(alarms).toEqual([]);
    expect(steps).toEqual([]);
  });
});
