// What changes come to, against a model that applies them one by one.

import { testRuns } from '@tidemark/config/test-runs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWriter } from '../../src/bytes/byte-writer.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { latin1OfBytes } from '../../src/serialization/key-bytes.js';
import { string } from '../../src/serialization/string-serializer.js';
import type { KeySerializer } from '../../src/serialization/type-serializer.js';
import { voidNamespaceSerializer } from '../../src/state/namespace.js';
import { ChangeOp, ChangeRuns, TableChanges } from '../../src/stored/change-runs.js';
import { mergeChanges } from '../../src/stored/delta-merge.js';
import { PathParts } from '../../src/stored/path-parts.js';
import { ElementCursor } from '../../src/stored/stored-lists.js';
import { SortedStore } from './sorted-store.js';
import { pathOf } from './stored-fixture.js';

const key = fc.nat({ max: 3 });
const step = fc.record({
  key,
  mapKey: fc.nat({ max: 3 }),
  op: fc.constantFrom('put', 'delete', 'clear', 'touch', 'epoch' as const),
});

function toEnd<T>(work: Generator<void, T, void>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

function newRuns(store = new SortedStore()): { runs: ChangeRuns; table: TableChanges } {
  const runs = new ChangeRuns(() => store.openScratch());
  runs.remember(true, 0);
  const table = new TableChanges();
  table.imageBytes = 1_000_000;
  return { runs, table };
}

test('entries of maps: applied to what the base has, changes give what there is', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const { runs, table } = newRuns();
      const base = new Map<string, string>();
      for (let owner = 0; owner < 4; owner++) for (let at = 0; at < 4; at += 2) base.set(`${owner}/${at}`, 'base@0');
      const model = new Map(base);
      let epoch = 1;
      for (const [index, one] of steps.entries()) {
        const at = `${one.key}/${one.mapKey}`;
        const path = pathOf(one.key, `${one.mapKey}`);
        if (one.op === 'epoch') epoch++;
        if (one.op === 'put') {
          model.set(at, `${index}@0`);
          runs.notePut(table, epoch, path, new TextEncoder().encode(`${index}@0`));
        } else if (one.op === 'delete') {
          model.delete(at);
          runs.note(table, epoch, ChangeOp.DELETE, path);
        } else if (one.op === 'clear') {
          for (const other of [...model.keys()]) if (other.startsWith(`${one.key}/`)) model.delete(other);
          runs.note(table, epoch, ChangeOp.CLEAR, pathOf(one.key));
        } else if (one.op === 'touch' && model.has(at)) {
          model.set(at, (model.get(at) as string).replace(/@.*/, `@${index}`));
          runs.noteTouch(table, epoch, path, index);
        }
      }
      const parts = new PathParts(
        int32 as KeySerializer<unknown>,
        voidNamespaceSerializer as KeySerializer<unknown>,
        string as KeySerializer<unknown>,
      );
      const merged = toEnd(mergeChanges(runs.since(table, 0, epoch) ?? [], parts, true));
      const applied = new Map(base);
      const addressOf = (path: Uint8Array): string =>
        `${path[3]}/${path.length > 4 ? String.fromCharCode(path[4] as number) : ''}`;
      for (const owner of merged.cleared)
        for (const other of [...applied.keys()]) if (other.startsWith(addressOf(owner))) applied.delete(other);
      let last = '';
      for (const { path, value, stampMs } of merged.entries) {
        expect(latin1OfBytes(path) > last).toBe(true);
        last = latin1OfBytes(path);
        const at = addressOf(path);
        const text =
          value === 'held' ? (applied.get(at) as string) : value === 'removed' ? '' : new TextDecoder().decode(value);
        if (value === 'removed') applied.delete(at);
        else applied.set(at, stampMs === undefined ? text : text.replace(/@.*/, `@${stampMs}`));
      }
      expect([...applied].sort()).toEqual([...model].sort());
    }),
    { numRuns: testRuns(300) },
  );
});

