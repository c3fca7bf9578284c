// Random operations on keyed state with time to live, beside plain data that says what must come out: all kinds, all
// settings, each state with its own, a clock that jumps forwards and back, snapshots that are written while operations go
// on, restores under other settings and at another parallelism.
//
//   TM1. What has expired once may have been cleaned up, at any moment that suits the backend. When the clock goes back it
//        may be there again or not: the model takes what it finds, and holds the backend to it from then on.
//   TM2. What has never expired must be there, with the value and the stamp of the last write.

import {
  AggregatingStateDescriptor,
  FoldingStateDescriptor,
  int32,
  ListStateDescriptor,
  list,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type StateDescriptor,
  StateTtlConfig,
  type StateTtlOptions,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import { assertEqual } from '../conformance/assertions.js';
import { ManualClock } from '../fault/manual-clock.js';
import { ManualScheduler } from '../fault/manual-scheduler.js';
import { MODELLED_NAMESPACES, type ModelledNamespaces } from './model-keys.js';
import type { ModelContext, ModelRun } from './model-run.js';
import { ModelledJob, type ModelledProgram, type Subtask } from './modelled-job.js';

/** A value, an element or a map entry. */
interface Held {
  readonly value: unknown;
  stampMs: number;
  /** Whether it has expired once and may be gone (TM1). */
  inDoubt: boolean;
}

type Kind = StateDescriptor['kind'];
type Accumulating = 'reducing' | 'aggregating' | 'folding';
type Settings = Readonly<Record<Kind, StateTtlConfig | undefined>>;

const KINDS: readonly Kind[] = ['value', 'list', 'map', 'reducing', 'aggregating', 'folding'];
const MAP_KEYS = 3;
const RELAXED = 'ReturnExpiredIfNotCleanedUp';
const EVENT_TIME_START_MS = 1000;

/** What is held, by kind, namespace and key and, for maps, map key. A list has its elements in order. */
type Entries = Map<string, Held[]>;

interface Contents {
  readonly entries: Entries;
  readonly settings: Settings;
  readonly markMs: number;
}

/** A run of the model of time to live. */
export class TtlModel implements ModelRun, ModelledProgram<Contents> {
  private readonly clock: ManualClock = new ManualClock(1000);
  private readonly scheduler: ManualScheduler = new ManualScheduler(this.clock);
  readonly options: ModelledProgram<Contents>['options'] = { clock: this.clock, scheduler: this.scheduler };
  private readonly job: ModelledJob<Contents>;
  private readonly namespaces: ReadonlyMap<Kind, ModelledNamespaces>;
  private settings: Settings;
  private entries: Entries = new Map();
  private markMs = EVENT_TIME_START_MS;
  private values = 0;
  /** What the operation before was about: much goes wrong only where several meet. */
  private before: { readonly kind: Kind; readonly index: number } | undefined = undefined;

  constructor(private readonly context: ModelContext) {
    const { random, configuration } = context;
    this.job = new ModelledJob(context, this);
    this.settings = this.randomSettings();
    this.namespaces = new Map(
      KINDS.map((kind) => {
        const hasThem = configuration.hasNamespaces && random.chance(0.3);
        return [kind, MODELLED_NAMESPACES[hasThem ? random.pick(['string', 'window'] as const) : 'void']];
      }),
    );
  }

  start(): Promise<void> {
    return this.job.start();
  }

  async act(): Promise<void> {
    const { random } = this.context;
    const chosen = random.next();
    if (chosen < 0.75) this.operate();
    else if (chosen < 0.86) await this.job.act();
    else this.passTime();
  }

  end(): Promise<void> {
    return this.job.end();
  }

  contents(): Contents {
    return { entries: copyOf(this.entries), settings: this.settings, markMs: this.markMs };
  }

  deployed(subtasks: readonly Subtask[], contents: Contents | undefined): void {
    if (contents === undefined) {
      // Event time begins before anything is written: what is written earlier has no exact stamp.
      this.mark(EVENT_TIME_START_MS, subtasks);
    } else {
      this.restored(contents);
      // The clock of event time goes on from the snapshot; whoever knows the watermark may hand it in besides.
      if (this.context.random.chance(0.5)) this.mark(this.markMs, subtasks);
    }
    for (const subtask of subtasks) for (const kind of KINDS) this.state(subtask, kind, 0);
    this.doubtExpired();
  }

  operate(): void {
    const { random, note } = this.context;
    const isAgain = random.chance(0.4);
    const fresh = { kind: random.pick(KINDS), index: random.below(this.job.numberOfKeys) };
    const { kind, index } = (isAgain ? this.before : undefined) ?? fresh;
    this.before = { kind, index };
    const namespace = random.below(this.namespacesOf(kind).all.length);
    const subtask = this.job.subtaskOf(index);
    subtask.setCurrentKey(this.job.keys.of(index));
    const state = this.state(subtask, kind, namespace);
    const at = `${kind}/${namespace}/${index}`;
    note(() => `at ${this.now(kind)}: ${at} of ${this.show(at)}`);
    if (kind === 'value') this.operateValue(at, state);
    else if (kind === 'list') this.operateList(at, state);
    else if (kind === 'map') this.operateMap(at, state);
    else this.operateAccumulating(kind, at, state);
    note(() => `       ${at} is  ${this.show(at)}`);
  }

  private show(at: string): string {
    const held = [...this.entries].filter(([each]) => each === at || each.startsWith(`${at}/`));
    const settings = this.settings[kindOf(at)];
    return `${JSON.stringify(held.map(([, one]) => one))} ${JSON.stringify(settings)}`;
  }

  private randomSettings(): Settings {
    return Object.fromEntries(KINDS.map((kind) => [kind, this.randomTtl()])) as Settings;
  }

  private randomTtl(): StateTtlConfig | undefined {
    const { random, configuration } = this.context;
    const { clocks } = configuration;
    if (random.chance(0.15)) return undefined;
    const options: StateTtlOptions = {
      ttlMs: random.pick([50, 100, 400]),
      updateType: random.pick(['OnCreateAndWrite', 'OnReadAndWrite']),
      stateVisibility: random.pick(['NeverReturnExpired', 'NeverReturnExpired', RELAXED]),
      timeCharacteristic:
        clocks === 'both' || clocks === 'none' ? random.pick(['ProcessingTime', 'EventTime']) : clocks,
      cleanupFullSnapshot: random.chance(0.3),
      cleanupInBackground: random.chance(0.5),
      ...(random.chance(0.3) ? { cleanupIncrementally: { entries: 2, forEveryRecord: random.chance(0.5) } } : {}),
    };
    return StateTtlConfig.of(options);
  }

  private now(kind: Kind): number {
    return this.settings[kind]?.timeCharacteristic === 'EventTime' ? this.markMs : this.clock.nowMs();
  }

  private restored({ entries, settings, markMs }: Contents): void {
    const { random } = this.context;
    this.entries = copyOf(entries);
    this.markMs = markMs;
    const others = this.randomSettings();
    const isChanged = random.chance(0.5);
    this.settings = Object.fromEntries(
      KINDS.map((kind) => [kind, isChanged && random.chance(0.5) ? others[kind] : settings[kind]]),
    ) as Settings;
    // Stamps of another clock, or none, say nothing: what is there counts as written now.
    for (const [at, held] of this.entries) {
      const kind = kindOf(at);
      if (settings[kind]?.timeCharacteristic === this.settings[kind]?.timeCharacteristic) continue;
      for (const one of held) one.stampMs = this.now(kind);
    }
  }

  private passTime(): void {
    const { random, note } = this.context;
    const chosen = random.next();
    if (chosen < 0.25 && this.entries.size > 0) {
      this.passToEnd();
    } else if (chosen < 0.5) {
      // What the background does on the way it may do at any of these times.
      for (let rest = random.below(20); rest > 0; rest--) {
        this.scheduler.advance(10);
        this.doubtExpired();
      }
    } else if (chosen < 0.7) {
      this.clock.setMs(Math.max(0, this.clock.nowMs() + random.below(300) - 150));
    } else {
      this.mark(this.markMs + random.below(80) - 20, this.job.subtasks);
    }
    note(() => `time is ${this.clock.nowMs()}, event time ${this.markMs}`);
    this.doubtExpired();
  }

  /** Time goes on to the very moment at which something expires, or to the last before. */
  private passToEnd(): void {
    const { random } = this.context;
    const [at, held] = random.pick([...this.entries]);
    const ttl = this.settings[kindOf(at)];
    if (ttl === undefined || held.length === 0) return;
    const endMs = random.pick(held).stampMs + ttl.ttlMs - (random.chance(0.3) ? 1 : 0);
    if (ttl.timeCharacteristic === 'EventTime') this.mark(endMs, this.job.subtasks);
    else if (endMs > this.clock.nowMs()) this.clock.setMs(endMs);
  }

  private mark(timestampMs: number, subtasks: readonly Subtask[]): void {
    for (const subtask of subtasks) subtask.advanceEventTime?.(timestampMs);
    this.markMs = Math.max(this.markMs, timestampMs);
  }

  private doubtExpired(): void {
    for (const [at, held] of this.entries) {
      for (const one of held) if (this.isExpired(at, one)) one.inDoubt = true;
    }
  }

  private isExpired(at: string, { stampMs }: Held): boolean {
    const ttl = this.settings[kindOf(at)];
    return ttl !== undefined && stampMs + ttl.ttlMs <= this.now(kindOf(at));
  }

  private isRelaxed(at: string): boolean {
    return this.settings[kindOf(at)]?.stateVisibility === RELAXED;
  }

  private operateValue(at: string, state: never): void {
    const { random } = this.context;
    const value = state as { value(): unknown; update(value: unknown): void; clear(): void };
    if (random.chance(0.5)) {
      this.readOne(at, value.value());
    } else if (random.chance(0.8)) {
      const next = this.newValue();
      value.update(next);
      this.write(at, [next]);
    } else {
      value.clear();
      this.entries.delete(at);
    }
  }

  private operateAccumulating(kind: Accumulating, at: string, state: never): void {
    const { random } = this.context;
    const accumulating = state as { get(): unknown; add(value: unknown): void; clear(): void };
    if (random.chance(0.4)) {
      this.readOne(at, accumulating.get());
      return;
    }
    if (random.chance(0.1)) {
      accumulating.clear();
      this.entries.delete(at);
      return;
    }
    const value = this.newValue();
    const initial = kind === 'folding' ? [-1] : [];
    accumulating.add(kind === 'reducing' ? [value] : value);
    const [before] = this.entries.get(at) ?? [];
    const joined = before && [...(before.value as number[]), value];
    // Just written, so it is given whatever the visibility.
    const found = accumulating.get() as readonly unknown[] | undefined;
    const isGone = before === undefined || (this.isExpired(at, before) && !this.isRelaxed(at));
    const mayBeGone = before?.inDoubt === true;
    const fresh = [...initial, value];
    const isOther = !isGone && mayBeGone && found?.length === fresh.length;
    assertEqual(found, isGone || isOther ? fresh : joined, `${at} after add()`);
    // A copy: where values pass without one, the next add() changes what was found.
    this.write(at, [[...(found ?? [])]]);
  }

  private operateList(at: string, state: never): void {
    const { random } = this.context;
    const elements = state as {
      get(): Iterable<unknown>;
      add(value: unknown): void;
      addAll(values: readonly unknown[]): void;
      update(values: readonly unknown[]): void;
      clear(): void;
    };
    const values = [this.newValue(), this.newValue()];
    const chosen = random.next();
    if (chosen < 0.4) {
      this.readList(at, [...elements.get()]);
    } else if (chosen < 0.75) {
      const added = chosen < 0.6 ? values.slice(0, 1) : values;
      if (chosen < 0.6) elements.add(added[0]);
      else elements.addAll(added);
      this.entries.set(at, [...(this.entries.get(at) ?? []), ...added.map((value) => this.held(at, value))]);
    } else if (chosen < 0.93) {
      elements.update(values);
      this.write(at, values);
    } else {
      elements.clear();
      this.entries.delete(at);
    }
  }

  private operateMap(at: string, state: never): void {
    const { random } = this.context;
    const map = state as {
      get(key: number): unknown;
      put(key: number, value: unknown): void;
      remove(key: number): void;
      entries(): Iterable<readonly [number, unknown]>;
    };
    const mapKey = random.below(MAP_KEYS);
    const entry = `${at}/${mapKey}`;
    if (random.chance(0.25)) {
      this.readOne(entry, map.get(mapKey));
    } else if (random.chance(0.3)) {
      const found = new Map(map.entries());
      for (let each = 0; each < MAP_KEYS; each++) this.readOne(`${at}/${each}`, found.get(each));
    } else if (random.chance(0.8)) {
      const value = this.newValue();
      map.put(mapKey, value);
      this.write(entry, [value]);
    } else {
      map.remove(mapKey);
      this.entries.delete(entry);
    }
  }

  /** No two are the same, so that what is found tells which write it came from. */
  private newValue(): number {
    return this.values++;
  }

  private held(at: string, value: unknown): Held {
    return { value, stampMs: this.now(kindOf(at)), inDoubt: false };
  }

  private write(at: string, values: readonly unknown[]): void {
    this.entries.set(
      at,
      values.map((value) => this.held(at, value)),
    );
  }

  /** One value was read. */
  private readOne(at: string, found: unknown): void {
    const [one] = this.entries.get(at) ?? [];
    if (one === undefined) {
      assertEqual(found, undefined, at);
      return;
    }
    if (found === undefined && one.inDoubt) {
      this.entries.delete(at);
      return;
    }
    const isExpired = this.isExpired(at, one);
    assertEqual(found, isExpired && !this.isRelaxed(at) ? undefined : one.value, at);
    if (isExpired) this.entries.delete(at);
    else this.readIt(at, one);
  }

  /** A list was read: what is in doubt may be missing, all else is there in order. */
  private readList(at: string, found: readonly unknown[]): void {
    const held = this.entries.get(at) ?? [];
    const isRelaxed = this.isRelaxed(at);
    const there: Held[] = [];
    let next = 0;
    for (const one of held) {
      if (this.isExpired(at, one) && !isRelaxed) continue;
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
    assertEqual(next, found.length, `${at}: elements, of ${JSON.stringify(held)} at ${this.now('list')}: ${found}`);
    const rest = there.filter((one) => !this.isExpired(at, one));
    const staysExpired = rest.length > 0 && isRelaxed && this.settings.list?.updateType !== 'OnReadAndWrite';
    const stays = staysExpired ? there : rest;
    for (const one of rest) this.readIt(at, one);
    if (stays.length > 0) this.entries.set(at, stays);
    else this.entries.delete(at);
  }

  private readIt(at: string, one: Held): void {
    one.inDoubt = false;
    if (this.settings[kindOf(at)]?.updateType === 'OnReadAndWrite') one.stampMs = this.now(kindOf(at));
  }

  private namespacesOf(kind: Kind): ModelledNamespaces {
    return this.namespaces.get(kind) as ModelledNamespaces;
  }

  private state(subtask: Subtask, kind: Kind, namespace: number): never {
    const { serializer, all } = this.namespacesOf(kind);
    return subtask.getPartitionedState(all[namespace], serializer, descriptorOf(kind, this.settings[kind])) as never;
  }
}

function kindOf(at: string): Kind {
  return at.slice(0, at.indexOf('/')) as Kind;
}

function append(a: number[], b: readonly number[]): number[] {
  a.push(...b);
  return a;
}

function descriptorOf(kind: Kind, ttlConfig: StateTtlConfig | undefined): StateDescriptor {
  const ttl = ttlConfig === undefined ? {} : { ttl: ttlConfig };
  switch (kind) {
    case 'value':
      return new ValueStateDescriptor(kind, { type: int32, ...ttl }) as never;
    case 'list':
      return new ListStateDescriptor(kind, { type: int32, ...ttl });
    case 'map':
      return new MapStateDescriptor(kind, { key: int32, value: int32, ...ttl }) as never;
    case 'reducing':
      return new ReducingStateDescriptor<number[]>(kind, { type: list(int32), reduce: append, ...ttl });
    case 'folding':
      return new FoldingStateDescriptor<number, number[]>(kind, {
        type: list(int32),
        initialValue: [-1],
        fold: (accumulator, value) => append(accumulator, [value]),
        ...ttl,
      }) as never;
    case 'aggregating':
      return new AggregatingStateDescriptor<number, number[], number[]>(kind, {
        type: list(int32),
        aggregate: {
          createAccumulator: () => [],
          add: (value, accumulator) => append(accumulator, [value]),
          getResult: (accumulator) => [...accumulator],
          merge: append,
        },
        ...ttl,
      }) as never;
  }
}

function copyOf(entries: Entries): Entries {
  return new Map([...entries].map(([at, held]) => [at, held.map((one) => ({ ...one }))]));
}
