// What cases about time to live work with: a backend under a clock of their own, and restarts on the way.
//
//   TD1. Time stands still until the case moves it; nothing happens in the background unless the case lets time pass.

import { type KeySerializer, type StateDescriptor, string } from '@tidemark/state-core';
import type { KeyedStateBackend, KeyedStateHandle, KeyedStateOf } from '@tidemark/state-core/spi';
import { ManualClock } from '../fault/manual-clock.js';
import { ManualScheduler } from '../fault/manual-scheduler.js';
import { type KeyedBackendOptions, plainState, type StateBackendHarness } from './state-backend-harness.js';

/** The life time in all cases, in milliseconds. */
export const TTL_MS: number = 100;

/** A backend under a manual clock. */
export class TtlDrill {
  readonly clock: ManualClock = new ManualClock();
  readonly scheduler: ManualScheduler = new ManualScheduler(this.clock);
  readonly harness: StateBackendHarness;
  private current: KeyedStateBackend<number> | undefined;
  private key = 1;

  private constructor(harness: StateBackendHarness) {
    this.harness = harness;
  }

  /** Begins with an empty backend at time 0. */
  static async begin(harness: StateBackendHarness, options: KeyedBackendOptions<number> = {}): Promise<TtlDrill> {
    const drill = new TtlDrill(harness);
    await drill.restoreFrom(undefined, options);
    return drill;
  }

  get backend(): KeyedStateBackend<number> {
    return this.current as KeyedStateBackend<number>;
  }

  /** Goes to a time, forwards or back, with the same key. */
  at(timeMs: number): this {
    this.clock.setMs(timeMs);
    return this.withKey(this.key);
  }

  withKey(key: number): this {
    this.key = key;
    this.backend.setCurrentKey(key);
    return this;
  }

  /** The state of a descriptor in the void namespace. */
  state<D extends StateDescriptor>(descriptor: D): KeyedStateOf<number, unknown, D> {
    return plainState(this.backend, descriptor);
  }

  /** The state of a descriptor in a namespace. */
  stateIn<D extends StateDescriptor>(namespace: string, descriptor: D): KeyedStateOf<number, string, D> {
    return this.backend.getPartitionedState(namespace, string as KeySerializer<string>, descriptor);
  }

  /** How many entries there are, expired ones included. */
  get entries(): number {
    return this.backend.numKeyValueStateEntries();
  }

  snapshot(): Promise<KeyedStateHandle | undefined> {
    return this.harness.snapshot(this.backend, { clock: this.clock, scheduler: this.scheduler });
  }

  /** Closes the backend and makes another from a snapshot. */
  async restoreFrom(handle: KeyedStateHandle | undefined, options: KeyedBackendOptions<number> = {}): Promise<void> {
    await this.current?.close();
    const { clock, scheduler } = this;
    this.current = await this.harness.createKeyed<number>({ clock, scheduler, restore: [handle], ...options });
    this.current.setCurrentKey(this.key);
  }

  /** Snapshot, close, restore. */
  async restart(options: KeyedBackendOptions<number> = {}): Promise<void> {
    await this.restoreFrom(await this.snapshot(), options);
  }
}
