import { describe, expect, test } from 'vitest';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { string } from '../../src/serialization/string-serializer.js';
import {
  AggregatingStateDescriptor,
  FoldingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  ValueStateDescriptor,
} from '../../src/state/state-descriptor.js';

type Make = new (name: string, options?: unknown) => unknown;

const DESCRIPTORS: readonly (readonly [string, Make, missing: string, takes: string])[] = [
  ['value', ValueStateDescriptor as Make, 'type', '{ type: float64, defaultValue: 0 }'],
  ['list', ListStateDescriptor as Make, 'type', '{ type: string }'],
  ['map', MapStateDescriptor as Make, 'key', '{ key: string, value: int32 }'],
  ['reducing', ReducingStateDescriptor as Make, 'type', '{ type: int32, reduce: (a, b) => a + b }'],
  [
    'aggregating',
    AggregatingStateDescriptor as Make,
    'type',
    'aggregate: { createAccumulator, add, getResult, merge }',
  ],
  ['folding', FoldingStateDescriptor as Make, 'type', '{ type: int32, initialValue: 0, fold: '],
];

function messageOf(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as TypeError).message;
  }
  throw new Error('nothing was thrown');
}

describe.each(DESCRIPTORS)('the descriptor of a %s state', (kind, Descriptor, missing, takes) => {
  test.each([[undefined], [null], ['string']])('without options (%s) says what it takes', (options) => {
    const message = messageOf(() => new Descriptor('s', options));
    expect(message).toContain(`the ${kind} state 's' needs options`);
    expect(message).toContain(takes);
  });

  test('with options of other names says which is missing and what it takes', () => {
    const message = messageOf(() => new Descriptor('s', { keyType: string, valueType: int32 }));
    expect(message).toContain(`'${missing}'`);
    expect(message).toContain(takes);
  });

  test('needs a name', () => {
    expect(messageOf(() => new Descriptor('', {}))).toContain('a state needs a name');
  });
});

test.each([
  ['reduce', () => new ReducingStateDescriptor('s', { type: int32 } as never)],
  ['aggregate.add', () => new AggregatingStateDescriptor('s', { type: int32, aggregate: {} } as never)],
  ['fold', () => new FoldingStateDescriptor('s', { type: int32, initialValue: 0 } as never)],
])('a missing function is named: %s', (option, make) => {
  expect(messageOf(make)).toContain(`the option '${option}'`);
});
