// Random operations on tables while several snapshots of them are written step by step, beside plain maps.

import { testRuns } from '@tidemark/config/test-runs';
import { SeededRandom } from '@tidemark/state-testkit';
import { assert, integer, property } from 'fast-check';
import { expect, it } from 'vitest';
import type { EpochClock } from '../../src/table/epoch-clock.js';
import type { KeyTable } from '../../src/table/key-table.js';
import type { MapTable } from '../../src/table/map-table.js';
import { keyTable, mapTable, TableWalk } from '../table-fixture.js';

interface Open {
  readonly walk: TableWalk;
  readonly expected: readonly string[];
}

/** Freezes, walks and releases at random; what each walk saw must be what was there at its freeze. */
class Views {
  private open: Open[] = [];

  constructor(
    private readonly clock: EpochClock,
    private readonly table: KeyTable | MapTable,
    private readonly describe: (slot: number, value: unknown) => string,
  ) {}

  step(random: SeededRandom, contents: ReadonlyMap<string, unknown>): void {
    if (random.chance(0.1) && this.open.length < 4) {
      const expected = [...contents].map(([at, value]) => `${at}=${value}`).sort();
      this.open.push({ walk: new TableWalk(this.clock, this.table, this.describe), expected });
    }
    if (this.open.length === 0 || random.chance(0.6)) return;
    const chosen = random.pick(this.open);
    const isDone = random.chance(0.1) ? this.abandon(chosen) : !chosen.walk.advance(1 + random.below(20));
    if (isDone) this.close(chosen);
  }

  finish(): void {
    while (this.open.length > 0) {
      const [oldest] = this.open;
      oldest?.walk.finish();
      this.close(oldest as Open);
    }
  }

  private abandon(chosen: Open): boolean {
    chosen.walk.release();
    this.open = this.open.filter((other) => other !== chosen);
    return false;
  }

  private close(chosen: Open): void {
    this.open = this.open.filter((other) => other !== chosen);
    expect([...chosen.walk.seen].sort()).toEqual(chosen.expected);
  }
}

it('values: entries by key and namespace', () => {
  const run = property(integer(), (seed) => {
    const random = new SeededRandom(seed);
    const { clock, table } = keyTable(true);
    const contents = new Map<string, unknown>();
    const views = new Views(clock, table, (slot, value) => `${table.keys[slot]}/${table.namespaces[slot]}=${value}`);
    for (let step = 0; step < 400; step++) {
      const [key, namespace] = [random.below(20), random.below(4)];
      const at = `${key}/${namespace}`;
      const slot = table.find(key, namespace);
      expect(slot < 0 ? undefined : table.values[slot]).toBe(contents.get(at));
      if (random.chance(0.35)) {
        if (slot >= 0) table.remove(slot);
        contents.delete(at);
      } else {
        table.put(key, namespace, key, namespace, step);
        contents.set(at, step);
      }
      expect(table.entryCount).toBe(contents.size);
      views.step(random, contents);
    }
    views.finish();
    expect([...table.keysAndNamespaces()].map(([key, namespace]) => `${key}/${namespace}`).sort()).toEqual(
      [...contents.keys()].sort(),
    );
    expect(table.count).toBeLessThanOrEqual(20 * 4 * 5);
  });
  assert(run, { numRuns: testRuns(200) });
});

it('maps: entries by key, namespace and map key', () => {
  const run = property(integer(), (seed) => {
    const random = new SeededRandom(seed);
    const { clock, table } = mapTable(true);
    const contents = new Map<string, unknown>();
    const views = new Views(clock, table, (slot, value) => {
      const owner = table.owners[slot];
      return `${owner?.key}/${owner?.namespace}/${table.mapKeys[slot]}=${value}`;
    });
    for (let step = 0; step < 400; step++) {
      const [key, namespace, mapKey] = [random.below(4), random.below(2), `m${random.below(20)}`];
      const at = `${key}/${namespace}/${mapKey}`;
      const owner = table.findOwner(key, namespace);
      const slot = owner === undefined ? -1 : table.find(owner, mapKey);
      expect(slot < 0 ? undefined : table.values[slot]).toBe(contents.get(at));
      if (random.chance(0.05) && owner !== undefined) {
        table.clear(owner);
        for (const there of contents.keys()) if (there.startsWith(`${key}/${namespace}/`)) contents.delete(there);
      } else if (random.chance(0.4)) {
        if (slot >= 0) table.remove(slot);
        contents.delete(at);
      } else {
        table.put(table.ownerFor(key, namespace, key, namespace), mapKey, mapKey, step);
        contents.set(at, step);
      }
      expect(table.live).toBe(contents.size);
      views.step(random, contents);
    }
    views.finish();
    const owners = new Set([...contents.keys()].map((at) => at.slice(0, at.lastIndexOf('/'))));
    expect(table.entryCount).toBe(owners.size);
    expect([...table.keysAndNamespaces()].map(([key, namespace]) => `${key}/${namespace}`).sort()).toEqual(
      [...owners].sort(),
    );
  });
  assert(run, { numRuns: testRuns(200) });
});
