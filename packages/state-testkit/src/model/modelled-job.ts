// The job of a model: subtasks with the key groups dealt out among them, snapshots on their way through freeze, write,
// acknowledgement and completion, restores at another parallelism. What the state is, is the model's.
//
//   MJ1. Operations happen where a snapshot yields, and nowhere by the clock: one seed, one run.
//   MJ2. A checkpoint refers to segments of its own and of the base that it was given, and to no others.
//   MJ3. What is restored and written again has the same digests, whether it was a full image or an increment, whether it
//        was touched meanwhile, and at whatever parallelism.

import { assignToKeyGroup, createKeyGroupPartitions, isStateError } from '@tidemark/state-core';
import type { KeyedStateBackend, KeyedStateHandle, SnapshotContext, SnapshotView } from '@tidemark/state-core/spi';
import { redistributeKeyedState } from '@tidemark/state-core/support';
import { assertEqual, assertTrue, thrownBy } from '../conformance/assertions.js';
import type { KeyedBackendOptions } from '../state-backend-cases/state-backend-harness.js';
import { MODELLED_KEYS, type ModelledKeys } from './model-keys.js';
import type { ModelContext } from './model-run.js';
import { ModelledCoordinator, type ModelledRequest, type WrittenSnapshot } from './modelled-coordinator.js';

/** One subtask. */
export type Subtask = KeyedStateBackend<unknown>;

/** What the job asks the model. @typeParam C - What the model says is in a snapshot. */
export interface ModelledProgram<C> {
  /** How backends are made. */
  readonly options: Partial<KeyedBackendOptions<unknown>>;
  /** What the state holds now; nothing that happens later changes it. */
  contents(): C;
  /** Does one operation at random. */
  operate(): void;
  /** Subtasks were made, of a snapshot that holds this. */
  deployed(subtasks: readonly Subtask[], contents: C | undefined): void;
  /** Whether what is read may be written anew: with another stamp. */
  readonly readingRenews?: boolean;
  /** @throws ConformanceFailure when the subtasks hold something else. */
  compare?(subtasks: readonly Subtask[], contents: C, what: string): void;
}

interface Frozen<C> {
  readonly request: ModelledRequest;
  readonly views: readonly SnapshotView<KeyedStateHandle>[];
  readonly controllers: readonly AbortController[];
  /** The segments of the base. */
  readonly known: ReadonlySet<string>;
  readonly contents: C;
}

type Handles = readonly (KeyedStateHandle | undefined)[];

const MAX_FROZEN = 4;

/** The job of one run. */
export class ModelledJob<C> {
  subtasks: readonly Subtask[] = [];
  readonly keys: ModelledKeys;
  readonly numberOfKeys: number;
  private readonly coordinator: ModelledCoordinator<C>;
  private frozen: Frozen<C>[] = [];
  private written: WrittenSnapshot<C>[] = [];

  constructor(
    private readonly context: ModelContext,
    private readonly program: ModelledProgram<C>,
  ) {
    const { random, configuration, harness } = context;
    this.keys = MODELLED_KEYS[configuration.keys];
    this.numberOfKeys = random.pick(configuration.numbersOfKeys);
    const canBeIncremental = configuration.isIncremental && harness.backend.capabilities.incrementalSnapshots;
    this.coordinator = new ModelledCoordinator(random, canBeIncremental);
  }

  /** Starts with nothing. */
  async start(): Promise<void> {
    this.subtasks = await this.make(this.parallelism(), [], undefined);
    this.program.deployed(this.subtasks, undefined);
  }

  /** Lets the snapshots on their way get on, one step; or restores. */
  async act(): Promise<void> {
    const { random } = this.context;
    const chosen = random.next();
    if (chosen < 0.28) this.freeze();
    else if (chosen < 0.6) await this.write();
    else if (chosen < 0.82) this.acknowledge();
    else if (chosen < 0.9) this.coordinator.deliver(this.subtasks);
    else await this.restore();
  }

  /** Writes and checks what is on its way. */
  async end(): Promise<void> {
    while (this.frozen.length > 0) await this.write();
  }

  /** The subtask of a key of the model. */
  subtaskOf(index: number): Subtask {
    const keyGroup = this.keyGroupOf(index);
    return this.subtasks.find(({ keyGroupRange }) => keyGroupRange.contains(keyGroup)) as Subtask;
  }

