import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../src/snapshot-format/canonical-json.js';
import { decodeHeader, encodeHeader } from '../../src/snapshot-format/segment-header-format.js';
import { headerWith, schemaWith, stateErrorOf } from './segment-fixture.js';

const full = headerWith({
  baseCheckpointId: 6,
  states: [
    schemaWith(),
    schemaWith({ id: 5, name: 'm\ud800', kind: 'map', ttl: true }),
    schemaWith({ id: 6, name: 'by event', ttl: true, ttlTime: 'event' }),
  ],
  compression: 'deflate',
  ttlClocks: [
    [0, -5],
    [127, 10],
  ],
});

const plain = (): Record<string, unknown> => JSON.parse(canonicalJson(full));
const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

test('a header comes back, lone surrogates in names included', () => {
  expect(decodeHeader(encodeHeader(full))).toEqual(full);
  expect(decodeHeader(encodeHeader(headerWith()))).toEqual(headerWith());
});

test('one header has one form, whatever the order of its fields', () => {
  const reversed = Object.fromEntries(Object.entries(full).reverse());
  expect(encodeHeader(reversed as unknown as typeof full)).toEqual(encodeHeader(full));
});

describe('HF1', () => {
  test('facts of later versions are kept as they are', () => {
    const optional = { later: { anything: [1, null, 'x'] }, __proto__x: true };
    const states = full.states.map((state) => ({ ...state, optional }));
    const later = { ...full, states, optional };
    expect(decodeHeader(encode(later))).toEqual(later);
    expect(decodeHeader(encodeHeader(decodeHeader(encode(later))))).toEqual(later);
  });

  test.each([
    ['the header', (later: Record<string, unknown>) => ({ ...later, note: 'x' })],
    [
      'a state',
      ({ states, ...later }: Record<string, unknown>) => ({
        ...later,
        states: (states as object[]).map((state) => ({ ...state, note: 'x' })),
      }),
    ],
    ['the range', (later: Record<string, unknown>) => ({ ...later, keyGroupRange: { first: 0, last: 1, note: 'x' } })],
    ['facts that are a list', (later: Record<string, unknown>) => ({ ...later, optional: [1] })],
    [
      'facts that nest too deep',
      (later: Record<string, unknown>) => ({
        ...later,
        optional: { deep: JSON.parse('['.repeat(40) + ']'.repeat(40)) },
      }),
    ],
  ])('what is not known is refused elsewhere: %s', async (_, change) => {
    const error = await stateErrorOf(() => decodeHeader(encode(change(plain()))));
    expect(error.code).toBe('snapshot-invalid');
  });
});

test('32,767 states are written, one more is refused with what to do instead', async () => {
  const states = Array.from({ length: 32_767 }, (_, id) => schemaWith({ id, name: `s${id}` }));
  expect(decodeHeader(encodeHeader(headerWith({ states }))).states.length).toBe(32_767);
  const error = await stateErrorOf(() =>
    encodeHeader(headerWith({ states: [...states, schemaWith({ id: 0, name: 'more' })] })),
  );
  expect(error.code).toBe('too-many-states');
  expect(error.message).toContain('MapState');
});

