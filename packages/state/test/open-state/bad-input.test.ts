// What programs get wrong, on the public surface and on the service interface: each is refused in words that say what to
// do, and what was there before is still there and can be written afterwards.

import { HashMapStateBackend } from '@tidemark/state-backend-hashmap';
import {
  type CheckpointStateOutputStream,
  type CheckpointStreamFactory,
  type KeyedStateBackend,
  type KeyedStateHandle,
  type SnapshotView,
  voidNamespaceSerializer,
} from '@tidemark/state-core/spi';
import { createSnapshotContext } from '@tidemark/state-core/support';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  bytes,
  Configuration,
  int32,
  isStateError,
  KeyGroupRange,
  type KeySerializer,
  ListStateDescriptor,
  list,
  MapStateDescriptor,
  openState,
  type StateDescriptor,
  silentLogger,
  string,
  struct,
  systemClock,
  systemRandom,
  systemScheduler,
  ValueStateDescriptor,
} from '../../src/index.js';

// biome-ignore lint/suspicious/noExplicitAny: what a program without types passes.
type Untyped = any;

const GIB = 2 ** 30;

const states = {
  count: new ValueStateDescriptor('count', { type: int32 }),
  box: new ValueStateDescriptor('box', { type: struct({ n: int32 }) }),
  names: new ListStateDescriptor('names', { type: string }),
  ages: new MapStateDescriptor('ages', { key: string, value: int32 }),
  blob: new ValueStateDescriptor('blob', { type: bytes }),
  parts: new ListStateDescriptor('parts', { type: list(bytes) }),
};

/** A program with state, whichever way it came by it. */
interface Surface {
  readonly withKey: (key: Untyped, use: (states: Untyped) => unknown) => unknown;
  /** The states outside any slice. */
  readonly states: Untyped;
  readonly checkpoint: () => Promise<unknown>;
  readonly close: () => Promise<void>;
}

async function embedded(config: Record<string, string>): Promise<Surface> {
  const state: Untyped = await openState({
    name: `bad input ${crypto.randomUUID()}`,
    states,
    keySerializer: string,
    configFile: false,
    logger: { warn() {}, info() {} },
    config,
  });
  const handed = state.withKey('any', (all: Untyped) => all);
  onTestFinished(() => state.close());
  return {
    withKey: (key, use) => state.withKey(key, use),
    states: handed,
    checkpoint: () => state.checkpoint(),
    close: () => state.close(),
  };
}

/** Takes the bytes and lets go of them. */
const swallowing: CheckpointStreamFactory = {
  async createCheckpointStateOutputStream(): Promise<CheckpointStateOutputStream> {
    let position = 0;
    return {
      get position() {
        return position;
      },
      write: async (part) => {
        position += part.length;
      },
      flush: async () => undefined,
      closeAndGetHandle: async () => ({ kind: 'byte-stream', name: 'swallowed', bytes: new Uint8Array(1) }),
      close: async () => undefined,
    };
  },
};

interface BareBackend {
  readonly backend: KeyedStateBackend<string>;
  readonly snapshot: () => SnapshotView<KeyedStateHandle>;
}

async function keyedBackend(config: Record<string, string> = {}): Promise<BareBackend> {
  const backend = await new HashMapStateBackend().createKeyedStateBackend<string>({
    jobId: 'bad-input',
    operatorIdentifier: 'operator_0',
    attempt: 0,
    config: Configuration.from(config),
    clock: systemClock,
    scheduler: systemScheduler,
    random: systemRandom,
    logger: silentLogger,
    stateReader: { openInput: () => Promise.reject(new Error('nothing was stored')) },
    signal: new AbortController().signal,
    keySerializer: string,
    numberOfKeyGroups: 4,
    keyGroupRange: KeyGroupRange.of(0, 3),
    stateHandles: [],
    restoredCheckpointId: undefined,
    declaredStates: [],
    managedMemoryFraction: 1,
  });
  onTestFinished(() => backend.close());
  let checkpointId = 0;
  const snapshot = () =>
    backend.snapshot(
      createSnapshotContext({
        checkpointId: ++checkpointId,
        sharing: 'no-sharing',
        streams: swallowing,
        clock: systemClock,
        scheduler: systemScheduler,
      }),
    );
  return { backend, snapshot };
}

