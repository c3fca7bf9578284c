// Restored entries in blocks against a plain model: chains of an image and increments under changed schemas, long values,
// shortened paths, batches that fail, and everything that looks at or changes what is in a block, in any order.

import { testRuns } from '@tidemark/config/test-runs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KeyedStateHandle } from '../../src/handle/keyed-state-handle.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { compareBytes } from '../../src/serialization/key-bytes.js';
import { string } from '../../src/serialization/string-serializer.js';
import { struct } from '../../src/serialization/struct.js';
import type { KeySerializer } from '../../src/serialization/type-serializer.js';
import { MapStateDescriptor, type StateDescriptor, ValueStateDescriptor } from '../../src/state/state-descriptor.js';
import { EntryChunk } from '../../src/stored/entry-chunk.js';
import { type PathHash, StoredPaths } from '../../src/stored/stored-paths.js';
import { NOTHING, type StoredTable } from '../../src/stored/stored-table.js';
import { type BatchFailure, FailingStore } from './failing-store.js';
import { type FrozenSnapshot, KEY_GROUPS, pathOf, StoredFixture, ttlOf } from './stored-fixture.js';

const NAMES = ['values', 'maps', 'stamped-values', 'stamped-maps'] as const;
const KEYS = 480;
const MAP_OWNERS = 8;
const NO_BYTES = new Uint8Array(0);

/** Values under schemas that no other can be read with. */
function statesOf(version: number): readonly StateDescriptor[] {
  const fields: Record<string, typeof int32 | typeof string> = {};
  const migrate: Record<number, (old: never) => never> = {};
  for (let field = 2; field <= version; field++) {
    fields[`f${field}`] = int32;
    migrate[field - 1] = ({ text }: { text: string }) => structOf(version, text) as never;
  }
  const type = struct({ ...fields, text: string }, { version, migrate } as never);
  return [
    new ValueStateDescriptor('values', { type }),
    new MapStateDescriptor('maps', { key: string, value: type }),
    new ValueStateDescriptor('stamped-values', { type, ttl: ttlOf() }),
    new MapStateDescriptor('stamped-maps', { key: string, value: type, ttl: ttlOf() }),
  ] as readonly StateDescriptor[];
}

function structOf(version: number, text: string): unknown {
  const value: Record<string, unknown> = { text };
  for (let field = 2; field <= version; field++) value[`f${field}`] = field;
  return value;
}

interface Step {
  readonly op:
    | 'fill'
    | 'change'
    | 'batch'
    | 'get'
    | 'scan'
    | 'walk'
    | 'count'
    | 'idle'
    | 'freeze'
    | 'write'
    | 'restart';
  readonly state: number;
  readonly key: number;
  readonly change: 'put' | 'delete' | 'touch' | 'clear';
  readonly size: number;
  readonly limit: number;
  readonly stampMs: number;
  /** The write at which it fails at first; 0 for none. */
  readonly failAt: number;
  readonly count: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  op: fc.oneof(
    { weight: 3, arbitrary: fc.constant('fill' as const) },
    { weight: 9, arbitrary: fc.constant('change' as const) },
    { weight: 5, arbitrary: fc.constant('batch' as const) },
    { weight: 3, arbitrary: fc.constant('get' as const) },
    { weight: 4, arbitrary: fc.constant('scan' as const) },
    { weight: 2, arbitrary: fc.constant('walk' as const) },
    { weight: 1, arbitrary: fc.constant('count' as const) },
    { weight: 3, arbitrary: fc.constant('idle' as const) },
    { weight: 3, arbitrary: fc.constant('freeze' as const) },
    { weight: 3, arbitrary: fc.constant('write' as const) },
    { weight: 4, arbitrary: fc.constant('restart' as const) },
  ),
  state: fc.nat({ max: NAMES.length - 1 }),
  key: fc.nat({ max: KEYS - 1 }),
  change: fc.oneof(
    { weight: 5, arbitrary: fc.constant('put' as const) },
    { weight: 4, arbitrary: fc.constant('delete' as const) },
    { weight: 2, arbitrary: fc.constant('touch' as const) },
    { weight: 1, arbitrary: fc.constant('clear' as const) },
  ),
  size: fc.oneof({ weight: 6, arbitrary: fc.nat({ max: 120 }) }, { weight: 1, arbitrary: fc.nat({ max: 3000 }) }),
  limit: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 300 })),
  stampMs: fc.nat({ max: 90 }),
  failAt: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 6 }) },
    { weight: 1, arbitrary: fc.integer({ min: 7, max: 200 }) },
  ),
  count: fc.integer({ min: 1, max: 12 }),
});

