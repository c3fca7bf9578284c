// Stored entries against a plain model: what tables hold, what snapshots saw at their freeze while the tables went on, what
// comes back after a restore, and what increments come to.

import { testRuns } from '@tidemark/config/test-runs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KeyedStateHandle } from '../../src/handle/keyed-state-handle.js';
import { string } from '../../src/serialization/string-serializer.js';
import type { KeySerializer } from '../../src/serialization/type-serializer.js';
import { ListStateDescriptor, MapStateDescriptor, ValueStateDescriptor } from '../../src/state/state-descriptor.js';
import type { PathHash } from '../../src/stored/stored-paths.js';
import { NOTHING } from '../../src/stored/stored-table.js';
import { SortedStore } from './sorted-store.js';
import {
  contentOf,
  type FrozenSnapshot,
  KEY_GROUPS,
  lists,
  maps,
  pathOf,
  StoredFixture,
  ttlOf,
  values,
} from './stored-fixture.js';

const stampedValues = new ValueStateDescriptor('stamped-values', { type: string, ttl: ttlOf() });
const stampedMaps = new MapStateDescriptor('stamped-maps', { key: string, value: string, ttl: ttlOf() });
const stampedLists = new ListStateDescriptor('stamped-lists', { type: string, ttl: ttlOf() });
const sweptValues = new ValueStateDescriptor('stamped-and-swept-values', { type: string, ttl: ttlOf(true) });
const sweptLists = new ListStateDescriptor('stamped-and-swept-lists', { type: string, ttl: ttlOf(true) });
const STATES = [values, maps, lists, stampedValues, stampedMaps, stampedLists, sweptValues, sweptLists];

interface Step {
  readonly state: number;
  readonly key: number;
  readonly mapKey: number;
  readonly op:
    | 'put'
    | 'delete'
    | 'clear'
    | 'append'
    | 'touch'
    | 'trim'
    | 'freeze'
    | 'write'
    | 'release'
    | 'abort'
    | 'restart'
    | 'idle';
  readonly size: number;
  readonly stampMs: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  state: fc.nat({ max: STATES.length - 1 }),
  key: fc.nat({ max: 11 }),
  mapKey: fc.nat({ max: 4 }),
  op: fc.oneof(
    { weight: 8, arbitrary: fc.constant('put' as const) },
    { weight: 3, arbitrary: fc.constant('delete' as const) },
    { weight: 2, arbitrary: fc.constant('clear' as const) },
    { weight: 8, arbitrary: fc.constant('append' as const) },
    { weight: 2, arbitrary: fc.constant('touch' as const) },
    { weight: 4, arbitrary: fc.constant('trim' as const) },
    { weight: 5, arbitrary: fc.constantFrom('freeze' as const, 'write' as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('release' as const, 'abort' as const, 'restart' as const, 'idle' as const),
    },
  ),
  size: fc.oneof({ weight: 6, arbitrary: fc.nat({ max: 40 }) }, { weight: 2, arbitrary: fc.nat({ max: 9000 }) }),
  stampMs: fc.nat({ max: 90 }),
});

const NO_CHANGES: ReadonlySet<string> = new Set(['freeze', 'write', 'release', 'abort', 'restart', 'idle']);

type Content = Map<string, unknown>;
interface StampedList {
  readonly values: string[];
  readonly at: number[];
}

interface RunOptions {
  /** Where given keys are texts, most of them longer than that. */
  readonly pathBytesMax?: number;
  readonly hash?: PathHash;
}

/** A run over stored entries and the model. */
class Run {
  fixture: StoredFixture;
  content: Content = new Map();
  private checkpointId = 0;
  private counter = 0;
  private completed: number | undefined = undefined;
  private latest: KeyedStateHandle | undefined = undefined;
  readonly open: { frozen: FrozenSnapshot; seen: Content; checkpointId: number; isCheckpoint: boolean }[] = [];

  private constructor(
    private readonly options: RunOptions,
    fixture: StoredFixture,
    private readonly yields: Step[],
  ) {
    this.fixture = fixture;
  }

  static async start(options: RunOptions, yields: Step[]): Promise<Run> {
    return new Run(options, await fixtureOf(options, []), yields);
  }

