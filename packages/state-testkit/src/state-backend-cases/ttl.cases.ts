// Time to live as Flink's tests have it, for every sort of state.

import { StateTtlConfig, type StateTtlOptions, string, struct, ValueStateDescriptor } from '@tidemark/state-core';
import { assertEqual, assertTrue } from '../conformance/assertions.js';
import { EvolvingSerializer } from '../serializers/evolving-serializer.js';
import type { StateBackendCase } from './state-backend-case.js';
import type { StateBackendHarness } from './state-backend-harness.js';
import {
  aggregatingContext,
  foldingContext,
  listContext,
  type MergingTtlContext,
  mapContext,
  mapEntriesContext,
  reducingContext,
  type TtlContext,
  valueContext,
} from './ttl-contexts.js';
import { TTL_MS, TtlDrill } from './ttl-drill.js';

const CONTEXTS: readonly (readonly [name: string, context: TtlContext])[] = [
  ['TtlValueStateTestContext', valueContext],
  ['TtlFixedLenElemListStateTestContext', listContext],
  ['TtlMapStatePerElementTestContext', mapContext],
  ['TtlMapStateAllEntriesTestContext', mapEntriesContext],
  ['TtlReducingStateTestContext', reducingContext],
  ['TtlAggregatingStateTestContext', aggregatingContext],
  ['TtlFoldingStateTestContext', foldingContext],
];

const MERGING_CONTEXTS: readonly (readonly [name: string, context: MergingTtlContext])[] = [
  ['TtlFixedLenElemListStateTestContext', listContext],
  ['TtlReducingStateTestContext', reducingContext],
  ['TtlAggregatingStateTestContext', aggregatingContext],
];

const ttlOf = (options: Partial<StateTtlOptions> = {}): StateTtlConfig =>
  StateTtlConfig.of({ ttlMs: TTL_MS, ...options });

/** A drill with one state that is written and read whatever sort it is. */
class ContextDrill {
  private constructor(
    readonly drill: TtlDrill,
    private readonly context: TtlContext,
    private readonly ttl: StateTtlConfig | undefined,
  ) {}

  static async begin(harness: StateBackendHarness, context: TtlContext, ttl: StateTtlConfig): Promise<ContextDrill> {
    return new ContextDrill(await TtlDrill.begin(harness), context, ttl);
  }

  write(which: 0 | 1 | 2): void {
    this.context.write(this.state(), which);
  }

  /** @throws ConformanceFailure unless what the write `which` leaves is read; 3 stands for nothing. */
  expect(which: 0 | 1 | 2 | 3, what: string): void {
    const { context } = this;
    const read = context.read(this.state());
    assertEqual(read, which === 3 ? context.empty : context.reads[which], what);
    if (this.ttl?.stateVisibility === 'NeverReturnExpired') context.inspect?.(this.state(), read);
  }

  private state(): never {
    return this.drill.state(this.context.descriptor(this.ttl)) as never;
  }
}

/** The cases of one row, for every sort of state. */
function forEach<C extends TtlContext>(
  contexts: readonly (readonly [name: string, context: C])[],
  id: string,
  titleOf: (name: string) => string,
  run: (harness: StateBackendHarness, context: C) => Promise<void>,
): readonly StateBackendCase[] {
  return contexts.map(([name, context], index) => ({
    id: `${id}-${String.fromCharCode(65 + index)}`,
    title: titleOf(name),
    run: (harness) => run(harness, context),
  }));
}

