// A checkpoint storage that fails at chosen steps, around any other.
//
//   FS1. Every call that is waited for is a step, of whatever the storage hands out: views, locations, streams, claims. Only
//        `close` is none: who closes cannot do anything else any more.
//   FS2. What a step is called by begins with what it is a call of: `output.write`, `location.publish`.

import type { CheckpointStorage } from '@tidemark/state-core/spi';
import type { StepActions, StepFaults } from './step-faults.js';

type Method = (...given: unknown[]) => unknown;

/** What the results of calls are called by; other results are data. */
const HANDED_OUT: Readonly<Record<string, string>> = {
  createCoordinatorView: 'coordinator',
  createWorkerView: 'worker',
  initializeLocationForCheckpoint: 'location',
  initializeLocationForSavepoint: 'location',
  resolveCheckpoint: 'snapshot',
  resolveCheckpointStorageLocation: 'streams',
  createCheckpointStateOutputStream: 'output',
  createTaskOwnedStateStream: 'output',
  openInput: 'input',
};

/** Calls that answer at once, and closing. */
const NO_STEPS: ReadonlySet<string> = new Set(['referenceOf', 'locationOf', 'close']);

/** The storage, with faults at its steps. */
export function faultyCheckpointStorage(storage: CheckpointStorage, faults: StepFaults): CheckpointStorage {
  return wrapped(storage, 'storage', faults);
}

function wrapped<T extends object>(target: T, what: string, faults: StepFaults): T {
  return new Proxy(target, {
    get(inner, name) {
      const value: unknown = Reflect.get(inner, name);
      if (name === 'claims' && typeof value === 'object' && value !== null) return wrapped(value, 'claims', faults);
      if (typeof value !== 'function') return value;
      const method = value as Method;
      if (name === 'configure') {
        return (...given: unknown[]) => wrapped(method.apply(inner, given) as object, what, faults);
      }
      if (NO_STEPS.has(String(name))) return method.bind(inner);
      return async (...given: unknown[]) => {
        const call = (...changed: unknown[]): unknown => method.apply(inner, changed);
        const result = await faults.step(`${what}.${String(name)}`, actionsOf(String(name), call, given));
        const handedOut = HANDED_OUT[String(name)];
        return handedOut === undefined ? result : wrapped(result as object, handedOut, faults);
      };
    },
  });
}

function actionsOf(name: string, call: Method, given: readonly unknown[]): StepActions<unknown> {
  const run = (): unknown => call(...given);
  const [first] = given;
  if (name === 'write' && first instanceof Uint8Array) {
    const half = first.subarray(0, first.length >> 1);
    return { run, tear: async () => void (await call(half)), lose: () => undefined };
  }
  if (name === 'read') {
    return {
      run,
      async tear() {
        const bytes = (await call(...given)) as Uint8Array;
        return bytes.fill(0, bytes.length >> 1);
      },
    };
  }
  return name === 'flush' ? { run, lose: () => undefined } : { run };
}
