import { describe, expect, it } from 'vitest';
import {
  EmbeddedRocksDBStateBackend,
  FsStateBackend,
  fsStateBackend,
  lmdbStateBackend,
  MemoryStateBackend,
  memoryStateBackend,
} from '../../src/index.js';
import { openAccounts, pay } from '../open-state/accounts.js';

// biome-ignore lint/suspicious/noExplicitAny: what a program without types passes.
type Untyped = any;

describe('wrong arguments of the combinations', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['no directory', () => fsStateBackend(undefined as Untyped), /fsStateBackend needs the directory/],
    ['no directory, by class', () => new FsStateBackend({} as Untyped), /fsStateBackend needs the directory/],
    ['no directory for lmdb', () => lmdbStateBackend(undefined as Untyped), /lmdbStateBackend needs the directory/],
    ['null for lmdb', () => lmdbStateBackend(null as Untyped), /lmdbStateBackend needs the directory/],
    [
      'an unknown option of fs',
      () => fsStateBackend('/x', { threshold: 1 } as Untyped),
      /no option 'threshold'; it has/,
    ],
    ['an unknown option of memory', () => memoryStateBackend({ maxSize: 1 } as Untyped), /no option 'maxSize'; it has/],
    ['text for memory', () => memoryStateBackend('5 mb' as Untyped), /takes an object of options/],
    [
      'an unknown option of lmdb',
      () => lmdbStateBackend('/x', { increment: true } as Untyped),
      /no option 'increment'/,
    ],
    ['a flag for options', () => new EmbeddedRocksDBStateBackend(true as Untyped), /takes an object of options/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message);
    expect(make).toThrow(TypeError);
  });

  it('MemoryStateBackend takes the largest size of a state by position, as in Flink', async () => {
    await using state = await openAccounts(undefined, { stateBackend: new MemoryStateBackend(64) });
    pay(state, 'alice', 1);
    await expect(state.checkpoint()).rejects.toMatchObject({ code: 'state-size-limit-exceeded' });
    expect(() => memoryStateBackend(0)).toThrow(RangeError);
  });
});
