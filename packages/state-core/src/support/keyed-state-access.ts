// What a keyed backend is besides its entries: the current key, states and queues by name, the clocks that entries expire by,
// and the life of snapshots and of the backend itself.
//
// Owns: when a state is opened and when it is given again, when expired entries are looked for, which snapshots may run, and
// the order in which everything closes. Leaves to the backend how entries are kept: opening, listing, counting, freezing and
// writing them.
//
//   KA1. After close nothing is opened, listed or frozen any more.
//   KA2. A name gives one object as long as the backend is open. The state that was asked for last is found without a look-up.
//   KA3. Without any time to live, choosing a key costs nothing for it.
//   KA4. A snapshot writes the states and shows the clocks of its freeze, whatever is registered afterwards.
//   KA5. Close gives running snapshots up and waits for them; then the states go, then what the backend kept them in.

import { StateOptions } from '../config/state-options.js';
import type { KeyedStateHandle } from '../handle/keyed-state-handle.js';
import type { KeyGroupRange } from '../key-group/key-group-range.js';
import type { KeySerializer } from '../serialization/type-serializer.js';
import type { StateDescriptor, StateOf } from '../state/state-descriptor.js';
import type {
  KeyedStateBackend,
  KeyedStateOf,
  KeySelectionListener,
  StateMetrics,
} from '../state-backend/keyed-state-backend.js';
import type { KeyedStateBackendParameters } from '../state-backend/keyed-state-backend-parameters.js';
import type {
  KeyGroupedInternalPriorityQueue,
  PriorityQueueDescriptor,
  PriorityQueueElement,
} from '../state-backend/priority-queue.js';
import type { SnapshotContext, SnapshotResult, SnapshotView } from '../state-backend/snapshot-context.js';
import type { StateRestoreReport } from '../state-backend/state-restore-report.js';
import { AsyncSnapshotCallable } from './async-snapshot-callable.js';
import { CloseableRegistry } from './closeable-registry.js';
import { CurrentKey } from './keyed-current-key.js';
import type { KeyedSnapshotParameters } from './keyed-snapshot-writer.js';
import { type KeyedStateRegistration, KeyedStateRegistry } from './keyed-state-registry.js';
import { KeyedStateTracking } from './keyed-state-tracking.js';
import type { PriorityQueueRegistration } from './priority-queue-registration.js';
import type { RestoredKeyedState } from './restored-keyed-state.js';
import { tooManyConcurrentSnapshots } from './too-many-concurrent-snapshots.js';
import { TtlCleanup, type TtlCursor } from './ttl-cleanup.js';
import { type FrozenTtlTime, TtlClock } from './ttl-clock.js';
import type { TtlPolicy } from './ttl-policy.js';
import type { ValuePassingOptions } from './value-passing.js';

/** What a {@link KeyedStateAccess} is made of besides what every backend gets. */
export interface KeyedStateAccessOptions {
  /** For messages and snapshots. */
  readonly backendName: string;
  /** How many snapshots may be written at the same time: the capability `maxConcurrentSnapshots`. */
  readonly maxConcurrentSnapshots: number;
  /** What the backend begins with. */
  readonly restored: RestoredKeyedState;
}

/** A state as the backend has it. */
export interface OpenedKeyedState {
  readonly state: object;
  readonly tables: {
    /** To be called before every access, where it is there. */
    onAccess: (() => void) | undefined;
  };
}

/** What {@link FrozenKeyedState.write} is given: all that the entries are not needed for. */
export type FrozenStateParameters<K> = Omit<KeyedSnapshotParameters<K>, 'restored' | 'entries'> & {
  readonly ttlTime: FrozenTtlTime;
};

/** The entries of a snapshot between its freeze and its end. */
export interface FrozenKeyedState<K> {
  /** Called at most once. */
  write(parameters: FrozenStateParameters<K>): Promise<SnapshotResult<KeyedStateHandle>>;
  /** Called once, whatever became of the snapshot. */
  release(): void;
}

