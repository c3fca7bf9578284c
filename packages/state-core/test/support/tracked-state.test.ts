// TS1 and TS2 of tracked-state.ts: a watched state is the state.

import { describe, expect, it } from 'vitest';
import type { MapStateIterator } from '../../src/state/state.js';
import { type StateCall, WatchedMapIterator, watchedState } from '../../src/support/tracked-state.js';

function logged(log: string[], what: string): true {
  log.push(what);
  return true;
}

class Counter {
  readonly name = 'counter';
  limit = 3;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(by: number): number {
    if (this.#count + by > this.limit) throw new RangeError('too many');
    this.#count += by;
    return this.#count;
  }

  twice(by: number): number {
    this.add(by);
    return this.add(by);
  }
}

class NamedCounter extends Counter {
  override twice(by: number): number {
    return super.twice(by) * 10;
  }

  *[Symbol.iterator](): Iterator<number> {
    yield this.count;
  }
}

describe('watchedState', () => {
  const watch = () => {
    const calls: string[] = [];
    const counter = new NamedCounter();
    const watched = watchedState(
      counter,
      new Map([['add', (call: StateCall) => (by?: unknown) => call(logged(calls, `add ${by}`) && by)]]),
    );
    return { calls, counter, watched };
  };

  it('has every method, inherited and overridden ones, private fields and accessors', () => {
    const { watched, counter } = watch();
    expect(watched.add(1)).toBe(1);
    expect(watched.twice(1)).toBe(30);
    expect([watched.count, watched.name, [...watched]]).toEqual([3, 'counter', [3]]);
    expect(counter.count).toBe(3);
  });

  it('watches calls from outside only, and shows fields as they are now', () => {
    const { watched, counter, calls } = watch();
    watched.add(1);
    watched.twice(1);
    counter.add(0);
    expect(calls).toEqual(['add 1']);
    counter.limit = 9;
    expect(watched.limit).toBe(9);
  });

  it('fails as the state does', () => {
    expect(() => watch().watched.add(4)).toThrow(RangeError);
  });
});

describe('WatchedMapIterator', () => {
  function iterator(log: string[], withReturn: boolean): MapStateIterator<number, string> {
    let next = 0;
    return {
      next: () => (next < 2 ? { done: false, value: next++ } : { done: true, value: undefined }),
      remove: () => void log.push('remove'),
      setValue: (value) => void log.push(`set ${value}`),
      ...(withReturn ? { return: () => ({ done: logged(log, 'return'), value: undefined }) } : {}),
      [Symbol.iterator]() {
        return this;
      },
    };
  }

  it('hands every step on, and tells of a loop that is left where that is wanted', () => {
    for (const withReturn of [true, false]) {
      const log: string[] = [];
      const run = (name: string) => (step: () => unknown) => logged(log, name) && step();
      const watched = new WatchedMapIterator(iterator(log, withReturn), run('next'), run('watched remove'));
      for (const value of watched) {
        expect(value).toBe(0);
        watched.remove();
        watched.setValue('x');
        break;
      }
      expect(log).toEqual(['next', 'watched remove', 'remove', 'set x', ...(withReturn ? ['return'] : [])]);
      expect([...watched]).toEqual([1]);
    }
  });
});
