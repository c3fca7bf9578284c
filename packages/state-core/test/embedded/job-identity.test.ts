import { describe, expect, it } from 'vitest';
import { embeddedJobId } from '../../src/embedded/job-identity.js';

describe('embeddedJobId', () => {
  it('joins name and shard', () => {
    expect(embeddedJobId('accounts', undefined)).toBe('accounts');
    expect(embeddedJobId('accounts', 'partition-3')).toBe('accounts.partition-3');
    expect(embeddedJobId('accounts', 3)).toBe('accounts.3');
  });

  it('I1: gives different names and shards different identities', () => {
    const pairs: [string, string | undefined][] = [
      ['a', 'b.c'],
      ['a.b', 'c'],
      ['a.b.c', undefined],
      ['a', 'b%2ec'],
      ['a%2eb', 'c'],
      ['a.', 'b'],
      ['a', '.b'],
    ];
    const ids = pairs.map(([name, shard]) => embeddedJobId(name, shard));
    expect(new Set(ids).size).toBe(pairs.length);
  });

  it('refuses what would be lost after a restart', () => {
    expect(() => embeddedJobId('', undefined)).toThrow(TypeError);
    expect(() => embeddedJobId('a', '')).toThrow(TypeError);
    expect(() => embeddedJobId(undefined as never, undefined)).toThrow(TypeError);
  });
});
