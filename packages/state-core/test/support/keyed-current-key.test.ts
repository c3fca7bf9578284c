// CK1 to CK3 of keyed-current-key.ts.

import { expect, it } from 'vitest';
import { assignToKeyGroup } from '../../src/key-group/key-group-assignment.js';
import { KeyGroupRange } from '../../src/key-group/key-group-range.js';
import { string } from '../../src/serialization/string-serializer.js';
import { CurrentKey } from '../../src/support/keyed-current-key.js';

function currentKey(first = 0, last = 9): CurrentKey<string> {
  return new CurrentKey({
    keySerializer: string,
    numberOfKeyGroups: 10,
    keyGroupRange: KeyGroupRange.of(first, last),
    operatorIdentifier: 'count_0',
  });
}

it('chooses a key: its identity and key group are there, the selection moves', () => {
  const current = currentKey();
  current.setCurrentKey('5');
  expect([current.key, current.identity, current.keyGroup]).toEqual(['5', '5', 1]);
  expect(current.getCurrentKeyGroup()).toBe(assignToKeyGroup('5', string, 10));
  const { selection } = current;
  current.setCurrentKey('5');
  expect(current.selection).toBeGreaterThan(selection);
});

it('takes a key group that is known', () => {
  const current = currentKey();
  current.setCurrentKeyAndKeyGroup('5', 3);
  expect(current.getCurrentKeyGroup()).toBe(3);
  expect(() => current.setCurrentKeyAndKeyGroup('5', 10)).toThrow(
    expect.objectContaining({ code: 'key-group-out-of-range' }),
  );
  expect(() => current.setCurrentKeyAndKeyGroup(null as never, 1)).toThrow(TypeError);
});

it('without a key says what to call, after close that it is closed', () => {
  const current = currentKey();
  expect(current.keyGroup).toBe(-1);
  expect(() => current.getCurrentKeyGroup()).toThrow(
    expect.objectContaining({ code: 'no-current-key', message: expect.stringContaining('withKey') }),
  );
  current.setCurrentKey('5');
  current.clearCurrentKey();
  expect(current.unavailable().code).toBe('no-current-key');
  current.close();
  expect(current.unavailable().code).toBe('backend-closed');
  expect(() => current.setCurrentKey('5')).toThrow(expect.objectContaining({ code: 'backend-closed' }));
  expect(() => current.checkOpen()).toThrow(expect.objectContaining({ code: 'backend-closed' }));
});

it('refuses keys of other subtasks and keeps the key before', () => {
  const current = currentKey(0, 4);
  current.setCurrentKey('5');
  const refused = expect.objectContaining({
    code: 'key-group-out-of-range',
    details: expect.objectContaining({ keyGroup: 8, keyGroupRange: '[0, 4]' }),
  });
  expect(() => current.setCurrentKey('9')).toThrow(refused);
  expect(current.getCurrentKey()).toBe('5');
});

it('tells listeners after the key was found to belong here and before it counts', () => {
  const current = currentKey(0, 4);
  const heard: unknown[] = [];
  const listener = (key: string): void => void heard.push([key, current.getCurrentKey()]);
  current.registerKeySelectionListener(listener);
  current.setCurrentKey('5');
  expect(() => current.setCurrentKey('9')).toThrow();
  current.setCurrentKey('25');
  expect(heard).toEqual([
    ['5', undefined],
    ['25', '5'],
  ]);
  expect(current.deregisterKeySelectionListener(listener)).toBe(true);
  expect(current.deregisterKeySelectionListener(listener)).toBe(false);
});

it('tells the key group of a key that is not chosen by it', () => {
  const current = currentKey(0, 4);
  current.setCurrentKey('5');
  const { selection } = current;
  expect(current.keyGroupOf('5')).toBe(current.keyGroup);
  const other = ['1', '2', '3', '4', '6'].find((key) => assignToKeyGroup(key, string, 10) < 5) as string;
  expect(current.keyGroupOf(other)).toBe(assignToKeyGroup(other, string, 10));
  expect(() => current.keyGroupOf('9')).toThrow(expect.objectContaining({ code: 'key-group-out-of-range' }));
  expect(() => current.keyGroupOf(undefined as never)).toThrow(TypeError);
  expect([current.key, current.selection]).toEqual(['5', selection]);
});