/**
 * A keyed backend whose entries are kept by the class that extends it.
 *
 * @typeParam K - Key.
 * @typeParam S - An opened state, with its tables.
 * @typeParam Q - An opened queue.
 */
export abstract class KeyedStateAccess<K, S extends OpenedKeyedState, Q extends object>
  implements KeyedStateBackend<K>
{
  readonly keySerializer: KeySerializer<K>;
  readonly numberOfKeyGroups: number;
  readonly keyGroupRange: KeyGroupRange;

  protected readonly parameters: KeyedStateBackendParameters<K>;
  protected readonly currentKey: CurrentKey<K>;
  protected readonly registry: KeyedStateRegistry;
  protected readonly restored: RestoredKeyedState;
  protected readonly passing: ValuePassingOptions;
  /** The states that were opened, by name. */
  protected readonly states: Map<string, S> = new Map();
  /** The queues that were opened, by name. */
  protected readonly queues: Map<string, Q> = new Map();
  /** Snapshots between their freeze and their end. */
  protected runningSnapshots = 0;

  private readonly backendName: string;
  private readonly maxConcurrentSnapshots: number;
  /** The states as the program gets them: the same objects unless their calls are tracked. */
  private readonly forProgram: Map<string, object> = new Map();
  private readonly snapshots: CloseableRegistry;
  private readonly tracking: KeyedStateTracking<K> | undefined;
  private readonly ttlClock: TtlClock;
  private readonly ttlCleanup: TtlCleanup;
  private hasTtl = false;
  private lastState: LastState | undefined = undefined;
  private closing: Promise<void> | undefined = undefined;

  /**
   * @throws StateError as {@link KeyedStateRegistry.declare} for the declared states, `key-serializer-incompatible`,
   * `config-value-invalid`.
   */
  protected constructor(parameters: KeyedStateBackendParameters<K>, options: KeyedStateAccessOptions) {
    const { keySerializer, numberOfKeyGroups, keyGroupRange, restoredCheckpointId, config } = parameters;
    const { clock, scheduler, ttlProcessingTimeMs = () => clock.nowMs() } = parameters;
    const { restored, backendName, maxConcurrentSnapshots } = options;
    this.parameters = parameters;
    this.backendName = backendName;
    this.maxConcurrentSnapshots = maxConcurrentSnapshots;
    this.restored = restored;
    this.keySerializer = keySerializer;
    this.numberOfKeyGroups = numberOfKeyGroups;
    this.keyGroupRange = keyGroupRange;
    this.currentKey = new CurrentKey(parameters);
    this.ttlClock = new TtlClock({
      processingTimeMs: ttlProcessingTimeMs,
      keyGroupRange,
      restored: restored.ttlClocks,
    });
    this.ttlCleanup = new TtlCleanup({ clock, scheduler, sample: () => this.ttlClock.sample() });
    this.registry = new KeyedStateRegistry({
      keySerializer: keySerializer as KeySerializer<unknown>,
      restored,
      restoredCheckpointId,
      ttlClock: this.ttlClock,
    });
    this.passing = {
      objectReuse: config.get(StateOptions.OBJECT_REUSE),
      checkMutation: config.get(StateOptions.CHECK_MUTATION),
    };
    this.tracking = KeyedStateTracking.from({ config, clock, keyContext: this.currentKey, keySerializer });
    this.snapshots = new CloseableRegistry({ description: `the keyed state of ${parameters.operatorIdentifier}` });
    for (const descriptor of parameters.declaredStates) this.registry.declare(descriptor);
  }

  /** Opens a state that is not open. */
  protected abstract openState(registration: KeyedStateRegistration): S;
  /** Opens a queue that is not open. */
  protected abstract openQueue(registration: PriorityQueueRegistration): Q;
  /** A walk over the entries of a state that removes expired ones. */
  protected abstract ttlCursorOf(opened: S, policy: TtlPolicy): TtlCursor;
  /** Freezes all entries, in constant time. */
  protected abstract freeze(context: SnapshotContext, ttlTime: FrozenTtlTime): FrozenKeyedState<K>;
  /** Ends what the backend does when the program is idle. */
  protected abstract stopIdleWork(): void;
  /** Lets go of what states and queues were kept in. The last thing that is called (KA5). */
  protected abstract letGo(): void | Promise<void>;

  abstract getKeys<N>(stateName: string, namespace: N): Iterable<K>;
  abstract getKeysAndNamespaces<N>(stateName: string): Iterable<readonly [key: K, namespace: N]>;
  abstract numKeyValueStateEntries(): number;
  abstract metrics(): StateMetrics;
  abstract notifyCheckpointAborted(checkpointId: number): void;

  // The base that a checkpoint names says what is needed no more: completion and replacement say nothing else (N4 of
  // snapshot-context.ts).
  notifyCheckpointComplete(_checkpointId: number): void {}
  notifyCheckpointSubsumed(_checkpointId: number): void {}

  get restoreReport(): StateRestoreReport {
    return this.registry.report();
  }

  setCurrentKey(key: K): void {
    this.currentKey.setCurrentKey(key);
  }

  getCurrentKey(): K | undefined {
    return this.currentKey.getCurrentKey();
  }

  clearCurrentKey(): void {
    this.currentKey.clearCurrentKey();
  }

  getCurrentKeyGroup(): number {
    return this.currentKey.getCurrentKeyGroup();
  }

  registerKeySelectionListener(listener: KeySelectionListener<K>): void {
    this.currentKey.registerKeySelectionListener(listener);
  }

  deregisterKeySelectionListener(listener: KeySelectionListener<K>): boolean {
    return this.currentKey.deregisterKeySelectionListener(listener);
  }

  getOrCreateKeyedState<N, D extends StateDescriptor>(
    namespaceSerializer: KeySerializer<N>,
    descriptor: D,
  ): KeyedStateOf<K, N, D> {
    this.currentKey.checkOpen();
    const registration = this.registry.register(namespaceSerializer as KeySerializer<unknown>, descriptor);
    const state = this.forProgram.get(registration.name) ?? this.open(registration);
    if (registration.ttl !== undefined) this.ttlCleanup.settingsChanged();
    return state as KeyedStateOf<K, N, D>;
  }

  getPartitionedState<N, D extends StateDescriptor>(
    namespace: N,
    namespaceSerializer: KeySerializer<N>,
    descriptor: D,
  ): KeyedStateOf<K, N, D> {
    const { lastState } = this;
    if (lastState?.descriptor === descriptor && lastState.namespaceSerializer === namespaceSerializer) {
      this.currentKey.checkOpen();
      lastState.state.setCurrentNamespace(namespace);
      return lastState.state as unknown as KeyedStateOf<K, N, D>;
    }
    const state = this.getOrCreateKeyedState(namespaceSerializer, descriptor);
    state.setCurrentNamespace(namespace);
    this.lastState = { descriptor, namespaceSerializer, state: state as unknown as LastState['state'] };
    return state;
  }

  applyToAllKeys<N, D extends StateDescriptor>(
    namespace: N,
    namespaceSerializer: KeySerializer<N>,
    descriptor: D,
    apply: (key: K, state: StateOf<D>) => void,
  ): void {
    const outerKey = this.currentKey.getCurrentKey();
    const state = this.getOrCreateKeyedState(namespaceSerializer, descriptor);
    // Collected first: the function may add and remove entries.
    const keys = [...this.getKeys(descriptor.name, namespace)];
    try {
      for (const key of keys) {
        this.currentKey.setCurrentKey(key);
        state.setCurrentNamespace(namespace);
        apply(key, state);
      }
    } finally {
      if (outerKey === undefined) this.currentKey.clearCurrentKey();
      else this.currentKey.setCurrentKey(outerKey);
    }
  }

  createPriorityQueue<N, P>(
    descriptor: PriorityQueueDescriptor<N, P>,
  ): KeyGroupedInternalPriorityQueue<PriorityQueueElement<K, N, P>> {
    this.currentKey.checkOpen();
    const registration = this.registry.registerPriorityQueue(descriptor as PriorityQueueDescriptor<unknown, unknown>);
    const queue = this.queues.get(registration.name) ?? this.openQueue(registration);
    this.queues.set(registration.name, queue);
    return queue as KeyGroupedInternalPriorityQueue<PriorityQueueElement<K, N, P>>;
  }

  advanceEventTime(timestampMs: number): void {
    this.currentKey.checkOpen();
    this.ttlClock.advanceEventTime(timestampMs);
  }

  snapshot(context: SnapshotContext): SnapshotView<KeyedStateHandle> {
    this.currentKey.checkOpen();
    const { clock, operatorIdentifier, random } = this.parameters;
    const { backendName, maxConcurrentSnapshots } = this;
    if (this.runningSnapshots >= maxConcurrentSnapshots) {
      throw tooManyConcurrentSnapshots(context.checkpointId, operatorIdentifier, maxConcurrentSnapshots);
    }
    const { registrations } = this.registry;
    const ttlTime = this.ttlClock.freeze();
    const frozen = this.freeze(context, ttlTime);
    this.runningSnapshots++;
    return new AsyncSnapshotCallable<KeyedStateHandle>({
      context,
      owner: this.snapshots,
      clock,
      call: (run) =>
        frozen.write({
          run,
          keySerializer: this.keySerializer,
          numberOfKeyGroups: this.numberOfKeyGroups,
          keyGroupRange: this.keyGroupRange,
          registrations,
          restampingOf: this.registry.restampingAsOf(registrations),
          rewritingOf: this.registry.rewritingAsOf(registrations),
          ttlTime,
          random,
          backendName,
        }),
      cleanup: () => {
        this.runningSnapshots--;
        frozen.release();
      },
    });
  }

  close(): Promise<void> {
    this.closing ??= this.closeOnce();
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The figures that every backend has. */
  protected figures(): StateMetrics {
    let expiredEntries = 0;
    for (const { ttl } of this.registry.registrations) expiredEntries += ttl?.expiredEntries ?? 0;
    return {
      registeredStates: this.registry.size,
      rawBytes: this.restored.sizeBytes,
      expiredEntries,
      runningSnapshots: this.runningSnapshots,
      ...this.tracking?.metrics(),
    };
  }

  /** The names of all states and queues: those that were restored, and those that were opened. */
  protected names(): ReadonlySet<string> {
    return new Set([...this.restored.states.keys(), ...this.states.keys(), ...this.queues.keys()]);
  }

  /** A stored key as it may be handed out. */
  protected keyForProgram(key: unknown): K {
    const { keySerializer } = this;
    return keySerializer.isImmutableType || this.passing.objectReuse ? (key as K) : keySerializer.copy(key as K);
  }

  private open(registration: KeyedStateRegistration): object {
    const { name, ttl } = registration;
    const opened = this.openState(registration);
    const forProgram = this.tracking?.track(opened.state, registration) ?? opened.state;
    this.states.set(name, opened);
    this.forProgram.set(name, forProgram);
    if (ttl !== undefined) this.cleanUp(opened, ttl);
    return forProgram;
  }

  private cleanUp(opened: S, policy: TtlPolicy): void {
    const { ttlClock, ttlCleanup } = this;
    ttlClock.sample();
    if (!this.hasTtl) {
      this.hasTtl = true;
      this.currentKey.registerKeySelectionListener(() => {
        ttlClock.sample();
        ttlCleanup.recordBegins();
      });
    }
    ttlCleanup.add({
      policy,
      createCursor: () => this.ttlCursorOf(opened, policy),
      setOnAccess: (onAccess) => {
        opened.tables.onAccess = onAccess;
      },
    });
  }

  private async closeOnce(): Promise<void> {
    this.currentKey.close();
    this.stopIdleWork();
    this.ttlCleanup.stop();
    this.lastState = undefined;
    await this.snapshots.close();
    this.states.clear();
    this.forProgram.clear();
    this.queues.clear();
    this.restored.clear();
    await this.letGo();
  }
}

interface LastState {
  readonly descriptor: StateDescriptor;
  readonly namespaceSerializer: unknown;
  readonly state: { setCurrentNamespace(namespace: unknown): void };
}
