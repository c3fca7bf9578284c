// Queues over a keyed store where it is difficult: more elements than stay in memory, keys that are longer than the store takes
// and begin alike, stores that fail now and then, snapshots that make everything clean. Beside a plain array, from seeds.

import { testRuns } from '@tidemark/config/test-runs';
import { int32, isStateError, StateError, safeInteger, string } from '@tidemark/state-core';
import {
  type KeyedStateBackend,
  type KeyedStoreEntry,
  type PriorityQueueElement,
  serializeKeyToBytes,
} from '@tidemark/state-core/spi';
import { storedStateBackend } from '@tidemark/state-core/support';
import { describe, expect, it } from 'vitest';
import { MemoryKeyedStore, type MemoryKeyedStoreOptions, SeededRandom, StateBackendHarness } from '../../src/index.js';
import { queueOf } from '../../src/state-backend-cases/timers.js';

type Element = PriorityQueueElement<string, number, number>;

const descriptor = { name: 'timers', namespace: int32, priority: safeInteger };

interface Setting {
  readonly cacheBytes: number;
  readonly pathBytesMax?: number;
  readonly queuesIn?: 'store' | 'heap';
  readonly failing?: boolean;
}

const settings: readonly Setting[] = [
  { cacheBytes: 0 },
  { cacheBytes: 20_000 },
  { cacheBytes: 0, pathBytesMax: 64 },
  { cacheBytes: 20_000, pathBytesMax: 64 },
  { cacheBytes: 20_000, pathBytesMax: 64, queuesIn: 'heap' },
  { cacheBytes: 1_000_000, pathBytesMax: 64 },
  { cacheBytes: 20_000, pathBytesMax: 64, failing: true },
  { cacheBytes: 0, failing: true },
];

/** Text whose order is that of the queue. */
function orderOf({ key, namespace, priority }: Element): string {
  const parts = [
    serializeKeyToBytes(safeInteger, priority),
    serializeKeyToBytes(string, key),
    serializeKeyToBytes(int32, namespace),
  ];
  return Buffer.concat(parts).toString('latin1');
}

/** Fails to read and to write as often as it is told to. */
class FailingStore extends MemoryKeyedStore {
  constructor(
    options: MemoryKeyedStoreOptions,
    private readonly fails: () => boolean,
  ) {
    super({ ...options, failPut: fails });
  }

  override scan(...call: Parameters<MemoryKeyedStore['scan']>): readonly KeyedStoreEntry[] {
    if (this.fails()) throw new StateError('storage-no-space', 'not now');
    return super.scan(...call);
  }
}

class Model {
  private readonly held: Map<string, Element> = new Map();
  private readonly random: SeededRandom;
  private harness: StateBackendHarness;
  private backend!: KeyedStateBackend<string>;
  private isFailing = false;
  private checkpointId = 0;

  constructor(
    seed: number,
    private readonly setting: Setting,
  ) {
    this.random = new SeededRandom(seed);
    const { pathBytesMax, ...options } = setting;
    const fails = (): boolean => this.isFailing && this.random.chance(0.3);
    this.harness = new StateBackendHarness(
      storedStateBackend({
        name: 'stored',
        openStore: () =>
          new FailingStore({ strict: true, ...(pathBytesMax === undefined ? {} : { pathBytesMax }) }, fails),
        ...options,
      }),
    );
  }

  async run(steps: number): Promise<void> {
    this.backend = await this.create(undefined);
    const growth = this.random.pick([0.5, 0.7]);
    for (let step = 0; step < steps; step++) {
      const shrinking = step % 800 > 600;
      for (let count = 0; count < 5; count++) this.operate(shrinking ? 0.25 : growth);
      if (this.random.chance(0.01)) this.compare();
      if (this.random.chance(0.02)) await this.snapshot(this.random.chance(0.3));
    }
    this.compare();
    await this.snapshot(true);
    for (const expected of this.sorted()) expect(this.queue().poll()).toEqual(expected);
    expect(this.queue().poll()).toBeUndefined();
    await this.harness.close();
  }

  private queue(): ReturnType<typeof queueOf<string, number, number>> {
    return queueOf(this.backend, descriptor);
  }

  private create(handle: Awaited<ReturnType<StateBackendHarness['snapshot']>>): Promise<KeyedStateBackend<string>> {
    return this.harness.createKeyed<string>({ keySerializer: string, numberOfKeyGroups: 2, restore: [handle] });
  }

  private operate(growth: number): void {
    const { random, held } = this;
    const queue = this.queue();
    const chosen = random.next();
    const sorted = (): Element | undefined => this.first();
    if (chosen < growth) {
      const added = this.element();
      const order = orderOf(added);
      const first = sorted();
      const expected = !held.has(order) && (first === undefined || order < orderOf(first));
      this.tried(
        () => expect(queue.add(added)).toBe(expected),
        () => held.set(order, added),
      );
    } else if (chosen < 0.85) {
      const first = sorted();
      this.tried(
        () => expect(queue.poll()).toEqual(first),
        () => first && held.delete(orderOf(first)),
      );
    } else if (chosen < 0.95) {
      const removed = held.size > 0 && random.chance(0.8) ? random.pick([...held.values()]) : this.element();
      const order = orderOf(removed);
      const first = sorted();
      this.tried(
        () => expect(queue.remove({ ...removed })).toBe(first !== undefined && order === orderOf(first)),
        () => held.delete(order),
      );
    } else {
      expect(queue.peek()).toEqual(sorted());
      expect(queue.size).toBe(held.size);
    }
  }

  /** What a call changes happens wholly or not at all. */
  private tried(call: () => void, happens: () => void): void {
    this.isFailing = this.setting.failing === true;
    try {
      call();
    } catch (error) {
      this.isFailing = false;
      if (!isStateError(error, 'storage-no-space')) throw error;
      expect(this.queue().size).toBe(this.held.size);
      expect(this.queue().peek()).toEqual(this.first());
      return;
    }
    this.isFailing = false;
    happens();
  }

  private first(): Element | undefined {
    let least: string | undefined;
    for (const order of this.held.keys()) if (least === undefined || order < least) least = order;
    return least === undefined ? undefined : this.held.get(least);
  }

  private sorted(): Element[] {
    return [...this.held].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, element]) => element);
  }

  private compare(): void {
    const walked = [...this.queue()].map(orderOf).sort();
    expect(walked).toEqual([...this.held.keys()].sort());
  }

  private async snapshot(isRestored: boolean): Promise<void> {
    const base = this.checkpointId;
    const handle = await this.harness.snapshot(this.backend, {
      checkpointId: ++this.checkpointId,
      ...(base === 0 ? { sharing: 'forward' } : { sharing: 'forward-backward', base }),
    });
    if (!isRestored) return;
    await this.backend.close();
    this.backend = await this.create(handle);
    this.checkpointId = 0;
  }

  private element(): Element {
    const { random } = this;
    const beginning = random.pick(['', 'x', 'y'.repeat(30), 'z'.repeat(45), 'z'.repeat(60)]);
    const key = beginning + random.below(40).toString(36) + random.pick(['', '-'.repeat(20)]);
    return { key, namespace: random.below(2), priority: random.below(4) };
  }
}

describe('queues over a keyed store', () => {
  for (const setting of settings) {
    it(`keep the order of the one array with ${JSON.stringify(setting)}`, async () => {
      for (let seed = 1; seed <= testRuns(3); seed++) {
        try {
          await new Model(seed, setting).run(900);
        } catch (error) {
          if (error instanceof Error) error.message = `seed ${seed}: ${error.message}`;
          throw error;
        }
      }
    }, 600_000);
  }
});