test('lists: cut, trimmed and continued as noted, changes give what there is', () => {
  const listStep = fc.record({
    op: fc.constantFrom('append', 'append', 'trim', 'clear', 'takenBack'),
    count: fc.integer({ min: 1, max: 6 }),
  });
  fc.assert(
    fc.property(fc.array(listStep, { maxLength: 40, size: 'max' }), fc.boolean(), (steps, isStamped) => {
      const { runs, table } = newRuns();
      const path = pathOf(1);
      const base = ['b0', 'b1', 'b2', 'b3', 'b4'];
      let model = [...base];
      let counter = 0;
      const splice = (from: number, added: readonly string[]): void => {
        const out = new ByteWriter();
        for (const element of added) {
          if (isStamped) out.writeSafeInteger(7);
          out.writeString(element);
        }
        runs.noteSplice(table, 1, path, from, added.length, 0, out.view());
      };
      for (const { op, count } of steps) {
        const added = Array.from({ length: count }, () => `${counter++}`);
        if (op === 'append') {
          splice(model.length, added);
          model.push(...added);
        } else if (op === 'takenBack') {
          splice(model.length, added);
          splice(model.length, []);
        } else if (op === 'trim' && count < model.length) {
          runs.noteTrim(table, 1, path, count);
          model = model.slice(count);
        } else if (op === 'clear') {
          runs.note(table, 1, ChangeOp.CLEAR, path);
          model = [];
        }
      }
      const [list] = toEnd(mergeChanges(runs.since(table, 0, 1) ?? [], undefined, isStamped)).lists;
      const applied = list?.isCleared ? [] : [...base];
      applied.splice(0, list?.trimmed ?? 0);
      for (const part of list?.elements ?? []) {
        expect(part.from).toBe(applied.length);
        const cursor = new ElementCursor(part, isStamped);
        while (cursor.next()) applied.push(new TextDecoder().decode(part.bytes.subarray(cursor.start, cursor.end)));
      }
      expect(applied).toEqual(model);
    }),
    { numRuns: testRuns(300) },
  );
});

test('changes that cannot be stored, or outgrow their table, are unknown; the rest goes with its epoch', () => {
  const store = new SortedStore();
  const { runs, table } = newRuns(store);
  runs.note(table, 1, ChangeOp.DELETE, pathOf(1));
  store.failScratch = true;
  expect(runs.since(table, 0, 1)).toBeUndefined();
  store.failScratch = false;
  runs.note(table, 2, ChangeOp.DELETE, pathOf(1));
  expect(runs.since(table, 1, 2)?.length).toBe(1);
  runs.note(table, 3, ChangeOp.DELETE, pathOf(1));
  expect(runs.since(table, 1, 3)?.length).toBe(2);
  expect(store.scratches).toBe(3);
  runs.remember(true, 2);
  expect(store.scratches).toBe(1);
  expect(runs.since(table, 2, 3)?.length).toBe(1);
  table.imageBytes = 0;
  const large = new Uint8Array(50_000);
  for (let count = 0; count < 3; count++) runs.notePut(table, 4, pathOf(count), large);
  expect(runs.since(table, 2, 4)).toBeUndefined();
  runs.notePut(table, 5, pathOf(1), Uint8Array.of(1));
  expect(runs.since(table, 4, 5)?.length).toBe(1);
  runs.close();
  expect(store.scratches).toBe(0);
});

test('many changes are merged in many steps, each of which reads and compares little', () => {
  const { runs, table } = newRuns();
  for (let count = 0; count < 20_000; count++)
    runs.notePut(table, 1, pathOf((count * 7919) % 20_011), Uint8Array.of(1));
  const work = mergeChanges(runs.since(table, 0, 1) ?? [], undefined, false);
  let steps = 0;
  while (work.next().done !== true) steps++;
  expect(steps).toBeGreaterThan(20_000 / 32);
});
