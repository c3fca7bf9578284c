// How much disk space is taken at once: whoever writes a record waits for it.

import { closeSync, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EMERGENCY_PAGES, SpaceReserve } from '../../src/environment/space-reserve.js';
import { temporaryDirectory } from '../temporary-environment.js';

test('a claim takes what it needs and little more, however large the file is', () => {
  const descriptor = openSync(join(temporaryDirectory(), 'data'), 'w+');
  try {
    let usedPages = 0;
    const reserve = new SpaceReserve({
      descriptor,
      path: 'data',
      pageBytes: 4096,
      fileBytes: 0,
      limitBytes: Number.MAX_SAFE_INTEGER,
      pagesUsed: () => usedPages,
      pagesFree: () => 0,
      mapBytes: () => 2 ** 40,
    });
    reserve.begin();
    let grownMost = 0;
    for (let transaction = 0; transaction < 100; transaction++) {
      for (let record = 0; record < 64; record++) {
        const before = fstatSync(descriptor).size;
        reserve.claim(3, 0);
        grownMost = Math.max(grownMost, fstatSync(descriptor).size - before);
      }
      usedPages += 64;
      reserve.settle();
    }
    expect(grownMost).toBeLessThanOrEqual(192 * 1024);
    expect(fstatSync(descriptor).size).toBeGreaterThanOrEqual((usedPages + EMERGENCY_PAGES) * 4096);
  } finally {
    closeSync(descriptor);
  }
});