interface RunOptions {
  readonly pathBytesMax?: number;
  readonly hash?: PathHash;
  readonly onFailure: BatchFailure;
  readonly visits: boolean;
}

interface Entry {
  readonly text: string;
  readonly at: number | undefined;
}

/** By state and key group: entries by the hexadecimal digits of their paths. */
type Content = Map<string, Map<string, Entry>>;

interface Open {
  readonly frozen: FrozenSnapshot;
  readonly seen: Content;
  readonly checkpointId: number;
  readonly isCheckpoint: boolean;
}

class Run {
  private store: FailingStore;
  private content: Content = new Map();
  private version = 1;
  private checkpointId = 0;
  private completed: number | undefined = undefined;
  private latest: KeyedStateHandle | undefined = undefined;
  private seenByLatest: Content = new Map();
  private readonly open: Open[] = [];
  private counter = 0;
  private readonly paths: StoredPaths;
  private readonly chunk = new EntryChunk();

  private constructor(
    private readonly options: RunOptions,
    private fixture: StoredFixture,
    private readonly beside: Step[],
  ) {
    this.store = fixture.store as FailingStore;
    this.paths = new StoredPaths(options.pathBytesMax, options.hash);
  }

  static async start(options: RunOptions, beside: Step[]): Promise<Run> {
    return new Run(options, await fixtureOf(options, 1, []), beside);
  }

  async apply(one: Step): Promise<void> {
    if (one.op === 'freeze') this.freeze(one);
    else if (one.op === 'write') await this.write(one);
    else if (one.op === 'restart') await this.restart(one);
    else this.applyNow(one);
  }

  /** Everything in the end, and again from a last snapshot. */
  async end(): Promise<void> {
    while (this.open.length > 0) await this.write(undefined);
    this.checkReads();
    const handle = await this.fixture.snapshot({ checkpointId: ++this.checkpointId });
    const again = await fixtureOf(this.options, this.version, [handle]);
    expect(contentOf(again)).toEqual(plain(this.content));
    expect(contentOf(this.fixture)).toEqual(plain(this.content));
    while (again.entries.idleStep()) {
      // Until all stand by themselves.
    }
    expect((again.store as FailingStore).countOf((stateId) => stateId >= 0x8000)).toBe(0);
    expect(contentOf(again)).toEqual(plain(this.content));
    again.close();
    this.fixture.close();
  }

  private applyNow(one: Step): void {
    const { op, state, key, limit, count } = one;
    const name = NAMES[state] as string;
    const isMap = name.endsWith('maps');
    const keyGroup = isMap ? (key % MAP_OWNERS) % KEY_GROUPS : key % KEY_GROUPS;
    if (op === 'fill') this.fill(one);
    else if (op === 'change') this.changeAll([one], one.failAt);
    else if (op === 'batch') {
      const all = Array.from({ length: count }, (_, index) => ({
        ...one,
        key: (key + index * (1 + (limit % 60))) % KEYS,
        change: (['put', 'delete', one.change] as const)[index % 3] as Step['change'],
        stampMs: (one.stampMs + index) % 90,
      }));
      this.changeAll(all, one.failAt);
    } else if (op === 'get') this.get(name, key);
    else if (op === 'scan' && one.failAt % 2 === 1) this.scanFull(one, name, keyGroup);
    else if (op === 'scan') this.retried(one.failAt, () => this.scan(one, name, keyGroup));
    else if (op === 'walk') this.walk(one, name, keyGroup);
    else if (op === 'count') {
      const counted = this.retried(one.failAt, () => this.tableOf(name, keyGroup).countEntries());
      expect(counted).toBe(this.entriesOf(name, keyGroup).size);
    } else if (op === 'idle') {
      for (let left = count; left > 0; left--) this.retried(one.failAt, () => this.fixture.entries.idleStep());
    }
  }

