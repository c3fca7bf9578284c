// Random operations on the keyed state of an operator, beside a plain `Map` that says what must come out: over all kinds
// of state, with namespaces, snapshots that are written while operations go on, aborted ones, restores and rescales.
// Nothing expires here: that is the model of time to live. But states have stamps, which the digests hold to.
//
//   MO1. A snapshot must hold what the model held at its freeze, at whatever parallelism it is restored.
//   MO2. Enumerations give the keys and namespaces that hold something, each once.

import { StateTtlConfig } from '@tidemark/state-core';
import { assertEqual } from '../conformance/assertions.js';
import { ManualClock } from '../fault/manual-clock.js';
import { ManualScheduler } from '../fault/manual-scheduler.js';
import { MODELLED_NAMESPACES, type ModelledNamespaces } from './model-keys.js';
import type { ModelContext, ModelRun } from './model-run.js';
import { ModelledJob, type ModelledProgram, type Subtask } from './modelled-job.js';
import { createModelledStates, type ModelledState } from './modelled-states.js';

/** What every state holds, by state, namespace and key. What is in it is never changed, only replaced. */
type Contents = Map<string, unknown>;

/** Longer than any run. */
const TTL_MS = 1_000_000_000;

/** A run of the exact model. */
export class KeyedStateModel implements ModelRun, ModelledProgram<Contents> {
  private readonly clock: ManualClock = new ManualClock(1000);
  readonly options: ModelledProgram<Contents>['options'] = {
    clock: this.clock,
    scheduler: new ManualScheduler(this.clock),
  };
  private readonly job: ModelledJob<Contents>;
  private readonly states: readonly ModelledState[];
  private readonly namespaces: ReadonlyMap<ModelledState, ModelledNamespaces>;
  private readonly mergeChance: number;
  private held: Contents = new Map();
  private markMs = 1000;
  /** What the operation before was about: much goes wrong only where several meet. */
  private before: { readonly modelled: ModelledState; readonly index: number } | undefined = undefined;

  constructor(private readonly context: ModelContext) {
    const { random, configuration } = context;
    this.job = new ModelledJob(context, this);
    this.mergeChance = random.pick([0.05, 0.15, 0.5]);
    this.states = createModelledStates({ isReusing: context.isReusing, ttlOf: () => this.randomTtl() });
    this.namespaces = new Map(
      this.states.map((state) => {
        const kind = configuration.hasNamespaces ? random.pick(['void', 'string', 'int32', 'window'] as const) : 'void';
        return [state, MODELLED_NAMESPACES[kind]];
      }),
    );
  }

  get readingRenews(): boolean {
    return this.states.some(({ descriptor }) => descriptor.ttl.updateType === 'OnReadAndWrite');
  }

  start(): Promise<void> {
    return this.job.start();
  }

  async act(): Promise<void> {
    const { random } = this.context;
    const chosen = random.next();
    if (chosen < 0.8) this.operate();
    else if (chosen < 0.95) await this.job.act();
    else if (chosen < 0.965) this.compare(this.job.subtasks, this.held, 'live');
    else this.passTime();
  }

  async end(): Promise<void> {
    await this.job.end();
    this.compare(this.job.subtasks, this.held, 'live');
  }

  contents(): Contents {
    return new Map(this.held);
  }

  deployed(subtasks: readonly Subtask[], contents: Contents | undefined): void {
    this.held = new Map(contents);
    // Event time begins before anything is written: what is written earlier has no exact stamp.
    for (const subtask of subtasks) subtask.advanceEventTime?.(this.markMs);
  }

  operate(): void {
    const { random, note } = this.context;
    const isAgain = random.chance(0.4);
    const fresh = { modelled: random.pick(this.states), index: random.below(this.job.numberOfKeys) };
    const { modelled, index } = (isAgain ? this.before : undefined) ?? fresh;
    this.before = { modelled, index };
    const namespaces = this.namespacesOf(modelled).all;
    const subtask = this.job.subtaskOf(index);
    subtask.setCurrentKey(this.job.keys.of(index));
    if (namespaces.length > 1 && modelled.merge !== undefined && random.chance(this.mergeChance)) {
      this.merge(modelled as Required<ModelledState>, subtask, index);
      return;
    }
    const namespace = random.below(namespaces.length);
    const at = addressOf(modelled, namespace, index);
    note(() => `change ${at} from ${JSON.stringify(this.held.get(at))}`);
    const after = modelled.operate(this.open(subtask, modelled, namespace), this.held.get(at), random);
    note(() => `       ${at} to   ${JSON.stringify(after)}`);
    this.hold(at, after);
  }

