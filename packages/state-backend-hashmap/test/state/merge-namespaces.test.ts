// MN3 of merge-namespaces.ts: a merge that throws changes nothing.

import {
  AggregatingStateDescriptor,
  int32,
  type KeySerializer,
  ListStateDescriptor,
  ReducingStateDescriptor,
  StateTtlConfig,
  string,
  struct,
} from '@tidemark/state-core';
import type { InternalMergingState } from '@tidemark/state-core/spi';
import { StateBackendHarness } from '@tidemark/state-testkit';
import { describe, expect, it } from 'vitest';
import { HashMapStateBackend } from '../../src/index.js';

interface Sum {
  n: number;
}

const sum = struct({ n: int32 });

/** Adds in place, and throws when the second operand is 3. */
function joined(first: Sum, second: Sum): Sum {
  if (second.n === 3) throw new Error('no');
  first.n += second.n;
  return first;
}

const settings = [
  { title: 'without time to live', options: {} },
  { title: 'with time to live', options: { ttl: StateTtlConfig.of({ ttlMs: 1000 }) } },
].flatMap(({ title, options }) =>
  [false, true].map((objectReuse) => ({
    title: `${title}${objectReuse ? ' and with object reuse' : ''}`,
    options,
    config: { 'state.object-reuse': objectReuse, 'state.check-mutation': objectReuse },
  })),
);

type Merging<IN, OUT> = InternalMergingState<unknown, string, IN, unknown, OUT>;

describe.each(settings)('$title', ({ options, config }) => {
  const reducing = new ReducingStateDescriptor<Sum>('r', { type: sum, reduce: joined, ...options });
  const aggregating = new AggregatingStateDescriptor<Sum, Sum, Sum>('a', {
    type: sum,
    aggregate: {
      createAccumulator: () => ({ n: 0 }),
      add: (value, accumulator) => ({ n: accumulator.n + value.n }),
      getResult: (accumulator) => accumulator,
      merge: joined,
    },
    ...options,
  });

  it.each([reducing, aggregating])(
    '$kind: a function that throws leaves all entries as they are',
    async (descriptor) => {
      const harness = new StateBackendHarness(new HashMapStateBackend());
      const backend = await harness.createKeyed({ config });
      const state = backend.getOrCreateKeyedState(string, descriptor) as unknown as Merging<Sum, Sum>;
      const content = (): unknown[] =>
        ['t', 'a', 'b', 'c'].map((namespace) => {
          state.setCurrentNamespace(namespace);
          return state.get()?.n;
        });
      backend.setCurrentKey(1);
      for (const [namespace, n] of [
        ['t', 10],
        ['a', 1],
        ['b', 2],
        ['c', 3],
      ] as const) {
        state.setCurrentNamespace(namespace);
        state.add({ n });
      }
      expect(() => state.mergeNamespaces('t', ['a', 'b', 'c'])).toThrow('no');
      expect(content()).toEqual([10, 1, 2, 3]);
      // Only joining with the target throws.
      expect(() => state.mergeNamespaces('c', ['c', 't', 'c', 'c'])).not.toThrow();
      expect(content()).toEqual([undefined, 1, 2, 13]);
      state.mergeNamespaces('t', ['a', 'b', 'a']);
      expect(content()).toEqual([3, undefined, undefined, 13]);
      expect(() => state.mergeNamespaces('c', ['t'])).toThrow('no');
      expect(content()).toEqual([3, undefined, undefined, 13]);
      await harness.close();
    },
  );

  it('list: sources that throw while they are named leave all entries as they are', async () => {
    const harness = new StateBackendHarness(new HashMapStateBackend());
    const backend = await harness.createKeyed({ config });
    const state = backend.getOrCreateKeyedState(
      string,
      new ListStateDescriptor<number>('l', { type: int32, ...options }),
    ) as unknown as Merging<number, Iterable<number>>;
    backend.setCurrentKey(1);
    state.setCurrentNamespace('a');
    state.add(1);
    const sources = function* (): Iterable<string> {
      yield 'a';
      throw new Error('no');
    };
    expect(() => state.mergeNamespaces('t', sources())).toThrow('no');
    expect([...(state.get() ?? [])]).toEqual([1]);
    await harness.close();
  });

  it('list: a serializer that throws on the way leaves all entries as they are', async () => {
    const harness = new StateBackendHarness(new HashMapStateBackend());
    const backend = await harness.createKeyed({ config });
    const failing = { identity: false, copy: false };
    type Namespace = { name: string };
    const namespaces = struct({ name: string }) as unknown as KeySerializer<Namespace>;
    const serializer: KeySerializer<Namespace> = Object.assign(Object.create(namespaces), {
      identity(namespace: Namespace) {
        if (failing.identity && namespace.name === 'b') throw new Error('no identity');
        return namespaces.identity(namespace);
      },
      copy(namespace: Namespace) {
        if (failing.copy) throw new Error('no copy');
        return namespaces.copy(namespace);
      },
    });
    const state = backend.getOrCreateKeyedState(
      serializer,
      new ListStateDescriptor<number>('l', { type: int32, ...options }),
    );
    const content = (): unknown[] =>
      ['t', 'a', 'b'].map((name) => {
        state.setCurrentNamespace({ name });
        return [...state.get()];
      });
    backend.setCurrentKey(1);
    for (const [name, n] of [
      ['a', 1],
      ['b', 2],
    ] as const) {
      state.setCurrentNamespace({ name });
      state.add(n);
    }
    const named = (name: string): Namespace => ({ name });
    failing.identity = true;
    expect(() => state.mergeNamespaces(named('t'), [named('a'), named('b')])).toThrow('no identity');
    failing.identity = false;
    expect(content()).toEqual([[], [1], [2]]);
    failing.copy = true;
    expect(() => state.mergeNamespaces(named('t'), [named('a'), named('b')])).toThrow('no copy');
    failing.copy = false;
    expect(content()).toEqual([[], [1], [2]]);
    state.mergeNamespaces(named('b'), [named('a'), named('b')]);
    expect(content()).toEqual([[], [], [1, 2]]);
    state.mergeNamespaces(named('t'), [named('t'), named('b')]);
    expect(content()).toEqual([[1, 2], [], []]);
    await harness.close();
  });
});