  /** Many entries at once, most of them small. */
  private fill({ state, key, size, stampMs, limit, count }: Step): void {
    const name = NAMES[state] as string;
    for (let index = 0; index < limit; index++) {
      const at = (key + index * (1 + (count % 3))) % KEYS;
      const isLong = size > 1000 && index % 7 === 0;
      const length = isLong ? size : (size * (1 + (index % 5))) % 130;
      this.put(name, at, length, (stampMs + index) % 90, index);
    }
  }

  /** Changes in one batch, or one by itself; where it fails, once more. */
  private changeAll(all: readonly Step[], failAt: number): void {
    const texts = all.map(() => `${this.counter++}`);
    const touched = new Set<string>();
    const work = (): void => {
      for (const [index, one] of all.entries()) this.change(one, texts[index] as string, touched);
    };
    const isBatch = all.length > 1;
    // Before a batch, as whoever makes cells does (SE2 of stored-entries.ts).
    for (const { state, key } of all) {
      const name = NAMES[state] as string;
      this.retried(failAt, () => this.tableOf(name, this.groupOf(name, key)));
    }
    this.retried(
      failAt,
      () => {
        if (isBatch) this.fixture.entries.batches.run(work);
        else work();
      },
      () => {
        // What has nothing to do with it is as it was.
        for (let key = 0; key < KEYS; key += 37) {
          const name = NAMES[key % 4] as string;
          const at = `${name} ${this.groupOf(name, key)} ${hexOf(this.pathOf(name, key))}`;
          const isOfMap = [...touched].some((one) => at.startsWith(one));
          if (!isOfMap) this.get(name, key);
        }
      },
    );
  }

  private change({ state, key, change, size, stampMs, limit }: Step, text: string, touched: Set<string>): void {
    const name = NAMES[state] as string;
    const path = this.pathOf(name, key);
    const keyGroup = this.groupOf(name, key);
    const isMap = name.endsWith('maps');
    const isStamped = name.startsWith('stamped');
    const entries = this.entriesOf(name, keyGroup);
    const { epoch } = this.fixture;
    const table = this.tableOf(name, keyGroup);
    const at = hexOf(path);
    if (change === 'clear') {
      const prefix = isMap ? this.ownerOf(key) : path;
      touched.add(`${name} ${keyGroup} ${hexOf(prefix)}`);
      while (!table.clear(prefix, epoch, 1 + (limit % 40))) {
        // The rest.
      }
      for (const one of [...entries.keys()]) if (one.startsWith(hexOf(prefix))) entries.delete(one);
      return;
    }
    touched.add(`${name} ${keyGroup} ${at}`);
    if (change === 'delete') {
      table.delete(path, epoch);
      entries.delete(at);
    } else if (change === 'touch' && isStamped) {
      table.touch(path, stampMs, epoch);
      const known = entries.get(at);
      if (known !== undefined) entries.set(at, { text: known.text, at: stampMs });
    } else {
      const padded = text.padEnd(size, 'x');
      table.put(path, structOf(this.version, padded), isStamped ? stampMs : undefined, epoch);
      entries.set(at, { text: padded, at: isStamped ? stampMs : undefined });
    }
    path.fill(0xaa);
  }

  private put(name: string, key: number, size: number, stampMs: number, index: number): void {
    const path = this.pathOf(name, key);
    const keyGroup = this.groupOf(name, key);
    const at = name.startsWith('stamped') ? stampMs : undefined;
    const text = `${this.counter++} ${index}`.padEnd(size, 'y');
    this.tableOf(name, keyGroup).put(path, structOf(this.version, text), at, this.fixture.epoch);
    this.entriesOf(name, keyGroup).set(hexOf(path), { text, at });
  }

  private get(name: string, key: number): void {
    const path = this.pathOf(name, key);
    const keyGroup = this.groupOf(name, key);
    this.checkRead(this.tableOf(name, keyGroup), path, this.entriesOf(name, keyGroup).get(hexOf(path)));
  }