describe('what is no header is refused', () => {
  const state = (plain()['states'] as Record<string, unknown>[])[0] as Record<string, unknown>;
  const map = (plain()['states'] as Record<string, unknown>[])[1] as Record<string, unknown>;
  const wrong: Record<string, unknown> = {
    'uid too short': { uid: 'abc' },
    'uid in capitals': { uid: 'A'.repeat(32) },
    'no uid': { uid: undefined },
    'negative checkpoint': { checkpointId: -1 },
    'fraction as checkpoint': { checkpointId: 1.5 },
    'base at the checkpoint itself': { baseCheckpointId: 7 },
    'range that ends before it starts': { keyGroupRange: { first: 5, last: 4 } },
    'range beyond the max parallelism': { keyGroupRange: { first: 0, last: 128 } },
    'range as a list': { keyGroupRange: [0, 1] },
    'max parallelism of 0': { maxParallelism: 0 },
    'max parallelism beyond 32,768': { maxParallelism: 32_769 },
    'another hash of keys': { keyHash: 'fnv' },
    'no schema of the key': { key: undefined },
    'schema without a type': { key: { version: 1 } },
    'states as an object': { states: {} },
    'state id beyond 32,766': { states: [{ ...state, id: 32_767 }] },
    'state id twice': { states: [state, { ...state, name: 'other' }] },
    'state name twice': { states: [state, { ...state, id: 1 }] },
    'state without a name': { states: [{ ...state, name: '' }] },
    'unknown kind': { states: [{ ...state, kind: 'queue' }] },
    'map without a schema of map keys': { states: [{ ...map, mapKey: undefined }] },
    'value with a schema of map keys': { states: [{ ...map, kind: 'value' }] },
    'ttl that is no flag': { states: [{ ...state, ttl: 1 }] },
    'a clock of stamps without stamps': { states: [{ ...state, ttl: false, ttlTime: 'event' }] },
    'an unknown clock of stamps': { states: [{ ...state, ttl: true, ttlTime: 'wall' }] },
    'sorted that is no flag': { sorted: 'yes' },
    'compression without a name': { compression: '' },
    'clocks out of order': {
      ttlClocks: [
        [2, 1],
        [1, 1],
      ],
    },
    'clock outside the range': { ttlClocks: [[128, 1]] },
    'clock with a part too many': { ttlClocks: [[1, 1, 1]] },
    'time that is no integer': { timestampMs: '1' },
    'ttl without a clock': { states: [{ ...state, ttl: true }] },
    'a queue without a schema of priorities': { states: [{ ...state, kind: 'priority-queue' }] },
    'a queue with ttl': { states: [{ ...map, kind: 'priority-queue' }] },
    'no writer': { writer: undefined },
  };
  test.each(Object.entries(wrong))('%s', async (_, fields) => {
    const changed = { ...plain(), ...(fields as object) };
    expect((await stateErrorOf(() => decodeHeader(encode(changed)))).code).toBe('snapshot-invalid');
    expect(() => encodeHeader(changed as never)).toThrow(TypeError);
  });

  test.each([
    ['nothing', ''],
    ['half an object', '{'],
    ['null', 'null'],
    ['a list', '[]'],
    ['a text', '"x"'],
    ['one field of many', '{"uid":1}'],
    ['a byte order mark', '\ufeff{}'],
    ['brackets without end', '['.repeat(10_000_000)],
    ['braces without end', '{"a":'.repeat(1_000_000)],
    ['a text without end', '"\\"["'.repeat(1_000)],
  ])('%s', async (_, json) => {
    expect((await stateErrorOf(() => decodeHeader(new TextEncoder().encode(json)))).code).toBe('snapshot-invalid');
  });

  test('bytes that are no UTF-8', async () => {
    expect((await stateErrorOf(() => decodeHeader(Uint8Array.of(0x22, 0xff, 0x22)))).code).toBe('snapshot-invalid');
  });

  test.each([300, 5_000])('a schema nested %i levels deep', async (levels) => {
    const deep = '['.repeat(levels) + ']'.repeat(levels);
    const json = canonicalJson({ ...plain(), key: { type: 'x', version: 1, parameters: { deep: 'HERE' } } });
    const changed = new TextEncoder().encode(json.replace('"HERE"', deep));
    expect((await stateErrorOf(() => decodeHeader(changed))).code).toBe('snapshot-invalid');
  });
});

test('brackets in a text do not nest', () => {
  const named = headerWith({ writer: `${'[{"\\'.repeat(600)}` });
  expect(decodeHeader(encodeHeader(named))).toEqual(named);
});

test('a timer queue has a schema of its priorities', () => {
  const timers = schemaWith({ kind: 'priority-queue', mapKey: { type: 'string', version: 1 } });
  expect(decodeHeader(encodeHeader(headerWith({ states: [timers] }))).states).toEqual([timers]);
});
