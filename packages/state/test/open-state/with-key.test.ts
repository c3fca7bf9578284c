import { describe, expect, it } from 'vitest';
import type { ValueState } from '../../src/index.js';
import { int32, openState, string, tuple } from '../../src/index.js';
import { accountStates, contentOf, openAccounts, pay, recordingLogger } from './accounts.js';

const error = (code: string, message: RegExp = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('withKey', () => {
  it('returns what the handler returns', async () => {
    await using state = await openAccounts(undefined);
    expect(state.withKey('alice', ({ total }) => total.value() + 1)).toBe(1);
    expect(state.withKey('alice', () => undefined)).toBeUndefined();
  });

  it('keeps keys apart, by value', async () => {
    await using state = await openState({
      name: 'pairs',
      configFile: false,
      states: { total: accountStates.total },
      keySerializer: tuple(string, int32),
      logger: recordingLogger(),
    });
    state.withKey(['a', 1], ({ total }) => total.update(1));
    state.withKey(['a', 2], ({ total }) => total.update(2));
    expect(state.withKey(['a', 1], ({ total }) => total.value())).toBe(1);
    expect([...state.keys('total')].sort()).toEqual([
      ['a', 1],
      ['a', 2],
    ]);
  });

  it('KA3: refuses an async handler, and what it does later finds no key', async () => {
    await using state = await openAccounts(undefined);
    let later: Promise<unknown> = Promise.resolve();
    const handler = ({ total }: { total: ValueState<number, number> }): unknown => {
      later = (async () => {
        await Promise.resolve();
        total.update(99);
      })();
      return later;
    };
    expect(() => state.withKey('alice', handler as never)).toThrow(error('async-handler', /await first, then write/));
    await expect(later).rejects.toEqual(error('no-current-key'));
    expect(contentOf(state)).toEqual({});
  });

  it('KA3: what an async handler does while another key is current cannot happen: handlers are never interleaved', async () => {
    await using state = await openAccounts(undefined);
    const results: unknown[] = [];
    const handler = async ({ total }: { total: ValueState<number, number> }): Promise<void> => {
      for (let i = 0; i < 10; i++) {
        await Promise.resolve();
        try {
          total.update(99);
          results.push('written');
        } catch (thrown) {
          results.push(thrown);
        }
      }
    };
    expect(() => state.withKey('alice', handler as never)).toThrow(error('async-handler'));
    for (let i = 0; i < 20; i++) {
      pay(state, 'bob', 1);
      await Promise.resolve();
    }
    expect(results).toHaveLength(10);
    for (const result of results) expect(result).toEqual(error('no-current-key'));
    expect(Object.keys(contentOf(state))).toEqual(['bob']);
    expect(state.withKey('bob', ({ total }) => total.value())).toBe(20);
  });

  it('refuses any thenable, not only promises', async () => {
    await using state = await openAccounts(undefined);
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested.
    const thenable = { then: (resolve: () => void) => resolve() };
    expect(() => state.withKey('alice', (() => thenable) as never)).toThrow(error('async-handler'));
  });

  it('KA1: leaves no key behind', async () => {
    await using state = await openAccounts(undefined);
    const escaped = state.withKey('alice', (states) => states);
    expect(() => escaped.total.value()).toThrow(error('no-current-key'));
    expect(() => escaped.byDay.put('monday', 1)).toThrow(error('no-current-key'));
  });

  it('KA1: an exception leaves no key behind, and passes', async () => {
    await using state = await openAccounts(undefined);
    const failure = new Error('broken record');
    let escaped: ValueState<number, number> | undefined;
    const run = (): void =>
      state.withKey('alice', ({ total }) => {
        escaped = total;
        total.update(1);
        throw failure;
      });
    expect(run).toThrow(failure);
    expect(() => escaped?.value()).toThrow(error('no-current-key'));
    expect(state.withKey('alice', ({ total }) => total.value())).toBe(1);
  });

  it('KA2: a nested call gives the outer key back, also when it throws', async () => {
    await using state = await openAccounts(undefined);
    state.withKey('alice', ({ total }) => {
      state.withKey('bob', (inner) => {
        state.withKey('carol', (innermost) => innermost.total.update(3));
        inner.total.update(2);
      });
      expect(() =>
        state.withKey('dave', () => {
          throw new Error('inside');
        }),
      ).toThrow('inside');
      expect(() => state.withKey(null as never, () => undefined)).toThrow(TypeError);
      total.update(1);
    });
    const totals = Object.fromEntries(Object.entries(contentOf(state)).map(([key, { total }]) => [key, total]));
    expect(totals).toEqual({ alice: 1, bob: 2, carol: 3 });
  });

  it('refuses a missing key', async () => {
    await using state = await openAccounts(undefined);
    expect(() => state.withKey(undefined as never, () => undefined)).toThrow(TypeError);
    expect(() => state.withKey(null as never, () => undefined)).toThrow(TypeError);
  });

  it('names what is declared when a handler asks for something else', async () => {
    await using state = await openAccounts(undefined);
    const handler = ((states: { totl: unknown }) => states.totl) as never;
    expect(() => state.withKey('alice', handler)).toThrow(
      error('state-not-declared', /did you mean total\?.*declared are: total, log, byDay/),
    );
    expect(() => state.keys('totl' as never)).toThrow(error('state-not-declared'));
    expect(() => state.keys('toString' as never)).toThrow(error('state-not-declared'));
  });

  it('hands out states that can be looked at', async () => {
    await using state = await openAccounts(undefined);
    const states = state.withKey('alice', (given) => given);
    expect(Object.keys(states)).toEqual(['total', 'log', 'byDay']);
    expect(Object.isFrozen(states)).toBe(true);
    await expect(Promise.resolve(states)).resolves.toBe(states);
  });

  it('prepares keys at once where nothing has to be waited for', async () => {
    await using state = await openAccounts(undefined);
    await state.prepare(['alice', 'bob']);
  });

  it('refuses a checkpoint in the middle of a record', async () => {
    await using state = await openAccounts(undefined);
    const asked = state.withKey('alice', ({ total }) => {
      total.update(1);
      return [state.checkpoint(), state.savepoint('/nowhere')];
    });
    const results = await Promise.allSettled(asked);
    for (const result of results)
      expect(result).toEqual({ status: 'rejected', reason: error('checkpoint-inside-handler') });
    expect((await state.checkpoint()).checkpointId).toBe(1);
  });

  it('refuses everything after close', async () => {
    const state = await openAccounts(undefined);
    const escaped = state.withKey('alice', (states) => states);
    await Promise.all([state.close(), state.close()]);
    await state[Symbol.asyncDispose]();
    expect(() => state.withKey('alice', () => undefined)).toThrow(error('state-closed'));
    expect(() => state.keys('total')).toThrow(error('state-closed'));
    expect(() => state.prepare([])).toThrow(error('state-closed'));
    expect(() => state.metrics()).toThrow(error('state-closed'));
    await expect(state.checkpoint()).rejects.toEqual(error('state-closed'));
    await expect(state.savepoint('/nowhere')).rejects.toEqual(error('state-closed'));
    expect(() => escaped.total.value()).toThrow(expect.objectContaining({ kind: 'closed' }));
  });
});