  private checkRead(table: StoredTable, path: Uint8Array, expected: Entry | undefined): void {
    const value = table.read(path);
    const found = value === NOTHING ? undefined : { text: (value as { text: string }).text, at: table.readStampMs };
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toEqual({ text: expected.text, at: expected.at });
    expect(table.has(path)).toBe(expected !== undefined);
  }

  /** Reading goes on where nothing can be written. */
  private scanFull(one: Step, name: string, keyGroup: number): void {
    this.tableOf(name, keyGroup);
    this.store.isFull = true;
    this.scan(one, name, keyGroup);
    this.store.isFull = false;
  }

  /** From somewhere on to the end, in chunks of the limit. */
  private scan({ key, limit, size, count }: Step, name: string, keyGroup: number): void {
    const prefix = name.endsWith('maps') && count % 2 === 0 ? this.ownerOf(key) : NO_BYTES;
    const expected = this.expectedUnder(name, keyGroup, prefix);
    const from = count % 3 === 0 ? -1 : Math.min(expected.length - 1, size % (expected.length + 1));
    let after = from < 0 ? undefined : expected[from];
    const found: Uint8Array[] = [];
    const table = this.tableOf(name, keyGroup);
    // Not always to the end: what was not come to stays in its block.
    for (let chunks = 1 + (size % 11); chunks > 0; chunks--) {
      let isEnd: boolean;
      if (size % 2 === 0) {
        const scanned = table.scanPaths(prefix, after, limit);
        for (const { path } of scanned) found.push(path.slice());
        isEnd = scanned.length < limit;
      } else {
        const { chunk } = this;
        table.scanInto(prefix, after, limit, chunk);
        for (let index = 0; index < chunk.length; index++) {
          const path = chunk.pathOf(index);
          const entry = this.entriesOf(name, keyGroup).get(hexOf(path));
          const value = table.readEntry(chunk, index) as { text: string };
          expect({ text: value.text, at: table.readStampMs }).toEqual({ text: entry?.text, at: entry?.at });
          found.push(path);
        }
        isEnd = chunk.length < limit;
      }
      after = found.at(-1) ?? after;
      const rest = expected.slice(from + 1);
      expect(found.map(hexOf)).toEqual(rest.slice(0, isEnd ? undefined : found.length).map(hexOf));
      if (isEnd) return;
    }
  }

  /** A walk beside which other things change: what does not comes once. */
  private walk(one: Step, name: string, keyGroup: number): void {
    const unchanged = new Set(this.entriesOf(name, keyGroup).keys());
    const before = this.entriesOf(name, keyGroup);
    const seen = new Map<string, number>();
    const table = this.tableOf(name, keyGroup);
    let after: Uint8Array | undefined;
    for (let chunk = 0; ; chunk++) {
      const known = new Map(before);
      const scanned = table.scanPaths(NO_BYTES, after, one.limit);
      for (const { path } of scanned) seen.set(hexOf(path), (seen.get(hexOf(path)) ?? 0) + 1);
      if (scanned.length < one.limit) break;
      after = scanned.at(-1)?.path;
      const next = { ...one, key: (one.key * (chunk + 3)) % KEYS, change: (['put', 'delete'] as const)[chunk % 2] };
      if (chunk < 20) this.changeAll([next as Step], chunk % 3 === 0 ? one.failAt : 0);
      if (chunk % 5 === 4) this.fixture.entries.idleStep();
      const now = this.entriesOf(name, keyGroup);
      for (const at of unchanged) if (now.get(at) !== known.get(at)) unchanged.delete(at);
    }
    for (const at of unchanged) expect(`${at} ${seen.get(at)}`).toBe(`${at} 1`);
  }

  private freeze({ size, limit, count }: Step): void {
    if (this.open.length >= 3) return;
    const checkpointId = ++this.checkpointId;
    const isCheckpoint = size % 4 !== 0;
    const frozen = this.fixture.freeze({
      checkpointId,
      kind: isCheckpoint ? 'checkpoint' : 'savepoint',
      base: isCheckpoint && limit % 5 !== 0 ? this.completed : undefined,
      shouldYield: () => count % 3 !== 0,
      onYield: () => {
        const next = this.beside.pop();
        if (next !== undefined && !['freeze', 'write', 'restart', 'fill'].includes(next.op)) this.applyNow(next);
      },
    });
    this.open.push({ frozen, seen: copyOf(this.content), checkpointId, isCheckpoint });
  }

