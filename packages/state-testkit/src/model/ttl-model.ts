// Random operations on keyed state with time to live, beside plain data that says what must come out: all settings, a clock
// that jumps forwards and back, snapshots that are written while operations go on, restores under other settings.
//
//   TM1. One seed, one run.
//   TM2. What has expired once may have been cleaned up, at any moment that suits the backend. When the clock goes back it may
//        be there again or not: the model takes what it finds, and holds the backend to it from then on.
//   TM3. What has never expired must be there, with the value and the stamp of the last write.

import {
  int32,
  ListStateDescriptor,
  list,
  MapStateDescriptor,
  ReducingStateDescriptor,
  StateTtlConfig,
  type StateTtlOptions,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import type { KeyedStateBackend, KeyedStateHandle, SnapshotView } from '@tidemark/state-core/spi';
import { assertEqual, ConformanceFailure } from '../conformance/assertions.js';
import { ManualClock } from '../fault/manual-clock.js';
import { ManualScheduler } from '../fault/manual-scheduler.js';
import { plainState, type StateBackendHarness } from '../state-backend-cases/state-backend-harness.js';
import { SeededRandom } from './seeded-random.js';

/** The size of a run. */
export interface TtlModelOptions {
  /** Any integer; a failure names it. */
  readonly seed: number;
  readonly steps: number;
}

/** @throws ConformanceFailure that names the seed when the backend and the model come apart. */
export async function runTtlModel(harness: StateBackendHarness, options: TtlModelOptions): Promise<void> {
  try {
    await new TtlModel(harness, new SeededRandom(options.seed)).run(options.steps);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ConformanceFailure(`seed ${options.seed}: ${message}`, undefined, undefined, error);
  }
}

/** A value, an element or a map entry. */
interface Held {
  readonly value: unknown;
  stampMs: number;
  /** Whether it has expired once and may be gone (TM2). */
  inDoubt: boolean;
}

type Kind = 'value' | 'reducing' | 'list' | 'map';

const KINDS: readonly Kind[] = ['value', 'reducing', 'list', 'map'];
const KEYS = 5;
const MAP_KEYS = 3;

/** What is held, by kind and key and, for maps, map key. A list has its elements in order. */
type Contents = Map<string, Held[]>;

interface Frozen {
  readonly checkpointId: number;
  readonly view: SnapshotView<KeyedStateHandle>;
  readonly contents: Contents;
  readonly ttl: StateTtlConfig | undefined;
  readonly markMs: number;
}

const NO_MARK = -1;

class TtlModel {
  private readonly clock: ManualClock = new ManualClock(1000);
  private readonly scheduler: ManualScheduler = new ManualScheduler(this.clock);
  private ttl: StateTtlConfig | undefined;
  private backend!: KeyedStateBackend<number>;
  private contents: Contents = new Map();
  private frozen: Frozen[] = [];
  private markMs = NO_MARK;
  /** The newest checkpoint that was written, which the next may build on. */
  private completedId: number | undefined;
  private readonly isIncremental: boolean;
  private values = 0;

  constructor(
    private readonly harness: StateBackendHarness,
    private readonly random: SeededRandom,
  ) {
    this.ttl = this.randomTtl();
    this.isIncremental = harness.backend.capabilities.incrementalSnapshots && random.chance(0.6);
  }

  async run(steps: number): Promise<void> {
    await this.open(undefined);
    for (let step = 0; step < steps; step++) await this.step();
    for (const { view } of this.frozen) view.release();
  }

  private randomTtl(): StateTtlConfig | undefined {
    const { random } = this;
    if (random.chance(0.15)) return undefined;
    const options: StateTtlOptions = {
      ttlMs: random.pick([50, 100, 400]),
      updateType: random.pick(['OnCreateAndWrite', 'OnReadAndWrite']),
      stateVisibility: random.pick(['NeverReturnExpired', 'NeverReturnExpired', 'ReturnExpiredIfNotCleanedUp']),
      timeCharacteristic: random.pick(['ProcessingTime', 'ProcessingTime', 'EventTime']),
      cleanupFullSnapshot: random.chance(0.3),
      cleanupInBackground: random.chance(0.5),
      ...(random.chance(0.3) ? { cleanupIncrementally: { entries: 2, forEveryRecord: random.chance(0.5) } } : {}),
    };
    return StateTtlConfig.of(options);
  }

  private get isEventTime(): boolean {
    return this.ttl?.timeCharacteristic === 'EventTime';
  }

  private get nowMs(): number {
    return this.isEventTime ? this.markMs : this.clock.nowMs();
  }

  private async open(handle: KeyedStateHandle | undefined): Promise<void> {
    const { clock, scheduler } = this;
    this.backend = await this.harness.createKeyed({
      clock,
      scheduler,
      restore: [handle],
      numberOfKeyGroups: 4,
      ...(this.completedId === undefined ? {} : { restoredCheckpointId: this.completedId }),
    });
    // Event time begins before anything is written: what is written earlier has no exact stamp.
    if (this.markMs === NO_MARK) this.mark(1000);
    for (const kind of KINDS) this.state(kind);
  }

  private async step(): Promise<void> {
    const { random } = this;
    for (let count = random.below(12); count > 0; count--) this.operate();
    this.passTime();
    if (random.chance(0.25) && this.frozen.length < 2) this.freeze();
    if (random.chance(0.4) && this.frozen.length > 0) {
      const frozen = this.frozen.shift() as Frozen;
      const handle = await this.complete(frozen);
      if (random.chance(0.6)) await this.restore(frozen, handle);
    }
  }

  private passTime(): void {
    const { random } = this;
    if (random.chance(0.4)) {
      // What the background does on the way it may do at any of these times.
      for (let rest = random.below(20); rest > 0; rest--) {
        this.scheduler.advance(10);
        this.doubtExpired();
      }
    } else if (random.chance(0.3)) {
      this.clock.setMs(Math.max(0, this.clock.nowMs() + random.below(300) - 150));
    }
    if (random.chance(0.5)) this.mark(this.markMs + random.below(80) - 20);
    this.doubtExpired();
  }

  private mark(timestampMs: number): void {
    this.backend.advanceEventTime?.(timestampMs);
    this.markMs = Math.max(this.markMs, timestampMs);
  }

  private doubtExpired(): void {
    for (const held of this.contents.values()) {
      for (const one of held) if (this.isExpired(one)) one.inDoubt = true;
    }
  }

  private isExpired({ stampMs }: Held): boolean {
    return this.ttl !== undefined && stampMs + this.ttl.ttlMs <= this.nowMs;
  }

  private freeze(): void {
    const { clock, scheduler } = this;
    const { completedId } = this;
    const sharing = this.isIncremental ? 'forward-backward' : 'no-sharing';
    const isBuiltOn = this.isIncremental && this.random.chance(0.8);
    const context = this.harness.snapshotContext({
      clock,
      scheduler,
      sharing,
      base: isBuiltOn ? completedId : undefined,
    });
    const interleaved = {
      ...context,
      shouldYield: () => this.random.chance(0.3),
      yieldNow: async () => this.operate(),
    };
    const view = this.backend.snapshot(interleaved);
    const { checkpointId } = context;
    this.frozen.push({ checkpointId, view, contents: copyOf(this.contents), ttl: this.ttl, markMs: this.markMs });
  }

  private async complete({ checkpointId, view }: Frozen): Promise<KeyedStateHandle | undefined> {
    const handle = (await view.write()).jobManagerOwned;
    this.completedId = checkpointId;
    return handle;
  }

  private async restore({ contents, ttl, markMs }: Frozen, handle: KeyedStateHandle | undefined): Promise<void> {
    for (const other of this.frozen) other.view.release();
    this.frozen = [];
    await this.backend.close();
    this.contents = copyOf(contents);
    this.markMs = markMs;
    const before = ttl?.timeCharacteristic;
    this.ttl = this.random.chance(0.5) ? ttl : this.randomTtl();
    if (before !== this.ttl?.timeCharacteristic) {
      for (const held of this.contents.values()) for (const one of held) one.stampMs = this.nowMs;
    }
    await this.open(handle);
    this.doubtExpired();
  }

  private operate(): void {
    const { random, backend } = this;
    const key = random.below(KEYS);
    backend.setCurrentKey(key);
    const kind = random.pick(KINDS);
    if (kind === 'value') this.operateValue(key);
    else if (kind === 'reducing') this.operateReducing(key);
    else if (kind === 'list') this.operateList(key);
    else this.operateMap(key);
  }

  private operateValue(key: number): void {
    const { random } = this;
    const state = this.state('value') as never as { value(): unknown; update(value: unknown): void; clear(): void };
    const at = `value/${key}`;
    if (random.chance(0.5)) {
      this.readOne(at, state.value());
    } else if (random.chance(0.8)) {
      const value = this.newValue();
      state.update(value);
      this.write(at, [value]);
    } else {
      state.clear();
      this.contents.delete(at);
    }
  }

  private operateReducing(key: number): void {
    const { random } = this;
    const state = this.state('reducing') as never as { get(): unknown; add(value: unknown): void };
    const at = `reducing/${key}`;
    if (random.chance(0.4)) {
      this.readOne(at, state.get());
      return;
    }
    const value = this.newValue();
    state.add([value]);
    const [before] = this.contents.get(at) ?? [];
    const joined = before && [...(before.value as number[]), value];
    // Just written, so it is given whatever the visibility.
    const found = state.get();
    const isGone = before === undefined || (this.isExpired(before) && this.ttl?.stateVisibility !== RELAXED);
    const mayBeGone = before?.inDoubt === true;
    const expected = isGone ? [value] : joined;
    const isOther = !isGone && mayBeGone && (found as unknown[])?.length === 1;
    assertEqual(found, isOther ? [value] : expected, `${at} after add()`);
    this.write(at, [found]);
  }

  private operateList(key: number): void {
    const { random } = this;
    const state = this.state('list') as never as {
      get(): Iterable<unknown>;
      add(value: unknown): void;
      update(values: readonly unknown[]): void;
    };
    const at = `list/${key}`;
    if (random.chance(0.4)) {
      this.readList(at, [...state.get()]);
    } else if (random.chance(0.8)) {
      const value = this.newValue();
      state.add(value);
      this.contents.set(at, [...(this.contents.get(at) ?? []), this.held(value)]);
    } else {
      const values = [this.newValue(), this.newValue()];
      state.update(values);
      this.write(at, values);
    }
  }

  private operateMap(key: number): void {
    const { random } = this;
    const state = this.state('map') as never as {
      get(key: number): unknown;
      put(key: number, value: unknown): void;
      remove(key: number): void;
      entries(): Iterable<readonly [number, unknown]>;
    };
    const mapKey = random.below(MAP_KEYS);
    const at = `map/${key}/${mapKey}`;
    if (random.chance(0.25)) {
      this.readOne(at, state.get(mapKey));
    } else if (random.chance(0.3)) {
      const found = new Map(state.entries());
      for (let each = 0; each < MAP_KEYS; each++) this.readOne(`map/${key}/${each}`, found.get(each));
    } else if (random.chance(0.8)) {
      const value = this.newValue();
      state.put(mapKey, value);
      this.write(at, [value]);
    } else {
      state.remove(mapKey);
      this.contents.delete(at);
    }
  }

  /** No two are the same, so that what is found tells which write it came from. */
  private newValue(): number {
    return this.values++;
  }

  private held(value: unknown): Held {
    return { value, stampMs: this.nowMs, inDoubt: false };
  }

  private write(at: string, values: readonly unknown[]): void {
    this.contents.set(
      at,
      values.map((value) => this.held(value)),
    );
  }

  /** One value was read. */
  private readOne(at: string, found: unknown): void {
    const [one] = this.contents.get(at) ?? [];
    if (one === undefined) {
      assertEqual(found, undefined, at);
      return;
    }
    const isExpired = this.isExpired(one);
    const isRelaxed = this.ttl?.stateVisibility === RELAXED;
    if (found === undefined && one.inDoubt) {
      this.contents.delete(at);
      return;
    }
    assertEqual(found, isExpired && !isRelaxed ? undefined : one.value, at);
    if (isExpired) this.contents.delete(at);
    else this.readIt(one);
  }

  /** A list was read: what is in doubt may be missing, all else is there in order. */
  private readList(at: string, found: readonly unknown[]): void {
    const held = this.contents.get(at) ?? [];
    const isRelaxed = this.ttl?.stateVisibility === RELAXED;
    const there: Held[] = [];
    let next = 0;
    for (const one of held) {
      if (this.isExpired(one) && !isRelaxed) continue;
      if (next < found.length && found[next] === one.value) {
        there.push(one);
        next++;
      } else if (!one.inDoubt) {
        assertEqual(
          found,
          held.map(({ value }) => value),
          at,
        );
      }
    }
    assertEqual(next, found.length, `${at}: elements, of ${JSON.stringify(held)} at ${this.nowMs}: ${found}`);
    const rest = there.filter((one) => !this.isExpired(one));
    const stays = rest.length > 0 && isRelaxed && this.ttl?.updateType !== 'OnReadAndWrite' ? there : rest;
    for (const one of rest) this.readIt(one);
    if (stays.length > 0) this.contents.set(at, stays);
    else this.contents.delete(at);
  }

  private readIt(one: Held): void {
    one.inDoubt = false;
    if (this.ttl?.updateType === 'OnReadAndWrite') one.stampMs = this.nowMs;
  }

  private state(kind: Kind): unknown {
    const ttl = this.ttl === undefined ? {} : { ttl: this.ttl };
    return plainState(this.backend, descriptorOf(kind, ttl) as never);
  }
}

const RELAXED = 'ReturnExpiredIfNotCleanedUp';

function descriptorOf(kind: Kind, ttl: { readonly ttl?: StateTtlConfig }): unknown {
  if (kind === 'value') return new ValueStateDescriptor('value', { type: int32, ...ttl });
  if (kind === 'list') return new ListStateDescriptor('list', { type: int32, ...ttl });
  if (kind === 'map') return new MapStateDescriptor('map', { key: int32, value: int32, ...ttl });
  return new ReducingStateDescriptor<number[]>('reducing', {
    type: list(int32),
    reduce: (a, b) => {
      a.push(...b);
      return a;
    },
    ...ttl,
  });
}

function copyOf(contents: Contents): Contents {
  return new Map([...contents].map(([at, held]) => [at, held.map((one) => ({ ...one }))]));
}
