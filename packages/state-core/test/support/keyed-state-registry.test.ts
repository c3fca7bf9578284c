// KR1 to KR3 of keyed-state-registry.ts.

import { expect, it } from 'vitest';
import { float64 } from '../../src/serialization/float64-serializer.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { string } from '../../src/serialization/string-serializer.js';
import type { KeySerializer } from '../../src/serialization/type-serializer.js';
import { voidNamespaceSerializer } from '../../src/state/namespace.js';
import { ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor } from '../../src/state/state-descriptor.js';
import { KeyedStateRegistry, STATES_MAX } from '../../src/support/keyed-state-registry.js';
import { RestoredKeyedState } from '../../src/support/restored-keyed-state.js';

const plain = voidNamespaceSerializer as KeySerializer<unknown>;

function registry(): KeyedStateRegistry {
  return new KeyedStateRegistry({
    keySerializer: int32 as KeySerializer<unknown>,
    restored: RestoredKeyedState.empty(),
    restoredCheckpointId: undefined,
  });
}

it('gives the same registration for the same name and numbers states in their order', () => {
  const states = registry();
  const a = states.register(plain, new ValueStateDescriptor('a', { type: int32 }));
  const b = states.register(plain, new MapStateDescriptor('b', { key: string, value: float64 }));
  expect([a.id, b.id]).toEqual([0, 1]);
  expect(states.register(plain, new ValueStateDescriptor('a', { type: int32 }))).toBe(a);
  expect(states.registrations).toEqual([a, b]);
  expect(states.get('b')).toBe(b);
  expect([b.schema.kind, b.schema.mapKey]).toEqual(['map', string.snapshot()]);
});

it('takes the functions and the default of the newer descriptor', () => {
  const states = registry();
  const registration = states.register(plain, new ValueStateDescriptor('a', { type: int32, defaultValue: 1 }));
  const newer = new ValueStateDescriptor('a', { type: int32, defaultValue: 2 });
  states.register(plain, newer);
  expect(registration.descriptor).toBe(newer);
});

it('refuses another sort under a name and names both', () => {
  const states = registry();
  states.register(plain, new ValueStateDescriptor('a', { type: int32 }));
  const asList = new ListStateDescriptor('a', { type: int32 });
  const refused = expect.objectContaining({
    code: 'state-already-registered',
    details: { stateName: 'a', registered: 'value', asked: 'list' },
  });
  expect(() => states.register(plain, asList)).toThrow(refused);
  states.declare(new ValueStateDescriptor('b', { type: int32 }));
  expect(() => states.declare(new ListStateDescriptor('b', { type: int32 }))).toThrow(
    expect.objectContaining({ code: 'state-already-registered' }),
  );
});

it('refuses other types under a name', () => {
  const states = registry();
  states.register(plain, new ValueStateDescriptor('a', { type: int32 }));
  states.register(plain, new MapStateDescriptor('m', { key: string, value: int32 }));
  expect(() => states.register(plain, new ValueStateDescriptor('a', { type: string }))).toThrow(
    expect.objectContaining({
      code: 'value-serializer-incompatible',
      message: expect.stringMatching(/int32[\s\S]*string/),
    }),
  );
  // float64 could read what int32 wrote, but not while int32 goes on writing.
  expect(() => states.register(plain, new ValueStateDescriptor('a', { type: float64 }))).toThrow(
    expect.objectContaining({ code: 'value-serializer-incompatible' }),
  );
  expect(() => states.register(plain, new MapStateDescriptor('m', { key: int32, value: int32 }))).toThrow(
    expect.objectContaining({ code: 'value-serializer-incompatible' }),
  );
  expect(() =>
    states.register(string as KeySerializer<unknown>, new ValueStateDescriptor('a', { type: int32 })),
  ).toThrow(expect.objectContaining({ code: 'namespace-serializer-incompatible' }));
  expect(() => states.register(undefined as never, new ValueStateDescriptor('c', { type: int32 }))).toThrow(TypeError);
});

it('takes 32,767 states and not one more', () => {
  const states = registry();
  for (let index = 0; index < STATES_MAX; index++) {
    states.register(plain, new ValueStateDescriptor(`s${index}`, { type: int32 }));
  }
  expect(() => states.register(plain, new ValueStateDescriptor('one more', { type: int32 }))).toThrow(
    expect.objectContaining({ code: 'too-many-states', message: expect.stringContaining('32767') }),
  );
  expect(states.register(plain, new ValueStateDescriptor('s0', { type: int32 })).id).toBe(0);
});

it('reports what was declared, also without a restore', () => {
  const states = registry();
  states.declare(new ValueStateDescriptor('a', { type: int32 }));
  expect(states.report()).toEqual({
    restoredCheckpointId: undefined,
    states: [{ stateName: 'a', kind: 'value', outcome: 'new', schema: 'int32' }],
  });
});
