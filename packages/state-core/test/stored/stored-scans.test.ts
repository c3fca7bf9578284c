// Scans over paths that are shortened to the same.

import { expect, test } from 'vitest';
import { string } from '../../src/serialization/string-serializer.js';
import type { KeySerializer } from '../../src/serialization/type-serializer.js';
import { SortedStore } from './sorted-store.js';
import { StoredFixture, values } from './stored-fixture.js';

test('a scan that goes on in the middle of a bucket gives the rest of the bucket first', async () => {
  const { tables } = await StoredFixture.create({
    store: new SortedStore(64),
    states: [values],
    key: string as KeySerializer<unknown>,
    // All long paths of one beginning share a bucket.
    pathHash: () => new Uint8Array(16),
  });
  const table = tables.get('values')?.open(0);
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  const paths = ['a', `${'m'.repeat(90)}1`, `${'m'.repeat(90)}2`, `${'m'.repeat(90)}3`, 'z'].map(encode);
  for (const path of paths) table?.put(path, 'value', undefined, 1);
  for (let index = 0; index < paths.length; index++) {
    const found = table?.scanPaths(encode(''), paths[index], 10).map(({ path }) => path);
    expect(found).toEqual(paths.slice(index + 1));
  }
});
