// A table beside a plain map: few keys and namespaces, many operations, up to four snapshots that come and go.

import { testRuns } from '@tidemark/config/test-runs';
import { int32, type KeySerializer } from '@tidemark/state-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EpochClock, type FrozenEpoch } from '../../src/table/epoch-clock.js';
import { KeyTable } from '../../src/table/key-table.js';
import { ABSENT } from '../../src/table/slots.js';

const KEYS = 20;
const NAMESPACES = 4;
const integers = int32 as unknown as KeySerializer<unknown>;

type Step =
  | { readonly is: 'put' | 'get' | 'remove'; readonly key: number; readonly namespace: number }
  | { readonly is: 'freeze' | 'compare' | 'release'; readonly snapshot: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        is: fc.constantFrom('put', 'put', 'get', 'remove'),
        key: fc.nat(KEYS - 1),
        namespace: fc.nat(NAMESPACES - 1),
      }) as fc.Arbitrary<Step>,
    },
    {
      weight: 1,
      arbitrary: fc.record({
        is: fc.constantFrom('freeze', 'compare', 'release'),
        snapshot: fc.nat(3),
      }) as fc.Arbitrary<Step>,
    },
  ),
  { minLength: 100, maxLength: 1500 },
);

/** The content of a table or of what a snapshot sees of it, sorted. */
function contentOf(table: KeyTable, slotCount: number, valueAt: (slot: number) => unknown): string[] {
  const content: string[] = [];
  for (let slot = 0; slot < slotCount; slot++) {
    const value = valueAt(slot);
    if (value !== ABSENT) content.push(`${table.keys[slot]}/${table.namespaceAt(slot)}=${value}`);
  }
  return content.sort();
}

const contentOfMap = (model: ReadonlyMap<string, number>): string[] =>
  [...model].map(([entry, value]) => `${entry}=${value}`).sort();

test('CopyOnWriteStateMapTest.testRandomModificationsAndCopyOnWriteIsolation: snapshots never change, the table is the map', () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const clock = new EpochClock();
      const types = { clock, key: integers, namespace: integers, mapKey: undefined, isVoidNamespace: false };
      const table = new KeyTable(types);
      const model = new Map<string, number>();
      const snapshots: { readonly frozen: FrozenEpoch; readonly content: readonly string[] }[] = [];
      const compare = ({ frozen, content }: (typeof snapshots)[number]): void => {
        const view = table.viewOf(frozen);
        const seen = view === undefined ? [] : contentOf(table, view.slotCount, (slot) => table.valueAt(view, slot));
        expect(seen).toEqual(content);
      };
      const release = (snapshot: (typeof snapshots)[number] | undefined): void => {
        if (snapshot === undefined) return;
        compare(snapshot);
        clock.release(snapshot.frozen);
        table.releaseView(snapshot.frozen);
        snapshots.splice(snapshots.indexOf(snapshot), 1);
      };

      for (const [turn, step] of sequence.entries()) {
        if (step.is === 'freeze') {
          if (snapshots.length < 4) snapshots.push({ frozen: clock.freeze(), content: contentOfMap(model) });
        } else if (step.is === 'compare') {
          const snapshot = snapshots[step.snapshot % Math.max(1, snapshots.length)];
          if (snapshot !== undefined) compare(snapshot);
        } else if (step.is === 'release') {
          release(snapshots[step.snapshot % Math.max(1, snapshots.length)]);
        } else {
          const { key, namespace } = step as Extract<Step, { key: number }>;
          const entry = `${key}/${namespace}`;
          const slot = table.find(key, namespace);
          expect(slot < 0 ? undefined : table.values[slot]).toBe(model.get(entry));
          if (step.is === 'put') {
            table.put(key, namespace, key, namespace, turn);
            model.set(entry, turn);
          } else if (step.is === 'remove' && slot >= 0) {
            table.remove(slot);
            model.delete(entry);
          }
        }
      }
      for (const snapshot of [...snapshots]) release(snapshot);
      expect(contentOf(table, table.count, (slot) => table.values[slot])).toEqual(contentOfMap(model));
      expect([table.entryCount, table.freeSlots]).toEqual([model.size, table.count - model.size]);
    }),
    { numRuns: testRuns(150) },
  );
});