async function bare(config: Record<string, string>): Promise<Surface> {
  const { backend, snapshot } = await keyedBackend(config);
  const opened = Object.fromEntries(
    Object.entries(states).map(([name, descriptor]) => [
      name,
      backend.getOrCreateKeyedState(voidNamespaceSerializer as KeySerializer<unknown>, descriptor as StateDescriptor),
    ]),
  );
  return {
    withKey: (key, use) => {
      backend.setCurrentKey(key);
      try {
        return use(opened);
      } finally {
        backend.clearCurrentKey();
      }
    },
    states: opened,
    checkpoint: async () => snapshot().write(),
    close: () => backend.close(),
  };
}

/** What an attempt fails with. */
async function failureOf(attempt: () => unknown): Promise<Error> {
  try {
    await attempt();
  } catch (error) {
    return error as Error;
  }
  return expect.fail('nothing was refused');
}

/** Refused at once or, where a value is looked at only when it is written, by the checkpoint, which says whose it is. */
async function refusalOf({ withKey, checkpoint }: Surface, use: (all: Untyped) => unknown): Promise<Error> {
  try {
    withKey('alice', use);
  } catch (error) {
    return error as Error;
  }
  const error = await failureOf(checkpoint);
  expect(error.message).toMatch(/state '\w+': key alice: /);
  return error;
}