  /** The key group of a key of the model. */
  keyGroupOf(index: number): number {
    return assignToKeyGroup(this.keys.of(index), this.keys.serializer, this.context.configuration.numberOfKeyGroups);
  }

  private parallelism(): number {
    const { random, configuration } = this.context;
    return Math.min(random.pick(configuration.parallelisms), configuration.numberOfKeyGroups);
  }

  private freeze(): void {
    const { harness } = this.context;
    const { maxConcurrentSnapshots } = harness.backend.capabilities;
    if (this.frozen.length >= Math.min(MAX_FROZEN, maxConcurrentSnapshots)) {
      if (this.frozen.length === maxConcurrentSnapshots) this.freezeTooMany();
      return;
    }
    const request = this.coordinator.request();
    this.context.note(() => `freeze ${describe(request)}`);
    const controllers = this.subtasks.map(() => new AbortController());
    const views = this.subtasks.map((subtask, index) =>
      subtask.snapshot(this.interleaved(controllers[index] as AbortController, request)),
    );
    const known = this.coordinator.segmentsOf(request.base);
    this.frozen.push({ request, views, controllers, known, contents: this.program.contents() });
  }

  private freezeTooMany(): void {
    const [subtask] = this.subtasks as [Subtask];
    const context = this.context.harness.snapshotContext({ checkpointId: this.coordinator.nextId() });
    const error = thrownBy(() => subtask.snapshot(context), 'one snapshot too many at once');
    assertTrue(isStateError(error, 'too-many-concurrent-snapshots'), `one snapshot too many at once: ${error}`);
  }

  /** A context whose writer yields often, and to which operations happen instead of other work. */
  private interleaved(controller: AbortController, request: ModelledRequest): SnapshotContext {
    const { harness, random } = this.context;
    const { clock, scheduler } = this.program.options;
    const context = harness.snapshotContext({
      signal: controller.signal,
      ...(clock && { clock }),
      ...(scheduler && { scheduler }),
      ...request,
    });
    return {
      ...context,
      shouldYield: () => random.chance(0.3),
      yieldNow: async () => {
        for (let count = random.below(6); count > 0; count--) this.program.operate();
        await Promise.resolve();
        controller.signal.throwIfAborted();
      },
    };
  }

  private async write(): Promise<void> {
    const { random, note } = this.context;
    if (this.frozen.length === 0) return;
    const [frozen] = this.frozen.splice(random.below(this.frozen.length), 1) as [Frozen<C>];
    const { request, views, contents } = frozen;
    if (random.chance(0.15)) {
      note(() => `abandon ${request.checkpointId}`);
      await this.abandon(frozen);
      this.coordinator.abort(request.checkpointId, this.subtasks);
      return;
    }
    note(() => `write ${request.checkpointId}`);
    const results = random.chance(0.5)
      ? await Promise.all(views.map((view) => view.write()))
      : await inOrder(views, (view) => view.write());
    const handles = results.map(({ jobManagerOwned }) => jobManagerOwned);
    checkSegments(frozen, handles);
    const written = { request, handles, contents };
    this.written.push(written);
    if (this.program.compare !== undefined && random.chance(0.4)) await this.lookInto(written);
    if (random.chance(0.6)) this.acknowledge();
  }