  private async write(one: Step | undefined): Promise<void> {
    const next = (one?.count ?? 0) % 3 === 0 ? this.open.pop() : this.open.shift();
    if (next === undefined) return;
    const { frozen, seen, checkpointId, isCheckpoint } = next;
    const { store } = this;
    if (one !== undefined) store.failAt = one.failAt;
    const failures = store.failures;
    let handle: KeyedStateHandle;
    try {
      handle = await frozen.write();
    } catch (error) {
      if (store.failures === failures) throw error;
      return;
    } finally {
      store.failAt = 0;
      frozen.release();
    }
    const again = await fixtureOf(this.options, this.version, [handle]);
    expect(contentOf(again)).toEqual(plain(seen));
    again.close();
    if (!isCheckpoint || checkpointId < (this.completed ?? 0)) return;
    this.completed = checkpointId;
    this.latest = handle;
    this.seenByLatest = seen;
  }

  /** Goes on from the latest checkpoint, or makes one first. */
  private async restart(one: Step): Promise<void> {
    if (this.latest === undefined || one.count % 4 !== 0) {
      this.freeze({ ...one, size: 1 });
      const made = this.open.at(-1);
      while (made !== undefined && this.open.includes(made)) await this.write({ ...one, failAt: 0 });
    }
    if (this.latest === undefined) return;
    for (const { frozen } of this.open) frozen.release();
    this.open.length = 0;
    this.fixture.close();
    if (one.size % 3 === 0 && this.version < 6) this.version++;
    this.fixture = await fixtureOf(this.options, this.version, [this.latest], this.completed);
    this.store = this.fixture.store as FailingStore;
    this.content = copyOf(this.seenByLatest);
    for (let steps = one.limit % 20; steps > 0; steps--) {
      this.retried(steps % 4 === 0 ? one.failAt : 0, () => this.fixture.entries.idleStep());
    }
    if (one.size % 5 === 0) this.checkReads();
  }

  /** Every key, there or not. */
  private checkReads(): void {
    for (const name of NAMES) for (let key = 0; key < KEYS; key++) this.get(name, key);
  }

  /** Does it, with the store failing at a write; then what is looked at between, and once more where it failed. */
  private retried<R>(failAt: number, work: () => R, between?: () => void): R {
    const { store } = this;
    const { failures } = store;
    store.failAt = failAt;
    try {
      return work();
    } catch (error) {
      if (store.failures === failures) throw error;
    } finally {
      store.failAt = 0;
    }
    between?.();
    return work();
  }

  private tableOf(name: string, keyGroup: number): StoredTable {
    const tables = this.fixture.tables.get(name);
    if (tables === undefined) throw new Error('no state');
    return tables.open(keyGroup);
  }

  private entriesOf(name: string, keyGroup: number): Map<string, Entry> {
    const place = `${name} ${keyGroup}`;
    const entries = this.content.get(place) ?? new Map<string, Entry>();
    this.content.set(place, entries);
    return entries;
  }

  /** Paths as a scan gives them. */
  private expectedUnder(name: string, keyGroup: number, prefix: Uint8Array): Uint8Array[] {
    const { paths } = this;
    return [...this.entriesOf(name, keyGroup).keys()]
      .filter((at) => at.startsWith(hexOf(prefix)))
      .map((at) => Uint8Array.from(Buffer.from(at, 'hex')))
      .map((path) => ({ path, stored: paths.storedOf(path) }))
      .sort((a, b) => compareBytes(a.stored, b.stored) || compareBytes(a.path, b.path))
      .map(({ path }) => path);
  }

  private groupOf(name: string, key: number): number {
    return (name.endsWith('maps') ? key % MAP_OWNERS : key) % KEY_GROUPS;
  }

  private ownerOf(key: number): Uint8Array {
    return this.keyPathOf(key % MAP_OWNERS);
  }