const expirationCases: readonly StateBackendCase[] = [
  ...forEach(
    CONTEXTS,
    'TTL-01',
    (name) => `TtlStateTestBase.testExactExpirationOnWrite: ${name}: writes renew, reads do not`,
    async (harness, context) => {
      const test = await ContextDrill.begin(harness, context, ttlOf());
      const { drill } = test;
      test.write(0);
      for (const [timeMs, which, writes] of [
        [20, 0, undefined],
        [50, 0, 1],
        [120, 1, undefined],
        [170, undefined, 2],
        [220, 2, undefined],
        [300, 3, undefined],
      ] as const) {
        await drill.restart();
        drill.at(timeMs);
        if (which !== undefined) test.expect(which, `at ${timeMs}`);
        if (writes !== undefined) test.write(writes);
      }
      assertEqual(drill.entries, 0, 'entries at the end');
    },
  ),
  ...forEach(
    CONTEXTS,
    'TTL-02',
    (name) => `TtlStateTestBase.testExactExpirationOnRead: ${name}: reads renew`,
    async (harness, context) => {
      const test = await ContextDrill.begin(harness, context, ttlOf({ updateType: 'OnReadAndWrite' }));
      const { drill } = test;
      test.write(0);
      for (const timeMs of [50, 120]) {
        await drill.restart();
        drill.at(timeMs);
        test.expect(0, `at ${timeMs}`);
      }
      await drill.restart();
      drill.at(250);
      test.expect(3, 'at 250');
      assertEqual(drill.entries, 0, 'entries at the end');
    },
  ),
  ...forEach(
    CONTEXTS,
    'TTL-03',
    (name) => `TtlStateTestBase.testRelaxedExpirationOnRead: ${name}: an expired value is given once`,
    async (harness, context) => {
      const ttl = ttlOf({ updateType: 'OnReadAndWrite', stateVisibility: 'ReturnExpiredIfNotCleanedUp' });
      const test = await ContextDrill.begin(harness, context, ttl);
      const { drill } = test;
      test.write(0);
      await drill.restart();
      drill.at(50);
      test.expect(0, 'at 50');
      await drill.restart();
      drill.at(170);
      test.expect(0, 'expired, at 170');
      assertEqual(drill.entries, 0, 'entries afterwards');
      test.expect(3, 'the second time');
    },
  ),
  ...forEach(
    CONTEXTS,
    'TTL-04',
    (name) => `TtlStateTestBase.testExpirationTimestampOverflow: ${name}: the longest time to live`,
    async (harness, context) => {
      const test = await ContextDrill.begin(harness, context, ttlOf({ ttlMs: 2 ** 63 }));
      const { drill } = test;
      drill.at(10);
      test.write(0);
      await drill.restart();
      drill.at(50);
      test.expect(0, 'at 50');
      drill.at(Number.MAX_SAFE_INTEGER);
      test.expect(0, 'at the end of time');
    },
  ),
];

const SOURCES = ['never set', 'never set either', 'expired', 'expired and updated', 'unexpired', 'final'] as const;

const mergeCases: readonly StateBackendCase[] = forEach(
  MERGING_CONTEXTS,
  'TTL-05',
  (name) => `TtlStateTestBase.testMergeNamespaces: ${name}: what has not expired is merged`,
  async (harness, context) => {
    const drill = await TtlDrill.begin(harness);
    const descriptor = context.descriptor(ttlOf());
    const added: Record<string, Record<number, number>> = {};
    const addAt = (timeMs: number, namespace: string, value: number): void => {
      drill.at(timeMs);
      context.add(drill.stateIn(namespace, descriptor) as never, value);
      added[namespace] = { ...added[namespace], [timeMs]: value };
    };
    addAt(0, 'expired', 1);
    addAt(0, 'expired and updated', 2);
    await drill.restart();
    addAt(120, 'expired and updated', 4);
    addAt(120, 'unexpired', 8);
    await drill.restart();
    addAt(150, 'expired and updated', 16);
    addAt(150, 'unexpired', 32);
    addAt(150, 'final', 64);
    await drill.restart();
    drill.at(230);
    const state = drill.stateIn('target', descriptor);
    (state as unknown as { mergeNamespaces(target: string, sources: readonly string[]): void }).mergeNamespaces(
      'target',
      SOURCES,
    );
    const at = (timeMs: number): number[] => SOURCES.flatMap((source) => added[source]?.[timeMs] ?? []);
    const expected = context.merged(context.isPerElement ? at(150) : [...at(120), ...at(150)]);
    assertEqual(context.read(drill.stateIn('target', descriptor) as never), expected, 'the target');
    for (const source of SOURCES) {
      assertEqual(context.read(drill.stateIn(source, descriptor) as never), context.empty, source);
    }
    await drill.restart();
    drill.at(240);
    assertEqual(context.read(drill.stateIn('target', descriptor) as never), expected, 'the target, restored');
  },
);

type Place = (drill: TtlDrill, place: 1 | 2, context: TtlContext, ttl: StateTtlConfig) => never;

const byKey: Place = (drill, place, context, ttl) => drill.withKey(place).state(context.descriptor(ttl)) as never;
const byNamespace: Place = (drill, place, context, ttl) => drill.stateIn(`n${place}`, context.descriptor(ttl)) as never;

async function runPlaces(
  harness: StateBackendHarness,
  context: TtlContext,
  placeOf: Place,
  ttl: StateTtlConfig,
): Promise<TtlDrill> {
  const drill = await TtlDrill.begin(harness);
  const state = (place: 1 | 2): never => placeOf(drill, place, context, ttl);
  context.write(state(2), 0);
  await drill.restart();
  drill.at(50);
  context.write(state(1), 0);
  context.write(state(2), 1);
  await drill.restart();
  drill.at(120);
  assertEqual(context.read(state(1)), context.reads[0], 'the first at 120');
  assertEqual(context.read(state(2)), context.reads[1], 'the second at 120');
  await drill.restart();
  drill.at(170);
  context.write(state(2), 2);
  await drill.restart();
  drill.at(230);
  assertEqual(context.read(state(1)), context.empty, 'the first at 230');
  assertEqual(context.read(state(2)), context.reads[2], 'the second at 230');
  return drill;
}