  async apply(one: Step): Promise<void> {
    if (one.op === 'freeze') this.freeze(one);
    else if (one.op === 'write') await this.write();
    else if (one.op === 'release') this.open.shift()?.frozen.release();
    else if (one.op === 'abort') this.fixture.entries.abort(this.checkpointId);
    else if (one.op === 'restart') await this.restart();
    else if (one.op === 'idle') for (let count = 0; count < 5; count++) this.fixture.entries.idleStep();
    else this.change(one);
  }

  change({ state, key, mapKey, op, size, stampMs }: Step): void {
    const { name, kind } = STATES[state] as (typeof STATES)[number];
    const keyGroup = key % KEY_GROUPS;
    const table = this.fixture.tables.get(name)?.open(keyGroup);
    if (table === undefined) throw new Error('no table');
    const { epoch } = this.fixture;
    const isStamped = name.startsWith('stamped');
    const path = this.pathOf(key, kind === 'map' ? `m${mapKey}` : undefined);
    const owner = this.pathOf(key);
    const at = `${name} ${keyGroup} ${Buffer.from(path).toString('hex')}`;
    const ownerAt = `${name} ${keyGroup} ${Buffer.from(owner).toString('hex')}`;
    const value = `${this.counter++}`.padEnd(size, 'x');
    if (op === 'clear' || (kind === 'list' && (op === 'delete' || op === 'put'))) {
      while (!table.clear(kind === 'value' ? path : owner, epoch, 1 + (size % 7))) {
        // The rest.
      }
      for (const entry of [...this.content.keys()]) if (entry.startsWith(ownerAt)) this.content.delete(entry);
    } else if (kind === 'list' && op === 'trim') {
      const known = this.content.get(at) as string[] | StampedList | undefined;
      const length = known === undefined ? 0 : Array.isArray(known) ? known.length : known.values.length;
      const count = 1 + (size % 5);
      if (known === undefined || count >= length) return;
      const without = <T>(all: readonly T[]): T[] => all.slice(count);
      const rest = Array.isArray(known) ? without(known) : { values: without(known.values), at: without(known.at) };
      this.content.set(at, rest);
      table.trim?.(path, count, epoch);
    } else if (kind === 'list') {
      const elements = Array.from({ length: 1 + (size % 3) }, (_, index) => `${value}${index}`);
      const stampsMs = isStamped ? elements.map((_, index) => stampMs + index) : undefined;
      const before = this.content.get(at);
      if (isStamped) {
        const known = (before as StampedList | undefined) ?? { values: [], at: [] };
        this.content.set(at, { values: [...known.values, ...elements], at: [...known.at, ...(stampsMs as number[])] });
      } else {
        this.content.set(at, [...((before as string[] | undefined) ?? []), ...elements]);
      }
      const length = table.append(
        path,
        ['no', ...elements],
        1,
        1 + elements.length,
        stampsMs && [0, ...stampsMs],
        epoch,
      );
      const now = this.content.get(at) as string[] | StampedList;
      expect(length).toBe(Array.isArray(now) ? now.length : now.values.length);
    } else if (op === 'delete') {
      this.content.delete(at);
      table.delete(path, epoch);
    } else if (op === 'touch' && isStamped) {
      const known = this.content.get(at) as { value: string } | undefined;
      if (known !== undefined) this.content.set(at, { value: known.value, at: stampMs });
      table.touch(path, stampMs, epoch);
    } else {
      this.content.set(at, isStamped ? { value, at: stampMs } : value);
      table.put(path, value, isStamped ? stampMs : undefined, epoch);
      expect(table.read(path)).toBe(value);
    }
    path.fill(0xaa);
    owner.fill(0xaa);
  }

  check(): void {
    expect(sorted(contentOf(this.fixture))).toEqual(sorted(this.content));
  }

  async writeAll(): Promise<void> {
    while (this.open.length > 0) await this.write();
  }

  /** Pre-images and chunks that nobody wants any more are gone. */
  checkNothingLeft(): void {
    while (this.fixture.entries.idleStep()) {
      // To the end.
    }
    expect(this.fixture.store.countOf((stateId) => stateId === 0xffff)).toBe(0);
    for (const at of [...this.content.keys()]) this.content.delete(at);
    for (const tables of this.fixture.tables.values()) {
      for (let keyGroup = 0; keyGroup < KEY_GROUPS; keyGroup++) {
        const table = tables.open(keyGroup);
        for (const { path } of table.scanPaths(new Uint8Array(0), undefined, 100_000)) {
          while (!table.clear(path, this.fixture.epoch, 3)) {
            // The rest.
          }
        }
      }
    }
    expect(this.fixture.store.countOf(() => true)).toBe(0);
    this.fixture.close();
    expect(this.fixture.store.scratches).toBe(0);
  }

