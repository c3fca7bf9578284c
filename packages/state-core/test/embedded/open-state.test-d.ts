// The types of openState: what compiles and, just as much, what does not.

import {
  type JsonAttachment,
  type KeySerializer,
  ListStateDescriptor,
  MapStateDescriptor,
  type OpenState,
  openState,
  type TypeSerializer,
  ValueStateDescriptor,
} from '../../src/index.js';
import type { CheckpointStorage, StateBackend } from '../../src/spi.js';

declare const string: KeySerializer<string>;
declare const float64: TypeSerializer<number>;
declare const position: TypeSerializer<{ readonly nextOffset: number }>;
declare const stateBackend: StateBackend;
declare const checkpointStorage: CheckpointStorage;

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function assertType<_T extends true>(): void {}

const states: {
  readonly total: ValueStateDescriptor<number, number>;
  readonly last: ValueStateDescriptor<string>;
  readonly log: ListStateDescriptor<string>;
  readonly byDay: MapStateDescriptor<string, number>;
} = {
  total: new ValueStateDescriptor('total', { type: float64, defaultValue: 0 }),
  last: new ValueStateDescriptor('last', { type: string }),
  log: new ListStateDescriptor('log', { type: string }),
  byDay: new MapStateDescriptor('by-day', { key: string, value: float64 }),
};

export async function valuesAreTypedByTheirDescriptors(): Promise<void> {
  const state = await openState({ name: 'accounts', states, keySerializer: string });
  const result = state.withKey('a', ({ total, last, log, byDay }) => {
    const withDefault = total.value();
    assertType<Equal<typeof withDefault, number>>();
    const withoutDefault = last.value();
    assertType<Equal<typeof withoutDefault, string | undefined>>();
    assertType<Equal<ReturnType<typeof log.get>, Iterable<string>>>();
    const day = byDay.get('monday');
    assertType<Equal<typeof day, number | undefined>>();
    // @ts-expect-error a value of another type
    total.update('12');
    return withDefault + 1;
  });
  assertType<Equal<typeof result, number>>();
  const nothing = state.withKey('a', ({ total }) => total.update(1));
  assertType<Equal<typeof nothing, void>>();
  const literal = state.withKey('a', ({ total }) => (total.value() > 1 ? { big: true } : undefined));
  assertType<Equal<typeof literal, { big: boolean } | undefined>>();
  for (const key of state.keys('total')) assertType<Equal<typeof key, string>>();

  // @ts-expect-error a state that is not declared
  state.withKey('a', ({ totals }) => totals);
  // @ts-expect-error a state that is not declared
  state.keys('totals');
  // @ts-expect-error a key of another type
  state.withKey(1, () => undefined);
  // @ts-expect-error there is no way to leave a key chosen
  state.setCurrentKey('a');
}

export async function handlersAreSynchronous(state: OpenState<string, typeof states>): Promise<void> {
  // @ts-expect-error an async handler would write without its key
  state.withKey('a', async ({ total }) => total.update(1));
  // @ts-expect-error a promise in any form
  state.withKey('a', () => Promise.resolve(1));
}

export async function attachmentsAreTypedByTheirSerializer(): Promise<void> {
  const typed = await openState({ name: 'a', states, keySerializer: string, attachmentSerializer: position });
  const offset = typed.restored?.attachment?.nextOffset;
  assertType<Equal<typeof offset, number | undefined>>();
  await typed.checkpoint({ attachment: { nextOffset: 1 } });
  await typed.checkpoint({ attachment: () => ({ nextOffset: 1 }) });
  // @ts-expect-error an attachment of another shape
  await typed.checkpoint({ attachment: { offset: 1 } });

  const untyped = await openState({ name: 'a', states, keySerializer: string });
  assertType<Equal<typeof untyped, OpenState<string, typeof states, JsonAttachment>>>();
  const next: number = untyped.restored?.attachment?.nextOffset ?? 0;
  await untyped.checkpoint({ attachment: { nextOffset: next } });
  await untyped.savepoint('./savepoints', { attachment: [1, 'two'] });
}

export async function aWrongBackendDoesNotCompile(): Promise<void> {
  await openState({ name: 'a', states, keySerializer: string, stateBackend, checkpointStorage });
  // @ts-expect-error a storage is no backend
  await openState({ name: 'a', states, keySerializer: string, stateBackend: checkpointStorage });
  // @ts-expect-error a backend is no storage
  await openState({ name: 'a', states, keySerializer: string, checkpointStorage: stateBackend });
  // @ts-expect-error an object with the right name only
  await openState({ name: 'a', states, keySerializer: string, stateBackend: { name: 'hashmap' } });
  // @ts-expect-error a type that cannot be a key
  await openState({ name: 'a', states, keySerializer: float64 });
}