const placeCases: readonly StateBackendCase[] = [
  ['TTL-06', 'TtlStateTestBase.testMultipleKeys', byKey],
  ['TTL-07', 'TtlStateTestBase.testMultipleNamespaces', byNamespace],
].flatMap(([id, test, placeOf]) => [
  ...forEach(
    CONTEXTS,
    id as string,
    (name) => `${test as string}: ${name}: each expires by itself`,
    async (harness, context) => void (await runPlaces(harness, context, placeOf as Place, ttlOf())),
  ),
]);

/** Two places, one of them expired, into a snapshot that leaves it out; the clock is set back afterwards. */
async function runSnapshotCleanup(harness: StateBackendHarness, context: TtlContext, placeOf: Place): Promise<void> {
  const drill = await TtlDrill.begin(harness);
  const ttl = ttlOf({ cleanupFullSnapshot: true });
  const state = (place: 1 | 2): never => placeOf(drill, place, context, ttl);
  drill.at(50);
  context.write(state(1), 0);
  drill.at(170);
  context.write(state(2), 0);
  drill.at(230);
  const withExpired = drill.entries;
  await drill.restart();
  drill.at(170);
  assertEqual(context.read(state(1)), context.empty, 'the first, with the clock set back');
  assertEqual(context.read(state(2)), context.reads[0], 'the second');
  assertTrue(drill.entries < withExpired, `${drill.entries} entries were restored of ${withExpired}`);
}

const snapshotCleanupCases: readonly StateBackendCase[] = [
  ...forEach(
    CONTEXTS,
    'TTL-08',
    (name) => `TtlStateTestBase.testMultipleKeysWithSnapshotCleanup: ${name}: expired keys are not in the snapshot`,
    (harness, context) => runSnapshotCleanup(harness, context, byKey),
  ),
  ...forEach(
    CONTEXTS,
    'TTL-09',
    (name) =>
      `TtlStateTestBase.testMultipleNamespacesWithSnapshotCleanup: ${name}: expired namespaces are not in the snapshot`,
    (harness, context) => runSnapshotCleanup(harness, context, byNamespace),
  ),
];

const KEYS = 40;

const cleanupCases: readonly StateBackendCase[] = [
  ...forEach(
    CONTEXTS,
    'TTL-10',
    (name) => `TtlStateTestBase.testIncrementalCleanupWholeState: ${name}: choosing keys removes all expired entries`,
    async (harness, context) => {
      const ttl = ttlOf({ cleanupIncrementally: { entries: 5, forEveryRecord: true } });
      const drill = await TtlDrill.begin(harness);
      const descriptor = context.descriptor(ttl);
      for (let key = 0; key < KEYS; key++) context.write(drill.withKey(key).state(descriptor) as never, 0);
      assertEqual(drill.entries, KEYS, 'entries at first');
      drill.clock.setMs(120);
      for (let key = 0; key < KEYS; key++) drill.withKey(key);
      assertEqual(drill.entries, 0, 'entries afterwards');
    },
  ),
  ...forEach(
    CONTEXTS,
    'TTL-11',
    (name) => `TtlStateTestBase.testIncrementalCleanup: ${name}: beside a snapshot, which keeps what it saw`,
    async (harness, context) => {
      const descriptor = context.descriptor(ttlOf({ cleanupIncrementally: { entries: 5 } }));
      const drill = await TtlDrill.begin(harness);
      const state = (key: number): never => drill.withKey(key).state(descriptor) as never;
      for (let key = 0; key < KEYS; key++) context.write(state(key), 0);
      drill.at(50);
      for (let key = 0; key < 10; key++) context.write(state(key), 1);
      const view = drill.backend.snapshot(drill.harness.snapshotContext({ clock: drill.clock }));
      for (let key = 10; key < 20; key++) context.write(state(key), 1);
      drill.at(120);
      for (let round = 0; round < 3; round++) for (let key = 0; key < 20; key++) context.read(state(key));
      assertEqual(drill.entries, 20, 'entries after the cleanup');
      for (let key = 0; key < KEYS; key++) {
        assertEqual(context.read(state(key)), key < 20 ? context.reads[1] : context.empty, `key ${key}`);
      }
      const handle = (await view.write()).jobManagerOwned;
      drill.clock.setMs(50);
      await drill.restoreFrom(handle);
      for (let key = 0; key < KEYS; key++) {
        assertEqual(context.read(state(key)), context.reads[key < 10 ? 1 : 0], `key ${key}, restored`);
      }
      drill.at(120);
      for (let round = 0; round < 5; round++) for (let key = 0; key < 10; key++) context.read(state(key));
      assertEqual(drill.entries, 10, 'entries after the cleanup of what was restored');
    },
  ),
];