  private freeze({ size }: Step): void {
    if (this.open.length >= 4) return;
    const checkpointId = ++this.checkpointId;
    const isCheckpoint = size % 4 !== 0;
    const frozen = this.fixture.freeze({
      checkpointId,
      kind: isCheckpoint ? 'checkpoint' : 'savepoint',
      base: isCheckpoint && size % 5 !== 0 ? this.completed : undefined,
      shouldYield: () => true,
      onYield: () => {
        const next = this.yields.pop();
        if (next !== undefined && !NO_CHANGES.has(next.op)) this.change(next);
      },
    });
    this.open.push({ frozen, seen: new Map(this.content), checkpointId, isCheckpoint });
  }

  private async write(): Promise<void> {
    // Not always in the order of freezes.
    const next = this.counter % 3 === 0 ? this.open.pop() : this.open.shift();
    if (next === undefined) return;
    const { frozen, seen, checkpointId, isCheckpoint } = next;
    const handle = await frozen.write();
    frozen.release();
    const again = await fixtureOf(this.options, [handle]);
    expect(sorted(contentOf(again))).toEqual(sorted(seen));
    again.close();
    if (!isCheckpoint || checkpointId < (this.completed ?? 0)) return;
    this.completed = checkpointId;
    this.latest = handle;
    this.seenByLatest = seen;
  }

  private seenByLatest: Content = new Map();

  private async restart(): Promise<void> {
    if (this.latest === undefined || this.completed === undefined) return;
    for (const { frozen } of this.open) frozen.release();
    this.open.length = 0;
    this.fixture.close();
    expect(this.fixture.store.scratches).toBe(0);
    this.fixture = await fixtureOf(this.options, [this.latest], this.completed);
    this.content = new Map(this.seenByLatest);
  }

  private pathOf(key: number, mapKey?: string): Uint8Array {
    if (this.options.pathBytesMax === undefined) return pathOf(key, mapKey);
    return pathOf(`${'k'.repeat((key % 3) * 40)}${key}`, mapKey, string as KeySerializer<unknown>);
  }
}

function fixtureOf(
  { pathBytesMax, hash }: RunOptions,
  restore: readonly KeyedStateHandle[],
  restoredCheckpointId?: number,
): Promise<StoredFixture> {
  return StoredFixture.create({
    store: new SortedStore(pathBytesMax),
    states: STATES,
    restore,
    ...(pathBytesMax === undefined ? {} : { key: string as KeySerializer<unknown> }),
    ...(restoredCheckpointId === undefined ? {} : { restoredCheckpointId }),
    ...(hash === undefined ? {} : { pathHash: hash }),
  });
}

function sorted(content: ReadonlyMap<string, unknown>): [string, unknown][] {
  return [...content].sort(([a], [b]) => (a < b ? -1 : 1));
}

async function runOf(options: RunOptions, steps: readonly Step[], yields: readonly Step[]): Promise<void> {
  const run = await Run.start(options, [...yields]);
  for (const one of steps) await run.apply(one);
  run.check();
  await run.writeAll();
  run.check();
  run.checkNothingLeft();
}

describe('stored entries', () => {
  test('tables, snapshots beside which tables go on, increments and restores are those of a plain model', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }),
        fc.array(step, { minLength: 40, maxLength: 160, size: 'max' }),
        (steps, yields) => runOf({}, steps, yields),
      ),
      { numRuns: testRuns(60) },
    );
  });

  test('so are those with paths longer than the store takes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }),
        fc.array(step, { minLength: 40, maxLength: 160, size: 'max' }),
        (steps, yields) => runOf({ pathBytesMax: 64 }, steps, yields),
      ),
      { numRuns: testRuns(30) },
    );
  });

  test('so are those whose shortened paths collide', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }),
        fc.array(step, { minLength: 40, maxLength: 160, size: 'max' }),
        (steps, yields) =>
          runOf({ pathBytesMax: 64, hash: ({ length }) => new Uint8Array(16).fill(length % 2) }, steps, yields),
      ),
      { numRuns: testRuns(30) },
    );
  });
});

test('nothing is there', async () => {
  const { tables } = await StoredFixture.create();
  expect(tables.get('values')?.open(0).read(pathOf(0))).toBe(NOTHING);
});