  private async abandon({ views, controllers }: Frozen<C>): Promise<void> {
    for (const [index, view] of views.entries()) {
      if (this.context.random.chance(0.5)) {
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

  private acknowledge(): void {
    if (this.written.length === 0) return;
    const [written] = this.written.splice(this.context.random.below(this.written.length), 1) as never as [
      WrittenSnapshot<C>,
    ];
    this.context.note(() => `acknowledge ${written.request.checkpointId}`);
    this.coordinator.acknowledge(written, this.subtasks);
  }

  private async restore(): Promise<void> {
    const { random, note } = this.context;
    if (this.coordinator.retained.length === 0) return;
    const from = random.pick(this.coordinator.retained);
    const parallelism = this.parallelism();
    note(() => `restore ${from.request.checkpointId} by ${parallelism} subtasks`);
    for (const { views } of this.frozen) for (const view of views) view.release();
    this.frozen = [];
    this.written = [];
    await this.close(this.subtasks);
    this.coordinator.restored(from);
    this.subtasks = await this.make(parallelism, from.handles, from.request.checkpointId);
    this.program.deployed(this.subtasks, from.contents);
  }

  /** Restores a snapshot beside the job, twice, and holds it to what the model says (MJ3). */
  private async lookInto({ request, handles, contents }: WrittenSnapshot<C>): Promise<void> {
    const { random } = this.context;
    const compare = this.program.compare as NonNullable<ModelledProgram<C>['compare']>;
    const restored = await this.make(this.parallelism(), handles, undefined);
    const isUntouched = random.chance(0.5);
    const untouched = isUntouched ? await this.savepoint(restored) : undefined;
    if (untouched !== undefined && handles.every((handle) => handle === undefined || handle.digests !== undefined)) {
      assertSameDigests(untouched, handles, `${request.checkpointId} restored and written again`);
    }
    compare.call(this.program, restored, contents, `${request.checkpointId} restored`);
    const savepoint = await this.savepoint(restored);
    await this.close(restored);
    if (untouched !== undefined && !this.program.readingRenews) {
      assertSameDigests(savepoint, untouched, `${request.checkpointId} touched and written again`);
    }
    if (!random.chance(0.3)) return;
    const again = await this.make(this.parallelism(), savepoint, undefined);
    compare.call(this.program, again, contents, `${request.checkpointId} restored from a savepoint of it`);
    assertSameDigests(await this.savepoint(again), savepoint, `${request.checkpointId} at another parallelism`);
    await this.close(again);
  }

  private savepoint(subtasks: readonly Subtask[]): Promise<Handles> {
    const checkpointId = this.coordinator.nextId();
    return inOrder(subtasks, (subtask) =>
      this.context.harness.snapshot(subtask, { checkpointId, kind: 'savepoint', ...this.clocks() }),
    );
  }

  private clocks(): Pick<KeyedBackendOptions<unknown>, 'clock' | 'scheduler'> {
    const { clock, scheduler } = this.program.options;
    return { ...(clock && { clock }), ...(scheduler && { scheduler }) };
  }

  private make(parallelism: number, handles: Handles, restoredCheckpointId: number | undefined): Promise<Subtask[]> {
    const { harness, configuration, config } = this.context;
    const { numberOfKeyGroups } = configuration;
    const defined = handles.filter((handle) => handle !== undefined);
    return inOrder(createKeyGroupPartitions(numberOfKeyGroups, parallelism), (keyGroupRange) =>
      harness.createKeyed({
        ...this.program.options,
        config,
        keySerializer: this.keys.serializer,
        numberOfKeyGroups,
        keyGroupRange,
        restore: redistributeKeyedState(defined, keyGroupRange, numberOfKeyGroups),
        ...(restoredCheckpointId === undefined ? {} : { restoredCheckpointId }),
      }),
    );
  }

  private async close(subtasks: readonly Subtask[]): Promise<void> {
    for (const subtask of subtasks) await subtask.close();
  }
}

/** MJ2. */
function checkSegments<C>({ request: { checkpointId, base }, known }: Frozen<C>, handles: Handles): void {
  for (const handle of handles) {
    for (const segment of handle?.segments ?? []) {
      const isAllowed = segment.checkpointId === checkpointId || known.has(segment.uid);
      assertTrue(isAllowed, `${checkpointId} refers to a segment of ${segment.checkpointId}, its base is ${base}`);
    }
  }
}

async function inOrder<T, R>(elements: readonly T[], action: (element: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const element of elements) results.push(await action(element));
  return results;
}

function describe({ checkpointId, kind, sharing, base }: ModelledRequest): string {
  return `${kind} ${checkpointId} (${sharing}${base === undefined ? '' : `, base ${base}`})`;
}

function assertSameDigests(actual: Handles, expected: Handles, what: string): void {
  const [found, required] = [digestsOf(actual), digestsOf(expected)];
  assertEqual(without(found, required), without(required, found), `${what}: digests`);
}

function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const excluded = new Set(others);
  return lines.filter((line) => !excluded.has(line));
}

/** Digests by state and key group, whatever the subtasks were; zeros are left out. */
function digestsOf(handles: Handles): readonly string[] {
  const lines: string[] = [];
  for (const handle of handles) {
    for (const { stateName, digests } of handle?.digests ?? []) {
      for (let index = 0; index < digests.length; index += 8) {
        const digest = digests.subarray(index, index + 8).join('.');
        const keyGroup = (handle?.keyGroupRange.first ?? 0) + index / 8;
        if (digest !== '0.0.0.0.0.0.0.0') lines.push(`${stateName} ${String(keyGroup).padStart(5, '0')} ${digest}`);
      }
    }
  }
  return lines.sort();
}