const DAY_MS = 86_400_000;

const migrationCases: readonly StateBackendCase[] = [
  ...forEach(
    CONTEXTS,
    'TTL-12',
    (name) =>
      `TtlStateTestBase.testRestoreTtlAndRegisterNonTtlStateCompatFailure: ${name}: is no failure: the stamps go, the values stay`,
    async (harness, context) => {
      const drill = await TtlDrill.begin(harness);
      context.write(drill.state(context.descriptor(ttlOf())) as never, 0);
      await drill.restart();
      drill.at(1000);
      assertEqual(context.read(drill.state(context.descriptor(undefined)) as never), context.reads[0], 'without ttl');
      await drill.restart();
      drill.at(1050);
      const state = (): never => drill.state(context.descriptor(ttlOf())) as never;
      assertEqual(context.read(state()), context.reads[0], 'with ttl again');
      drill.at(1099);
      assertEqual(context.read(state()), context.reads[0], 'just before a ttl after the restore');
      drill.at(1100);
      assertEqual(context.read(state()), context.empty, 'a ttl after the restore');
    },
  ),
  {
    id: 'TTL-13',
    title: 'StateBackendMigrationTestBase.testStateMigrationAfterChangingTTL: the value migrates, the new ttl counts',
    async run(harness) {
      const describe = (type: EvolvingSerializer, ttlMs: number): ValueStateDescriptor<string> =>
        new ValueStateDescriptor('text', { type, ttl: ttlOf({ ttlMs }) });
      const drill = await TtlDrill.begin(harness);
      drill.state(describe(new EvolvingSerializer('original'), DAY_MS)).update('foo');
      await drill.restart();
      drill.at(DAY_MS + 1);
      const state = drill.state(describe(new EvolvingSerializer('migrates'), 2 * DAY_MS));
      assertEqual(state.value(), 'foo', 'the old value within the new ttl');
      drill.at(2 * DAY_MS);
      assertEqual(state.value(), undefined, 'the old value after the new ttl');
      state.update('new');
      await drill.restart();
      const again = drill.state(describe(new EvolvingSerializer('migrates'), 2 * DAY_MS));
      assertEqual(again.value(), 'new', 'the new value');
    },
  },
  {
    id: 'TTL-14',
    title:
      'StateBackendMigrationTestBase.testStateMigrationAfterChangingTTLFromEnablingToDisabling: the value migrates and stays',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      const type = new EvolvingSerializer('original');
      drill.state(new ValueStateDescriptor('text', { type, ttl: ttlOf() })).update('foo');
      await drill.restart();
      drill.at(1000);
      const state = drill.state(new ValueStateDescriptor('text', { type: new EvolvingSerializer('migrates') }));
      assertEqual(state.value(), 'foo', 'the old value');
    },
  },
  {
    id: 'TTL-15',
    title:
      'StateBackendMigrationTestBase.testStateMigrationAfterChangingTTLFromDisablingToEnabling: the value migrates and is stamped at the restore',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      drill.state(new ValueStateDescriptor('text', { type: new EvolvingSerializer('original') })).update('foo');
      drill.at(1000);
      await drill.restart();
      const describe = (): ValueStateDescriptor<string> =>
        new ValueStateDescriptor('text', { type: new EvolvingSerializer('migrates'), ttl: ttlOf() });
      drill.at(1099);
      assertEqual(drill.state(describe()).value(), 'foo', 'just before a ttl after the restore');
      await drill.restart();
      drill.at(1100);
      assertEqual(drill.state(describe()).value(), undefined, 'a ttl after the restore, with another in between');
    },
  },
  {
    id: 'TTL-16',
    title: 'StateBackendTestBase.testValueStateWorkWithTtl: values that can be changed in place',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      const type = struct({ name: string });
      const state = drill.state(new ValueStateDescriptor('box', { type, ttl: ttlOf() }));
      const value = { name: 'a' };
      state.update(value);
      value.name = 'changed';
      assertEqual(state.value(), { name: 'a' }, 'the value');
    },
  },
];

/** Cases about time to live that Flink has too. */
export const ttlCases: readonly StateBackendCase[] = [
  ...expirationCases,
  ...mergeCases,
  ...placeCases,
  ...snapshotCleanupCases,
  ...cleanupCases,
  ...migrationCases,
];
