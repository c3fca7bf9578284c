// Snapshots that bring every stored value to the schema of today (`rewriteSchemas`).

import {
  ListStateDescriptor,
  MapStateDescriptor,
  type StateDescriptor,
  StateTtlConfig,
  string,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import type { KeyedStateBackend, KeyedStateHandle } from '@tidemark/state-core/spi';
import { openSegmentReader, type SnapshotContextOptions } from '@tidemark/state-core/support';
import { assertEqual, assertRejects } from '../conformance/assertions.js';
import { type Evolution, EvolvingSerializer } from '../serializers/evolving-serializer.js';
import { IncrementalChain, range, underKeys } from './incremental-chain.js';
import { neverIdle } from './never-idle.js';
import type { StateBackendCase } from './state-backend-case.js';
import { plainState, type StateBackendHarness } from './state-backend-harness.js';

const KEYS = range(0, 60);

/** The program as it is when its type is at a version. */
class Program {
  readonly type: EvolvingSerializer;
  readonly texts: ValueStateDescriptor<string>;
  readonly kept: ValueStateDescriptor<string>;
  readonly lists: ListStateDescriptor<string>;
  readonly maps: MapStateDescriptor<string, string>;

  constructor(evolution: Evolution, ttl: StateTtlConfig | undefined = undefined) {
    this.type = new EvolvingSerializer(evolution);
    const { type } = this;
    this.texts = new ValueStateDescriptor('texts', { type });
    this.kept = new ValueStateDescriptor('kept', { type, ...(ttl === undefined ? {} : { ttl }) });
    this.lists = new ListStateDescriptor('lists', { type });
    this.maps = new MapStateDescriptor('maps', { key: string, value: type });
  }

  get states(): readonly StateDescriptor[] {
    return [this.texts, this.kept, this.lists, this.maps];
  }
}

function fill(backend: KeyedStateBackend<number>, { texts, kept, lists, maps }: Program): void {
  underKeys(backend, texts, KEYS, (state, key) => state.update(`text ${key}`));
  underKeys(backend, kept, KEYS, (state, key) => state.update(`kept ${key}`));
  underKeys(backend, lists, KEYS, (state, key) => state.update([`first of ${key}`, `second of ${key}`]));
  underKeys(backend, maps, KEYS, (state, key) =>
    state.putAll([
      ['a', `a of ${key}`],
      ['b', `b of ${key}`],
    ]),
  );
}

/** Everything that the backend holds. */
function contentOf(backend: KeyedStateBackend<number>, { texts, kept, lists, maps }: Program): unknown[] {
  const content: unknown[] = [];
  underKeys(backend, texts, KEYS, (state) => content.push(state.value()));
  underKeys(backend, kept, KEYS, (state) => content.push(state.value()));
  underKeys(backend, lists, KEYS, (state) => content.push([...state.get()]));
  underKeys(backend, maps, KEYS, (state) => content.push([...state.entries()].sort()));
  return content;
}

/** The types that the segments of a snapshot name for each state, in words. */
async function storedTypes(
  harness: StateBackendHarness,
  handle: KeyedStateHandle | undefined,
): Promise<Record<string, string>> {
  const types = new Map<string, Set<string>>();
  for (const reference of handle?.segments ?? []) {
    const reader = await openSegmentReader(await harness.streams.openInput(reference.stream), reference);
    for (const { name, value } of reader.header.states)
      types.set(name, (types.get(name) ?? new Set()).add(String(value.parameters?.['evolution'])));
    await reader.close();
  }
  return Object.fromEntries([...types].map(([name, versions]) => [name, [...versions].sort().join()]));
}

async function rewritten(
  harness: StateBackendHarness,
  backend: KeyedStateBackend<number>,
  options: Partial<SnapshotContextOptions> = {},
): Promise<{ handle: KeyedStateHandle | undefined; notRewritten: readonly string[] | undefined }> {
  const context = harness.snapshotContext({ kind: 'savepoint', ...options, rewriteSchemas: true });
  const { jobManagerOwned, notRewritten } = await backend.snapshot(context).write();
  return { handle: jobManagerOwned, notRewritten };
}

/** A backend of the program that was restored from a snapshot and has decoded nothing. */
function restored(
  harness: StateBackendHarness,
  handle: KeyedStateHandle | undefined,
  declaredStates: readonly StateDescriptor[],
): Promise<KeyedStateBackend<number>> {
  return harness.createKeyed({ restore: [handle], declaredStates, scheduler: neverIdle });
}

const ALL_MIGRATED = { texts: 'migrates', kept: 'migrates', lists: 'migrates', maps: 'migrates' };

/** Cases about snapshots that rewrite schemas. */
export const rewrittenSchemaCases: readonly StateBackendCase[] = [
  {
    id: 'REWRITE-01',
    title: 'every value is brought to the type of today, used or not; restoring it migrates nothing',
    async run(harness) {
      const old = new Program('original');
      const first = await harness.createKeyed();
      fill(first, old);
      const handle = await harness.snapshot(first);

      const now = new Program('migrates');
      const second = await restored(harness, handle, now.states);
      // One key of one state is used, one state is asked for and not used, two are declared and nothing else.
      underKeys(second, now.texts, [7], (state) => state.update('new'));
      plainState(second, now.lists);
      const carried = await storedTypes(harness, await harness.snapshot(second, { kind: 'savepoint' }));
      assertEqual(carried['kept'], 'original', 'the type of what is carried along otherwise');
      const { handle: savepoint, notRewritten } = await rewritten(harness, second);
      assertEqual(notRewritten, [], 'the states that were not rewritten');
      assertEqual(await storedTypes(harness, savepoint), ALL_MIGRATED, 'the types in the savepoint');

      const later = new Program('migrates');
      const third = await restored(harness, savepoint, later.states);
      assertEqual(contentOf(third, later), contentOf(second, now), 'what is restored');
      assertEqual(later.type.migrated, 0, 'values that were migrated at the restore');
      const again = await harness.snapshot(third);
      assertEqual(
        again?.kind === 'key-groups' ? again.digests : [],
        digestsOf(savepoint),
        'the digests of what was read',
      );
    },
  },
  {
    id: 'REWRITE-02',
    title: 'lists whose elements go through three types keep their order',
    requires: ['incrementalSnapshots'],
    async run(harness) {
      const versions = (['original', 'migrates', 'migrates-again'] as const).map((version) => new Program(version));
      const [one, two, three] = versions as [Program, Program, Program];
      const first = new IncrementalChain(harness, await harness.createKeyed());
      underKeys(first.backend, one.lists, KEYS, (state, key) => state.update([`1 of ${key}`]));
      const oldest = await first.take();
      const second = new IncrementalChain(harness, await first.restore(oldest, 1), 1);
      underKeys(second.backend, two.lists, range(0, 40), (state, key) => state.add(`2 of ${key}`));
      const older = await second.take(1);
      const third = new IncrementalChain(harness, await second.restore(older, 2), 2);
      underKeys(third.backend, three.lists, range(0, 20), (state, key) => state.add(`3 of ${key}`));
      const newest = await third.take(2);
      const backend = await restored(harness, newest, [three.lists]);
      const { handle } = await rewritten(harness, backend);
      assertEqual(await storedTypes(harness, handle), { lists: 'migrates-again' }, 'the types in the savepoint');
      const later = new Program('migrates-again');
      underKeys(await restored(harness, handle, [later.lists]), later.lists, KEYS, (state, key) => {
        const expected = [`1 of ${key}`, ...(key < 40 ? [`2 of ${key}`] : []), ...(key < 20 ? [`3 of ${key}`] : [])];
        assertEqual([...state.get()], expected, `the list of ${key}`);
      });
      assertEqual(later.type.migrated, 0, 'values that were migrated at the restore');
    },
  },
  {
    id: 'REWRITE-03',
    title: 'what the program does not know stays as it was written and is named',
    async run(harness) {
      const old = new Program('original');
      const first = await harness.createKeyed();
      fill(first, old);
      const now = new Program('migrates');
      const second = await restored(harness, await harness.snapshot(first), [now.texts, now.lists]);
      const { handle, notRewritten } = await rewritten(harness, second);
      assertEqual(notRewritten, ['kept', 'maps'], 'the states that were not rewritten');
      assertEqual(
        await storedTypes(harness, handle),
        { ...ALL_MIGRATED, kept: 'original', maps: 'original' },
        'the types in the savepoint',
      );
      const third = await restored(harness, handle, now.states);
      assertEqual(contentOf(third, now), contentOf(first, old), 'what is restored');
    },
  },
  {
    id: 'REWRITE-04',
    title: 'a checkpoint that rewrites is whole, whatever its base, and the next builds on it',
    requires: ['incrementalSnapshots'],
    async run(harness) {
      const old = new Program('original');
      const first = new IncrementalChain(harness, await harness.createKeyed());
      fill(first.backend, old);
      const oldest = await first.take();
      const now = new Program('migrates');
      const second = new IncrementalChain(harness, await first.restore(oldest, 1), 1);
      underKeys(second.backend, now.texts, KEYS, (state, key) => state.update(`new ${key}`));
      for (const descriptor of now.states) plainState(second.backend, descriptor);
      await second.take(1);
      const context = harness.snapshotContext({ ...second.next(2), rewriteSchemas: true });
      const whole = (await second.backend.snapshot(context).write()).jobManagerOwned;
      assertEqual(
        whole?.segments.map(({ checkpointId }) => checkpointId),
        [3],
        'the checkpoints it consists of',
      );
      assertEqual(await storedTypes(harness, whole), ALL_MIGRATED, 'the types in the checkpoint');
      underKeys(second.backend, now.texts, [1], (state) => state.update('newest'));
      const increment = await second.take(3);
      assertEqual(increment.baseCheckpointId, 3, 'the base of the next');
      const later = new Program('migrates');
      const third = await second.restore(increment);
      assertEqual(contentOf(third, later), contentOf(second.backend, now), 'what is restored');
      assertEqual(later.type.migrated, 0, 'values that were migrated at the restore');
    },
  },
  {
    id: 'REWRITE-05',
    title: 'time stamps come with the values: of a state that gets a time to live, or loses it, in the same snapshot',
    async run(harness) {
      const ttl = StateTtlConfig.of({ ttlMs: 3_600_000 });
      for (const [before, after] of [
        [undefined, ttl],
        [ttl, ttl],
        [ttl, undefined],
      ]) {
        const old = new Program('original', before);
        const first = await harness.createKeyed();
        fill(first, old);
        const now = new Program('migrates', after);
        const second = await restored(harness, await harness.snapshot(first), now.states);
        const { handle } = await rewritten(harness, second);
        assertEqual(await storedTypes(harness, handle), ALL_MIGRATED, 'the types in the savepoint');
        const later = new Program('migrates', after);
        const third = await restored(harness, handle, later.states);
        assertEqual(contentOf(third, later), contentOf(first, old), 'what is restored');
        assertEqual(
          third.restoreReport.states.map(({ outcome }) => outcome),
          ['matched', 'matched', 'matched', 'matched'],
          'what became of the states',
        );
      }
    },
  },
  {
    id: 'REWRITE-06',
    title: 'values that cannot be read fail the snapshot, which leaves nothing, and the state goes on',
    async run(harness) {
      const old = new Program('original');
      const first = await harness.createKeyed();
      underKeys(first, old.texts, KEYS, (state, key) => state.update(`text ${key}`));
      const handle = await harness.snapshot(first);
      const failing = Object.assign(new EvolvingSerializer('migrates'), {
        resolveCompatibility: () => ({
          outcome: 'compatible-after-migration',
          previous: {
            deserialize() {
              throw new Error('no migration from there');
            },
          },
        }),
      }) as unknown as EvolvingSerializer;
      const descriptor = new ValueStateDescriptor('texts', { type: failing });
      const second = await restored(harness, handle, [descriptor]);
      const words = ["'texts'", 'no migration from there'];
      await assertRejects(rewritten(harness, second), 'restore-failed', 'a value that cannot be read', words);
      const carried = await harness.snapshot(second);
      const third = await restored(harness, carried, [old.texts]);
      underKeys(third, old.texts, [3], (state) => assertEqual(state.value(), 'text 3', 'what is carried'));
    },
  },
];

function digestsOf(handle: KeyedStateHandle | undefined): unknown {
  return handle?.kind === 'key-groups' ? handle.digests : [];
}
