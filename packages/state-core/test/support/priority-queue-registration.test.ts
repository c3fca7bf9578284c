// Queues beside states in the registry: KR1 of keyed-state-registry.ts, PR1 and PR2 of priority-queue-registration.ts.

import { expect, it } from 'vitest';
import { int32, safeInteger } from '../../src/serialization/integer-serializers.js';
import { json } from '../../src/serialization/json-serializer.js';
import { string } from '../../src/serialization/string-serializer.js';
import type { KeySerializer } from '../../src/serialization/type-serializer.js';
import { voidNamespaceSerializer } from '../../src/state/namespace.js';
import { ValueStateDescriptor } from '../../src/state/state-descriptor.js';
import { KeyedStateRegistry, STATES_MAX } from '../../src/support/keyed-state-registry.js';
import { RestoredKeyedState } from '../../src/support/restored-keyed-state.js';

const plain = voidNamespaceSerializer as KeySerializer<unknown>;
const timers = { name: 'timers', namespace: plain, priority: safeInteger as KeySerializer<unknown> };

function registry(): KeyedStateRegistry {
  return new KeyedStateRegistry({
    keySerializer: int32 as KeySerializer<unknown>,
    restored: RestoredKeyedState.empty(),
    restoredCheckpointId: undefined,
  });
}

it('queues and states are numbered together, and a queue has no bytes of value', () => {
  const states = registry();
  const a = states.register(plain, new ValueStateDescriptor('a', { type: int32 }));
  const queue = states.registerPriorityQueue(timers);
  const b = states.register(plain, new ValueStateDescriptor('b', { type: int32 }));
  expect([a.id, queue.id, b.id]).toEqual([0, 1, 2]);
  expect(states.registrations).toEqual([a, queue, b]);
  expect(states.size).toBe(3);
  expect(queue.schema).toEqual({
    id: 1,
    name: 'timers',
    kind: 'priority-queue',
    namespace: plain.snapshot(),
    value: { type: 'void-namespace', version: 1 },
    mapKey: safeInteger.snapshot(),
    ttl: false,
  });
  expect(states.get('timers')).toBeUndefined();
  expect(states.registerPriorityQueue({ ...timers })).toBe(queue);
});

it('a list of registrations stays as it is when a queue comes', () => {
  const states = registry();
  const before = states.registrations;
  states.registerPriorityQueue(timers);
  expect([before.length, states.registrations.length]).toEqual([0, 1]);
});

it('one name is one sort, whichever came first, and one type of priority', () => {
  const states = registry();
  states.registerPriorityQueue(timers);
  const taken = (registered: string, asked: string): unknown =>
    expect.objectContaining({
      code: 'state-already-registered',
      details: expect.objectContaining({ registered, asked }),
    });
  const asState = new ValueStateDescriptor('timers', { type: int32 });
  expect(() => states.declare(asState)).toThrow(taken('priority-queue', 'value'));
  expect(() => states.register(plain, asState)).toThrow(taken('priority-queue', 'value'));
  states.declare(new ValueStateDescriptor('declared', { type: int32 }));
  expect(() => states.registerPriorityQueue({ ...timers, name: 'declared' })).toThrow(taken('value', 'priority-queue'));
  expect(() => states.registerPriorityQueue({ ...timers, priority: int32 as KeySerializer<unknown> })).toThrow(
    expect.objectContaining({
      code: 'key-serializer-incompatible',
      message: expect.stringMatching(/safeInteger[\s\S]*int32[\s\S]*in use[\s\S]*never migrate/),
    }),
  );
  expect(() => states.registerPriorityQueue({ ...timers, namespace: string as KeySerializer<unknown> })).toThrow(
    expect.objectContaining({ code: 'namespace-serializer-incompatible' }),
  );
});

it('refuses what is no key type, and descriptors without name or types', () => {
  const states = registry();
  const values = json as unknown as KeySerializer<unknown>;
  for (const wrong of [
    { ...timers, priority: values },
    { ...timers, namespace: values },
  ]) {
    expect(() => states.registerPriorityQueue(wrong)).toThrow(
      expect.objectContaining({ code: 'key-type-unsupported' }),
    );
  }
  for (const wrong of [{ ...timers, name: '' }, { ...timers, priority: undefined }, { name: 'x' }]) {
    expect(() => states.registerPriorityQueue(wrong as never)).toThrow(TypeError);
  }
  expect(states.size).toBe(0);
});

it('counts among the most states there may be', () => {
  const states = registry();
  for (let index = 1; index < STATES_MAX; index++) {
    states.register(plain, new ValueStateDescriptor(`s${index}`, { type: int32 }));
  }
  states.registerPriorityQueue(timers);
  expect(() => states.registerPriorityQueue({ ...timers, name: 'one more' })).toThrow(
    expect.objectContaining({ code: 'too-many-states' }),
  );
  expect(states.registerPriorityQueue(timers).id).toBe(STATES_MAX - 1);
});

it('is in the report with the type of its priorities', () => {
  const states = registry();
  states.registerPriorityQueue(timers);
  expect(states.report().states).toEqual([
    { stateName: 'timers', kind: 'priority-queue', outcome: 'new', schema: 'safeInteger' },
  ]);
});