  compare(subtasks: readonly Subtask[], contents: Contents, what: string): void {
    const { numberOfKeys, keys } = this.job;
    for (let index = 0; index < numberOfKeys; index++) {
      const key = keys.of(index);
      const subtask = this.ownerOf(subtasks, index);
      subtask.setCurrentKey(key);
      for (const modelled of this.states) {
        for (let namespace = 0; namespace < this.namespacesOf(modelled).all.length; namespace++) {
          const at = addressOf(modelled, namespace, index);
          assertEqual(modelled.read(this.open(subtask, modelled, namespace)), contents.get(at), `${what}: ${at}`);
        }
      }
    }
    const entries = subtasks.reduce((sum, subtask) => sum + subtask.numKeyValueStateEntries(), 0);
    assertEqual(entries, this.numberOfEntries(contents), `${what}: entries`);
    this.compareKeys(subtasks, this.context.random.pick(this.states), contents, what);
  }

  private compareKeys(subtasks: readonly Subtask[], modelled: ModelledState, contents: Contents, what: string): void {
    const { name } = modelled.descriptor;
    const found = subtasks.flatMap((subtask) => [...subtask.getKeysAndNamespaces(name)].map((one) => show(one)));
    const expected: string[] = [];
    for (let index = 0; index < this.job.numberOfKeys; index++) {
      for (const [namespace, value] of this.namespacesOf(modelled).all.entries()) {
        if (contents.has(addressOf(modelled, namespace, index))) expected.push(show([this.job.keys.of(index), value]));
      }
    }
    assertEqual(found.sort(), expected.sort(), `${what}: keys and namespaces of ${name}`);
  }

  private ownerOf(subtasks: readonly Subtask[], index: number): Subtask {
    const keyGroup = this.job.keyGroupOf(index);
    return subtasks.find(({ keyGroupRange }) => keyGroupRange.contains(keyGroup)) as Subtask;
  }

  private numberOfEntries(contents: Contents): number {
    if (!this.context.countsMapEntries) return contents.size;
    let entries = 0;
    for (const [at, held] of contents) entries += at.startsWith('map/') ? (held as unknown[]).length : 1;
    return entries;
  }

  private merge(modelled: Required<ModelledState>, subtask: Subtask, index: number): void {
    const { random, note } = this.context;
    const { all } = this.namespacesOf(modelled);
    const target = random.below(all.length);
    const sources = [...all.keys()].filter(() => random.chance(0.6));
    note(() => `merge ${modelled.descriptor.name}/${sources}/${index} into ${target}`);
    const state = this.open(subtask, modelled, target) as unknown as {
      mergeNamespaces(target: unknown, sources: readonly unknown[]): void;
    };
    state.mergeNamespaces(
      all[target],
      sources.map((source) => all[source]),
    );
    if (sources.length === 0) return;
    const targetFirst = sources.includes(target) ? sources : [target, ...sources];
    const merged = modelled.merge(targetFirst.map((source) => this.held.get(addressOf(modelled, source, index))));
    for (const source of sources) this.held.delete(addressOf(modelled, source, index));
    this.hold(addressOf(modelled, target, index), merged);
  }

  private hold(at: string, held: unknown): void {
    if (held === undefined) this.held.delete(at);
    else this.held.set(at, held);
  }

  private passTime(): void {
    this.clock.advance(this.context.random.below(1000));
    this.markMs += this.context.random.below(1000);
    for (const subtask of this.job.subtasks) subtask.advanceEventTime?.(this.markMs);
  }

  private randomTtl(): StateTtlConfig | undefined {
    const { random, configuration } = this.context;
    const { clocks } = configuration;
    if (clocks === 'none' || random.chance(0.3)) return undefined;
    return StateTtlConfig.of({
      ttlMs: TTL_MS,
      updateType: random.pick(['OnCreateAndWrite', 'OnReadAndWrite']),
      timeCharacteristic: clocks === 'both' ? random.pick(['ProcessingTime', 'EventTime']) : clocks,
      cleanupFullSnapshot: random.chance(0.3),
    });
  }

  private namespacesOf(modelled: ModelledState): ModelledNamespaces {
    return this.namespaces.get(modelled) as ModelledNamespaces;
  }

  private open(subtask: Subtask, modelled: ModelledState, namespace: number): never {
    const { serializer, all } = this.namespacesOf(modelled);
    return subtask.getPartitionedState(all[namespace], serializer, modelled.descriptor) as never;
  }
}

function addressOf({ descriptor }: ModelledState, namespace: number, index: number): string {
  return `${descriptor.name}/${namespace}/${index}`;
}

function show(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
