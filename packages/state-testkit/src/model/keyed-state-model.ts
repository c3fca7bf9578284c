// Random operations on the keyed state of an operator, beside a plain `Map` that says what must come out: over all sorts
// of state, with namespaces, snapshots that are written while operations go on, aborted ones, restores and rescales.
//
//   MO1. One seed, one run: operations happen where a snapshot yields, and nowhere by the clock.
//   MO2. A snapshot must hold what the model held at its freeze, at whatever parallelism it is restored.
//   MO3. What is restored and written again has the same digests, whether it was a full image or an increment, whether it
//        was touched meanwhile, and at whatever parallelism.
//   MO4. On backends with increments most runs take them, with bases, aborts and notifications as a coordinator has them.

import {
  assignToKeyGroup,
  computeKeyGroupRangeForOperatorIndex,
  int32,
  isStateError,
  type KeyGroupRange,
  type KeySerializer,
  string,
} from '@tidemark/state-core';
import {
  intersectKeyedStateHandle,
  type KeyedStateBackend,
  type KeyedStateHandle,
  type SnapshotContext,
  type SnapshotView,
  VOID_NAMESPACE,
  voidNamespaceSerializer,
} from '@tidemark/state-core/spi';
import { assertEqual, ConformanceFailure } from '../conformance/assertions.js';
import type { StateBackendHarness } from '../state-backend-cases/state-backend-harness.js';
import { ModelledCoordinator, type ModelledRequest } from './modelled-coordinator.js';
import { MERGING_STATES, type MergingModelledState, MODELLED_STATES, type ModelledState } from './modelled-states.js';
import { SeededRandom } from './seeded-random.js';

/** The size of a run. */
export interface KeyedStateModelOptions {
  /** Any integer; a failure names it. */
  readonly seed: number;
  /** Steps; each is a few operations, a snapshot or a restore. */
  readonly steps: number;
}

interface Subtask {
  readonly backend: KeyedStateBackend<number>;
  readonly range: KeyGroupRange;
}

interface Frozen {
  readonly request: ModelledRequest;
  readonly views: readonly SnapshotView<KeyedStateHandle>[];
  readonly contexts: readonly SnapshotContext[];
  readonly controllers: readonly AbortController[];
  readonly contents: Contents;
}

/** What every state holds, by state, namespace and key. */
type Contents = Map<string, unknown>;

const NAMESPACES = ['', 'a', 'b'] as const;

/** @throws ConformanceFailure that names the seed when the backend and the model come apart. */
export async function runKeyedStateModel(harness: StateBackendHarness, options: KeyedStateModelOptions): Promise<void> {
  try {
    await new KeyedStateModel(harness, new SeededRandom(options.seed)).run(options.steps);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ConformanceFailure(`seed ${options.seed}: ${message}`, undefined, undefined, error);
  }
}

class KeyedStateModel {
  private readonly numberOfKeyGroups: number;
  private readonly numberOfKeys: number;
  private readonly namespaced: ReadonlySet<ModelledState>;
  private contents: Contents = new Map();
  private subtasks: Subtask[] = [];
  private frozen: Frozen[] = [];
  private readonly coordinator: ModelledCoordinator<Contents>;

  constructor(
    private readonly harness: StateBackendHarness,
    private readonly random: SeededRandom,
  ) {
    // Few key groups make large tables, many make many small ones.
    this.numberOfKeyGroups = random.pick([1, 4, 16]);
    this.numberOfKeys = random.pick([5, 40, 150]);
    this.namespaced = new Set(MODELLED_STATES.filter(() => random.chance(0.5)));
    this.coordinator = new ModelledCoordinator(random, harness.backend.capabilities.incrementalSnapshots);
  }

  async run(steps: number): Promise<void> {
    await this.deploy([], undefined);
    for (let step = 0; step < steps; step++) {
      await this.step();
    }
    while (this.frozen.length > 0) await this.write(this.frozen.shift() as Frozen);
    this.compare(this.subtasks, this.contents, 'live');
  }

  private async step(): Promise<void> {
    const { random } = this;
    this.operate(random.below(60));
    if (random.chance(0.3) && this.frozen.length < this.harness.backend.capabilities.maxConcurrentSnapshots)
      this.freeze();
    if (random.chance(0.3) && this.frozen.length > 0) {
      const [chosen] = this.frozen.splice(random.below(this.frozen.length), 1);
      await this.write(chosen as Frozen);
    }
    if (random.chance(0.1)) this.compare(this.subtasks, this.contents, 'live');
  }