  private pathOf(name: string, key: number): Uint8Array {
    if (!name.endsWith('maps')) return this.keyPathOf(key);
    // Some of them with long map keys.
    const mapKey = `m${Math.floor(key / MAP_OWNERS)}`;
    return this.keyPathOf(key % MAP_OWNERS, key % 5 === 0 ? mapKey.padEnd(40, 'm') : mapKey);
  }

  private keyPathOf(key: number, mapKey?: string): Uint8Array {
    if (this.options.pathBytesMax === undefined) return pathOf(key, mapKey);
    return pathOf(`${'k'.repeat((key % 3) * 22)}${key}`, mapKey, string as KeySerializer<unknown>);
  }
}

function fixtureOf(
  options: RunOptions,
  version: number,
  restore: readonly KeyedStateHandle[],
  restoredCheckpointId?: number,
): Promise<StoredFixture> {
  const { pathBytesMax, hash } = options;
  return StoredFixture.create({
    store: new FailingStore(options),
    states: statesOf(version),
    restore,
    ...(pathBytesMax === undefined ? {} : { key: string as KeySerializer<unknown> }),
    ...(restoredCheckpointId === undefined ? {} : { restoredCheckpointId }),
    ...(hash === undefined ? {} : { pathHash: hash }),
  });
}

function copyOf(content: Content): Content {
  return new Map([...content].map(([place, entries]) => [place, new Map(entries)]));
}

function plain(content: Content): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [place, entries] of [...content].sort()) {
    for (const [at, entry] of [...entries].sort()) all[`${place} ${at}`] = `${entry.at} ${entry.text}`;
  }
  return all;
}

function contentOf(fixture: StoredFixture): Record<string, string> {
  const content: Content = new Map();
  for (const name of NAMES) {
    for (let keyGroup = 0; keyGroup < KEY_GROUPS; keyGroup++) {
      const table = fixture.tables.get(name)?.open(keyGroup) as StoredTable;
      const entries = new Map<string, Entry>();
      let after: Uint8Array | undefined;
      for (let isEnd = false; !isEnd; ) {
        const scanned = table.scanPaths(NO_BYTES, after, 100);
        for (const { path } of scanned) {
          expect(entries.has(hexOf(path))).toBe(false);
          entries.set(hexOf(path), { text: (table.read(path) as { text: string }).text, at: table.readStampMs });
        }
        after = scanned.at(-1)?.path;
        isEnd = scanned.length < 100;
      }
      content.set(`${name} ${keyGroup}`, entries);
    }
  }
  return plain(content);
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

async function runOf(options: RunOptions, steps: readonly Step[], beside: readonly Step[]): Promise<void> {
  const run = await Run.start(options, [...beside]);
  for (const one of steps) await run.apply(one);
  await run.end();
}

/** Something to be restored in the first place. */
const FIRST: readonly Step[] = NAMES.map((_, state) => ({
  op: 'fill',
  state,
  key: 0,
  change: 'put',
  size: 2000,
  limit: 300,
  stampMs: 1,
  failAt: 0,
  count: 1 + (state % 3),
}));
const RESTART: Step = { ...(FIRST[0] as Step), op: 'restart', size: 1, limit: 20, count: 1 };

const ways: readonly [string, Omit<RunOptions, 'onFailure' | 'visits'>, number][] = [
  ['as they are', {}, 30],
  ['shortened where they are long', { pathBytesMax: 64 }, 30],
  ['shortened to the same', { pathBytesMax: 64, hash: ({ length }) => new Uint8Array(16).fill(length % 3) }, 15],
];

describe.each(ways)('restored entries in blocks, with paths %s', (_way, paths, runs) => {
  test.each(['undone', 'in-part', 'no-batches'] as const)(
    'are those of a plain model, whatever looks at and changes them; batches that fail: %s',
    async (onFailure) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }),
          fc.array(step, { minLength: 0, maxLength: 40, size: 'max' }),
          fc.boolean(),
          (steps, beside, visits) => runOf({ ...paths, onFailure, visits }, [...FIRST, RESTART, ...steps], beside),
        ),
        { numRuns: testRuns(runs) },
      );
    },
    120_000,
  );
});