describe.each([
  ['openState', embedded],
  ['the service interface', bare],
])('%s', (_name, open) => {
  it.each<[string, (all: Untyped) => unknown, RegExp]>([
    ['text for a number', ({ count }) => count.update('seven'), /a string of 5 characters.*takes int32/],
    ['null for a number', ({ count }) => count.update(null), /null.*takes int32/],
    ['a fraction for int32', ({ count }) => count.update(1.5), /the number 1\.5.*takes int32/],
    ['too large a number', ({ count }) => count.update(2 ** 31), /2147483648.*takes int32/],
    ['text for a struct', ({ box }) => box.update('seven'), /a string of 5 characters.*takes an object/],
    ['null for a struct', ({ box }) => box.update(null), /null.*takes an object/],
    ['a wrong field', ({ box }) => box.update({ n: 'x' }), /at \$\.n is a string.*takes int32/],
    ['null in a list', ({ names }) => names.add(null), /null/],
    ['null among elements', ({ names }) => names.addAll(['a', null]), /null/],
    ['null in a new list', ({ names }) => names.update([null]), /null/],
    ['undefined in a list', ({ names }) => names.add(undefined), /undefined/],
    ['undefined among elements', ({ names }) => names.addAll(['a', undefined]), /undefined/],
    ['null instead of a list', ({ names }) => names.update(null), /null/],
    ['a number instead of elements', ({ names }) => names.addAll(7), /iterable.*add\(value\)/],
    ['a number in a list of text', ({ names }) => names.add(7), /the number 7.*takes a string/],
    ['null in a map', ({ ages }) => ages.put('a', null), /null.*takes int32/],
    ['undefined in a map', ({ ages }) => ages.put('a', undefined), /undefined/],
    ['null as a map key', ({ ages }) => ages.put(null, 1), /null.*takes a string/],
    ['a number as a map key', ({ ages }) => ages.put(1, 1), /the number 1.*takes a string/],
    ['an entry without value', ({ ages }) => ages.putAll([['a']]), /undefined/],
    ['a number instead of entries', ({ ages }) => ages.putAll(5), /iterable.*Object.entries/],
    ['text for bytes', ({ blob }) => blob.update('text'), /a string of 4 characters.*takes a Uint8Array/],
  ])('%s: refused in words, and gone when it is taken out', async (_what, use, message) => {
    const surface = await open({});
    surface.withKey('bob', ({ count }) => count.update(7));
    const error = await refusalOf(surface, use);
    expect(isStateError(error, 'value-not-serializable') || error instanceof TypeError).toBe(true);
    expect(error.message).toMatch(message);
    surface.withKey('alice', (all) => {
      for (const state of Object.values(all) as Untyped[]) state.clear();
    });
    await surface.checkpoint();
    expect(surface.withKey('bob', ({ count }) => count.value())).toBe(7);
  });

  it.each([
    [7, 'value-not-serializable', /the number 7.*takes a string/],
    [null, undefined, /a key must not be null or undefined/],
    [undefined, undefined, /a key must not be null or undefined/],
  ])('%s as the key', async (key, code, message) => {
    const { withKey, checkpoint } = await open({});
    const error = await failureOf(() => withKey(key, ({ count }) => count.update(1)));
    expect(error).toMatchObject(code === undefined ? { name: 'TypeError' } : { code });
    expect(error.message).toMatch(message);
    await checkpoint();
  });

  it('no key: every call says how one is chosen', async () => {
    const { states: all } = await open({});
    for (const use of [
      () => all.count.value(),
      () => all.count.update(1),
      () => all.names.add('a'),
      () => all.names.get(),
      () => all.ages.put('a', 1),
      () => all.ages.entries(),
      () => all.ages.clear(),
    ]) {
      expect(await failureOf(use)).toMatchObject({
        code: 'no-current-key',
        message: expect.stringMatching(/setCurrentKey\(key\).*withKey\(key, /),
      });
    }
  });

  it('after close: access, checkpoint, and the states that somebody kept', async () => {
    const { withKey, states: all, checkpoint, close } = await open({});
    withKey('alice', ({ count }) => count.update(1));
    await close();
    const code = expect.stringMatching(/^(backend|state)-closed$/);
    const message = expect.stringMatching(/after close\(\); stop the processing|open it again/);
    for (const use of [
      () => withKey('alice', ({ count }) => count.value()),
      () => all.count.value(),
      () => all.names.add('a'),
      () => all.ages.entries(),
      () => checkpoint(),
    ]) {
      expect(await failureOf(use)).toMatchObject({ code, message });
    }
    await close();
  });

  it('3 GiB in one value: the checkpoint names state, key, size, limit and the way out, and costs no memory', async () => {
    // With object reuse the value is not copied, and nobody touches its pages: it is address space and no memory.
    const { withKey, checkpoint } = await open({ 'state.object-reuse': 'true' });
    withKey('bob', ({ count }) => count.update(7));
    withKey('big', ({ blob }) => blob.update(new Uint8Array(3 * GIB)));
    const before = process.memoryUsage().rss;
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(await failureOf(checkpoint)).toMatchObject({
        code: 'value-too-large',
        message: expect.stringMatching(
          /^state 'blob': key big: .* would take 32212\d{5} bytes, the most is 2147483647; split it, .*ListState.*MapState/,
        ),
      });
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(GIB / 4);
    withKey('big', ({ blob }) => blob.clear());
    await checkpoint();
    expect(withKey('bob', ({ count }) => count.value())).toBe(7);
  });

  it('3 GiB in the parts of one element', async () => {
    const { withKey, checkpoint } = await open({ 'state.object-reuse': 'true' });
    const part = new Uint8Array(3 * GIB);
    withKey('big', ({ parts }) => parts.add([new Uint8Array(8), part]));
    expect(await failureOf(checkpoint)).toMatchObject({
      code: 'value-too-large',
      message: expect.stringContaining("state 'parts': key big"),
    });
    withKey('big', ({ parts }) => parts.clear());
    await checkpoint();
  });
});

describe('too many snapshots at once', () => {
  it('openState: the second waits for the first to be over, and says so', async () => {
    const { withKey, checkpoint } = await embedded({});
    withKey('alice', ({ count }) => count.update(1));
    const first = checkpoint();
    expect(await failureOf(checkpoint)).toMatchObject({
      code: expect.stringMatching(/^(checkpoint|too-many)/),
      message: expect.stringMatching(/another is being written\. Await the promise/),
    });
    await first;
    await checkpoint();
  });

  it('the service interface: one above what the backend declares', async () => {
    const { snapshot } = await keyedBackend();
    const { maxConcurrentSnapshots } = new HashMapStateBackend().capabilities;
    const views = Array.from({ length: maxConcurrentSnapshots }, () => snapshot());
    expect(await failureOf(() => snapshot())).toMatchObject({
      code: 'too-many-concurrent-snapshots',
      message: expect.stringMatching(
        /wait for one of them.*\n {2}execution\.checkpointing\.max-concurrent-checkpoints: 4/,
      ),
    });
    await views.shift()?.write();
    await snapshot().write();
    for (const view of views) view.release();
  });
});