  private operate(count: number): void {
    const { random } = this;
    for (let index = 0; index < count; index++) {
      const modelled = random.pick(MODELLED_STATES);
      const key = random.below(this.numberOfKeys);
      const { backend } = this.subtaskOf(key);
      backend.setCurrentKey(key);
      if (this.namespaced.has(modelled) && MERGING_STATES.includes(modelled as never) && random.chance(0.1)) {
        this.merge(modelled as MergingModelledState, backend, key);
        continue;
      }
      const namespace = this.namespaced.has(modelled) ? random.pick(NAMESPACES) : '';
      const at = addressOf(modelled, namespace, key);
      const state = this.open(backend, modelled, namespace);
      this.hold(at, modelled.operate(state, this.contents.get(at), random));
    }
  }

  private merge(modelled: MergingModelledState, backend: KeyedStateBackend<number>, key: number): void {
    const target = this.random.pick(NAMESPACES);
    const sources = NAMESPACES.filter(() => this.random.chance(0.6));
    const state = this.open(backend, modelled, target) as unknown as {
      mergeNamespaces(target: string, sources: readonly string[]): void;
    };
    state.mergeNamespaces(target, sources);
    const targetFirst = sources.includes(target) || sources.length === 0 ? sources : [target, ...sources];
    const merged = modelled.merge(
      targetFirst.map((namespace) => this.contents.get(addressOf(modelled, namespace, key))),
    );
    if (sources.length === 0) return;
    for (const source of sources) this.contents.delete(addressOf(modelled, source, key));
    this.hold(addressOf(modelled, target, key), merged);
  }

  private hold(at: string, held: unknown): void {
    if (held === undefined) this.contents.delete(at);
    else this.contents.set(at, held);
  }

  private freeze(): void {
    const request = this.coordinator.request();
    const controllers = this.subtasks.map(() => new AbortController());
    const contexts = controllers.map((controller) => this.interleaved(controller, request));
    const views = this.subtasks.map(({ backend }, index) => backend.snapshot(contexts[index] as SnapshotContext));
    this.frozen.push({ request, views, contexts, controllers, contents: new Map(this.contents) });
  }

  /** A context whose writer yields often, and to which operations happen instead of other work. */
  private interleaved(controller: AbortController, request: ModelledRequest): SnapshotContext {
    const context = this.harness.snapshotContext({ signal: controller.signal, ...request });
    return {
      ...context,
      shouldYield: () => this.random.chance(0.4),
      yieldNow: async () => {
        this.operate(this.random.below(8));
        await Promise.resolve();
        controller.signal.throwIfAborted();
      },
    };
  }

  private async write(frozen: Frozen): Promise<void> {
    const { random } = this;
    const backends = this.subtasks.map(({ backend }) => backend);
    if (random.chance(0.15)) {
      await this.abandon(frozen);
      this.coordinator.abort(frozen.request.checkpointId, backends);
      return;
    }
    const handles: (KeyedStateHandle | undefined)[] = [];
    for (const view of frozen.views) handles.push((await view.write()).jobManagerOwned);
    const written = { request: frozen.request, handles, contents: frozen.contents };
    const isComplete = this.coordinator.complete(written, backends);
    await this.checkHandles(handles, frozen.contents);
    if (isComplete && random.chance(0.25)) {
      for (const other of this.frozen) for (const view of other.views) view.release();
      this.frozen = [];
      for (const { backend } of this.subtasks) await backend.close();
      this.contents = new Map(frozen.contents);
      this.coordinator.restored(written);
      await this.deploy(handles, frozen.request.checkpointId);
    }
  }

  private async abandon({ views, controllers }: Frozen): Promise<void> {
    for (const [index, view] of views.entries()) {
      if (this.random.chance(0.5)) {
        view.release();
        continue;
      }
      const writing = view.write();
      await Promise.resolve();
      controllers[index]?.abort();
      await writing.catch((error: unknown) => {
        if (!isStateError(error, 'checkpoint-aborted')) throw error;
      });
    }
  }

  private async checkHandles(handles: readonly (KeyedStateHandle | undefined)[], contents: Contents): Promise<void> {
    const restored = await this.make(1 + this.random.below(this.numberOfKeyGroups), handles);
    if (handles.every((handle) => handle === undefined || handle.digests !== undefined)) {
      const untouched = await this.savepoints(restored);
      assertEqual(digestsOf(untouched), digestsOf(handles), 'the digests of what was restored and written again');
    }
    this.compare(restored, contents, 'restored');
    const savepoints = await this.savepoints(restored);
    for (const { backend } of restored) await backend.close();
    const again = await this.make(1 + this.random.below(this.numberOfKeyGroups), savepoints);
    this.compare(again, contents, 'restored from the savepoint of what was restored');
    assertEqual(
      digestsOf(await this.savepoints(again)),
      digestsOf(savepoints),
      'the digests at another parallelism, touched',
    );
    for (const { backend } of again) await backend.close();
  }

