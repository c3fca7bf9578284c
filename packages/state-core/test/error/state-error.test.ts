import { describe, expect, test } from 'vitest';
import { InvariantViolation, invariant } from '../../src/error/invariant.js';
import { isStateError, StateError } from '../../src/error/state-error.js';
import { STATE_ERROR_CODES, type StateErrorCode } from '../../src/error/state-error-code.js';

describe('StateError', () => {
  test('takes its kind from the table of codes', () => {
    for (const [code, kind] of Object.entries(STATE_ERROR_CODES)) {
      expect(new StateError(code as StateErrorCode, 'what happened').kind).toBe(kind);
    }
  });

  test('carries message, plain details and cause', () => {
    const cause = new Error('underneath');
    const error = new StateError('storage-io-failed', 'what happened', { details: { path: '/x' }, cause });
    expect(error).toBeInstanceOf(Error);
    expect(error.message).toBe('what happened');
    expect(error.details).toEqual({ path: '/x' });
    expect(error.cause).toBe(cause);
    expect(new StateError('fenced', 'what happened')).not.toHaveProperty('cause');
  });

  test('needs a kind for a code of a third party', () => {
    expect(() => new StateError('x-sqlite-busy', 'locked')).toThrow(TypeError);
    expect(new StateError('x-sqlite-busy', 'locked', { kind: 'retry' }).kind).toBe('retry');
  });

  test('does not take a name that every object inherits for a code of its own', () => {
    expect(() => new StateError('constructor' as StateErrorCode, 'no such code')).toThrow(TypeError);
  });
});

describe('isStateError', () => {
  test('recognises the error, with and without a code', () => {
    const error = new StateError('fenced', 'what happened');
    expect(isStateError(error)).toBe(true);
    expect(isStateError(error, 'fenced')).toBe(true);
    expect(isStateError(error, 'state-closed')).toBe(false);
  });

  test('recognises an error of another installed copy of the core, which is another class', () => {
    const foreign = Object.assign(new Error('what happened'), { code: 'fenced' });
    Object.defineProperty(foreign, Symbol.for('tidemark.StateError'), { value: true });
    expect(foreign).not.toBeInstanceOf(StateError);
    expect(isStateError(foreign, 'fenced')).toBe(true);
  });

  test('takes nothing else for one', () => {
    for (const other of [undefined, null, 'fenced', new Error('fenced'), { code: 'fenced' }])
      expect(isStateError(other)).toBe(false);
  });
});

describe('invariant', () => {
  test('stops at what must not be', () => {
    expect(() => invariant(1 + 1 === 2, 'arithmetic')).not.toThrow();
    expect(() => invariant(false, 'the impossible')).toThrow(InvariantViolation);
    expect(() => invariant(false, 'the impossible')).toThrow('invariant violated: the impossible');
  });
});