  private async savepoints(subtasks: readonly Subtask[]): Promise<(KeyedStateHandle | undefined)[]> {
    const checkpointId = this.coordinator.nextId();
    return Promise.all(
      subtasks.map(({ backend }) => this.harness.snapshot(backend, { checkpointId, kind: 'savepoint' })),
    );
  }

  private compare(subtasks: readonly Subtask[], contents: Contents, what: string): void {
    for (const { backend, range } of subtasks) {
      for (let key = 0; key < this.numberOfKeys; key++) {
        if (!range.contains(assignToKeyGroup(key, int32, this.numberOfKeyGroups))) continue;
        backend.setCurrentKey(key);
        for (const modelled of MODELLED_STATES) this.compareState(backend, modelled, key, contents, what);
      }
    }
    const entries = subtasks.reduce((sum, { backend }) => sum + backend.numKeyValueStateEntries(), 0);
    assertEqual(entries, contents.size, `${what}: entries`);
  }

  private compareState(
    backend: KeyedStateBackend<number>,
    modelled: ModelledState,
    key: number,
    contents: Contents,
    what: string,
  ): void {
    const namespaces = this.namespaced.has(modelled) ? NAMESPACES : [''];
    for (const namespace of namespaces) {
      const at = addressOf(modelled, namespace, key);
      assertEqual(modelled.read(this.open(backend, modelled, namespace)), contents.get(at), `${what}: ${at}`);
    }
  }

  private async deploy(
    handles: readonly (KeyedStateHandle | undefined)[],
    checkpointId: number | undefined,
  ): Promise<void> {
    this.subtasks = await this.make(1 + this.random.below(Math.min(3, this.numberOfKeyGroups)), handles, checkpointId);
  }

  private async make(
    parallelism: number,
    handles: readonly (KeyedStateHandle | undefined)[],
    restoredCheckpointId?: number,
  ): Promise<Subtask[]> {
    const subtasks: Subtask[] = [];
    for (let index = 0; index < parallelism; index++) {
      const range = computeKeyGroupRangeForOperatorIndex(this.numberOfKeyGroups, parallelism, index);
      const restore = handles.map((handle) =>
        handle === undefined ? undefined : intersectKeyedStateHandle(handle, range),
      );
      const backend = await this.harness.createKeyed({
        numberOfKeyGroups: this.numberOfKeyGroups,
        keyGroupRange: range,
        restore,
        ...(restoredCheckpointId === undefined ? {} : { restoredCheckpointId }),
      });
      subtasks.push({ backend, range });
    }
    return subtasks;
  }

  private subtaskOf(key: number): Subtask {
    const keyGroup = assignToKeyGroup(key, int32, this.numberOfKeyGroups);
    return this.subtasks.find(({ range }) => range.contains(keyGroup)) as Subtask;
  }

  private open(backend: KeyedStateBackend<number>, modelled: ModelledState, namespace: string): never {
    const { descriptor } = modelled;
    return this.namespaced.has(modelled)
      ? (backend.getPartitionedState(namespace, string, descriptor) as never)
      : (backend.getPartitionedState(
          VOID_NAMESPACE,
          voidNamespaceSerializer as KeySerializer<typeof VOID_NAMESPACE>,
          descriptor,
        ) as never);
  }
}

function addressOf({ descriptor }: ModelledState, namespace: string, key: number): string {
  return `${descriptor.name}/${namespace}/${key}`;
}

/** Digests by state and key group, whatever the subtasks were; zeros are left out. */
function digestsOf(handles: readonly (KeyedStateHandle | undefined)[]): readonly string[] {
  const lines: string[] = [];
  for (const handle of handles) {
    for (const { stateName, digests } of handle?.digests ?? []) {
      for (let index = 0; index < digests.length; index += 8) {
        const digest = [...digests.subarray(index, index + 8)].join('.');
        const keyGroup = (handle?.keyGroupRange.first ?? 0) + index / 8;
        if (digest !== '0.0.0.0.0.0.0.0') lines.push(`${stateName} ${String(keyGroup).padStart(5, '0')} ${digest}`);
      }
    }
  }
  return lines.sort();
}
