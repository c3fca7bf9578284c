// Ownership: takeovers have an order, and who was overtaken publishes and removes nothing more.

import { assertEqual, assertRejects, assertTrue } from '../conformance/assertions.js';
import type { CheckpointStorageCase } from './checkpoint-storage-case.js';
import { patternBytes } from './checkpoint-storage-harness.js';

async function assertThrows(
  promise: Promise<unknown>,
  type: typeof RangeError | typeof TypeError,
  what: string,
): Promise<void> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  assertTrue(outcome instanceof type, `${what}: ${String(outcome ?? 'accepted')} instead of a ${type.name}`);
}

/** Cases about ownership. */
export const ownershipCases: readonly CheckpointStorageCase[] = [
  {
    id: 'CS-OWNER-01',
    title: 'every takeover has a higher epoch, also when several happen at once',
    requires: ['fencing'],
    async run(harness) {
      const takeovers = Array.from({ length: 10 }, async () => {
        const { coordinator } = await harness.openElsewhere();
        return (await coordinator.acquireOwnership()).epoch;
      });
      const epochs = await Promise.all(takeovers);
      assertEqual(new Set(epochs).size, 10, 'different epochs');
      assertTrue(Math.min(...epochs) >= 1, 'epochs begin at 1');
      const last = await (await harness.open()).coordinator.acquireOwnership();
      assertTrue(last.epoch > Math.max(...epochs), 'the last takeover has the highest epoch');
    },
  },
  {
    id: 'CS-OWNER-02',
    title: 'what an owner continues from is remembered, and that it has not decided',
    async run(harness) {
      const { coordinator } = await harness.open();
      const first = await coordinator.acquireOwnership();
      await coordinator.recordRestoredFrom(first, null);
      const second = await coordinator.acquireOwnership();
      const third = await coordinator.acquireOwnership();
      await coordinator.recordRestoredFrom(third, { epoch: first.epoch, checkpointId: 5 });
      const { owners } = await (await harness.openElsewhere()).coordinator.list();
      const decisions = owners.map(({ epoch, restoredFrom }) => [
        epoch,
        restoredFrom === undefined ? 'undecided' : restoredFrom,
      ]);
      assertEqual(
        decisions,
        [
          [first.epoch, null],
          [second.epoch, 'undecided'],
          [third.epoch, { epoch: first.epoch, checkpointId: 5 }],
        ],
        'owners',
      );
    },
  },
  {
    id: 'CS-OWNER-03',
    title: 'who was overtaken publishes nothing more',
    requires: ['fencing'],
    async run(harness) {
      const views = await harness.open();
      const former = await harness.takeOver(views);
      const { location } = await harness.start(views, 1, former);
      const newer = await harness.openElsewhere();
      await newer.coordinator.acquireOwnership();
      await assertRejects(location.publish(patternBytes(10)), 'fenced', 'publication');
      await assertRejects(views.coordinator.initializeLocationForCheckpoint(2, former), 'fenced', 'the next location');
      await assertRejects(views.coordinator.recordRestoredFrom(former, null), 'fenced', 'the decision');
      assertTrue(
        (await newer.coordinator.list()).checkpoints.every(({ published }) => !published),
        'it was published',
      );
    },
  },
  {
    id: 'CS-OWNER-04',
    title: 'who was overtaken removes nothing more of the job',
    requires: ['fencing'],
    async run(harness) {
      const views = await harness.open();
      const former = await harness.takeOver(views);
      const { location, streams } = await harness.start(views, 1, former);
      const handle = await harness.write(streams, patternBytes(100_000), 'shared');
      await location.publish(patternBytes(10));
      const newer = await harness.openElsewhere();
      await newer.coordinator.acquireOwnership();
      await assertRejects(views.coordinator.disposeCheckpoint(1), 'fenced', 'removal of a checkpoint');
      await assertRejects(views.coordinator.sweepUnreferenced([], former), 'fenced', 'sweep');
      if (handle.kind === 'file')
        await assertRejects(views.coordinator.discard(handle), 'fenced', 'removal of a stream');
      assertEqual((await newer.coordinator.list()).checkpoints.length, 1, 'checkpoints that are left');
      assertEqual(await harness.read(newer.worker, handle), patternBytes(100_000), 'bytes');
    },
  },
  {
    id: 'CS-OWNER-05',
    title: 'jobs do not see each other, whatever they are called',
    async run(harness) {
      const jobIds = [
        'job',
        'Job',
        '',
        '.',
        '..',
        'a/b',
        'a\\b',
        'a b',
        'chk-1',
        'shared',
        '\u00e9',
        'e\u0301',
        'x'.repeat(400),
        `${'x'.repeat(400)}y`,
      ];
      for (const [index, jobId] of jobIds.entries()) {
        const views = await harness.open(jobId);
        assertEqual(
          await views.coordinator.list(),
          { checkpoints: [], owners: [] },
          `listing of ${JSON.stringify(jobId)}`,
        );
        const { location } = await harness.start(views, index + 1, await harness.takeOver(views));
        await location.publish(patternBytes(10, index));
      }
      for (const [index, jobId] of jobIds.entries()) {
        const { checkpoints } = await (await harness.openElsewhere(jobId)).coordinator.list();
        assertEqual(
          checkpoints.map(({ checkpointId }) => checkpointId),
          [index + 1],
          `checkpoints of ${JSON.stringify(jobId)}`,
        );
      }
    },
  },
  {
    id: 'CS-OWNER-06',
    title: 'a snapshot from outside the history is remembered with its pointer, whatever that looks like',
    async run(harness) {
      const { coordinator } = await harness.open();
      const pointers = ['file:///savepoints/savepoint-1', 'relative/path', ' "quoted"\n\u00e9 ', 'x'.repeat(4000)];
      const decided: unknown[] = [];
      for (const pointer of pointers) {
        const { epoch } = await coordinator.acquireOwnership();
        await coordinator.recordRestoredFrom({ epoch }, null, { pointer });
        await coordinator.recordRestoredFrom({ epoch }, null, { pointer });
        decided.push({ epoch, restoredFrom: null, external: { pointer } });
      }
      const { epoch } = await coordinator.acquireOwnership();
      await coordinator.recordRestoredFrom({ epoch }, null);
      decided.push({ epoch, restoredFrom: null });
      assertEqual((await (await harness.openElsewhere()).coordinator.list()).owners, decided, 'owners');
    },
  },
  {
    id: 'CS-OWNER-07',
    title: 'a decision that no listing could give back is refused, and so is a second one',
    async run(harness) {
      const { coordinator } = await harness.open();
      await coordinator.acquireOwnership();
      const owner = await coordinator.acquireOwnership();
      const refused = [
        { epoch: 0, checkpointId: 7 },
        { epoch: 1.5, checkpointId: 7 },
        { epoch: owner.epoch, checkpointId: 7 },
        { epoch: 2 ** 53, checkpointId: 7 },
        { epoch: 1, checkpointId: 0 },
        { epoch: 1, checkpointId: 2 ** 53 },
        { epoch: 1, checkpointId: Number.NaN },
      ];
      for (const from of refused) {
        await assertThrows(coordinator.recordRestoredFrom(owner, from), RangeError, JSON.stringify(from));
      }
      await assertThrows(coordinator.recordRestoredFrom(owner, null, { pointer: ' ' }), RangeError, 'an empty pointer');
      const both = coordinator.recordRestoredFrom(owner, { epoch: 1, checkpointId: 7 }, { pointer: 'a' });
      await assertThrows(both, RangeError, 'a checkpoint and an external snapshot');

      await coordinator.recordRestoredFrom(owner, null, { pointer: 'a' });
      await assertThrows(coordinator.recordRestoredFrom(owner, null), TypeError, 'empty after all');
      await assertThrows(coordinator.recordRestoredFrom(owner, null, { pointer: 'b' }), TypeError, 'another snapshot');
      const owners = (await coordinator.list()).owners.slice(1);
      assertEqual(owners, [{ epoch: owner.epoch, restoredFrom: null, external: { pointer: 'a' } }], 'owners');
    },
  },
  {
    id: 'CS-OWNER-08',
    title: 'an owner takes no checkpoint before it has decided what it continues from',
    async run(harness) {
      const { coordinator } = await harness.open();
      const owner = await coordinator.acquireOwnership();
      const early = coordinator.initializeLocationForCheckpoint(1, owner);
      await assertThrows(early, TypeError, 'a location before the decision');
      assertEqual((await coordinator.list()).checkpoints, [], 'checkpoints');
      await coordinator.recordRestoredFrom(owner, null);
      await coordinator.initializeLocationForCheckpoint(1, owner);
    },
  },
  {
    id: 'CS-OWNER-09',
    title: 'owners that are forgotten stay overtaken, and those in use stay',
    requires: ['fencing'],
    async run(harness) {
      const overtaken = await harness.open();
      const first = await harness.takeOver(overtaken);
      const { location } = await harness.start(overtaken, 1, first);
      const used = await harness.open();
      const second = await harness.takeOver(used);
      await harness.takeOver(await harness.open());
      await harness.takeOver(await harness.open());
      const latest = await harness.open();
      const owner = await harness.takeOver(latest);
      await latest.coordinator.forgetOwners?.(new Set([second.epoch]), owner);
      const { owners } = await (await harness.openElsewhere()).coordinator.list();
      const epochs = owners.map(({ epoch }) => epoch);
      assertTrue(epochs.includes(owner.epoch), `the owner itself was forgotten: ${epochs.join(', ')} are left`);
      assertTrue(epochs.includes(second.epoch), `an owner in use was forgotten: ${epochs.join(', ')} are left`);
      await assertRejects(
        location.publish(patternBytes(10)),
        'fenced',
        'a publication of the owner that was forgotten',
      );
      const next = await (await harness.openElsewhere()).coordinator.acquireOwnership();
      assertTrue(next.epoch > owner.epoch, `the next owner has the epoch ${next.epoch}, after ${owner.epoch}`);
    },
  },
  {
    id: 'CS-OWNER-10',
    title: 'that an owner has completed a checkpoint is remembered, also when the checkpoint is gone',
    async run(harness) {
      const views = await harness.open();
      const owner = await harness.takeOver(views);
      const { location } = await harness.start(views, 1, owner);
      const publishedBy = async (): Promise<unknown> =>
        (await (await harness.openElsewhere()).coordinator.list()).owners.find(({ epoch }) => epoch === owner.epoch)
          ?.published;
      assertTrue((await publishedBy()) !== true, 'it counts as published before');
      await location.publish(patternBytes(10));
      assertEqual(await publishedBy(), true, 'published');
      await views.coordinator.disposeCheckpoint(1);
      assertEqual(await publishedBy(), true, 'published, after the checkpoint was removed');
    },
  },
  {
    id: 'CS-OWNER-11',
    title: 'a publication that a newer owner does not find is refused, however the two meet',
    requires: ['fencing'],
    async run(harness) {
      for (let turns = 0; turns < 90; turns += 3) {
        const views = await harness.open(`job ${turns}`);
        const { location } = await harness.start(views, 1, await harness.takeOver(views));
        const newer = await harness.openElsewhere(`job ${turns}`);
        const takeover = newer.coordinator.acquireOwnership().then(() => newer.coordinator.list());
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        const publication = location.publish(patternBytes(10)).then(
          () => undefined,
          (error: unknown) => error,
        );
        const [{ checkpoints }, refusal] = await Promise.all([takeover, publication]);
        const isFound = checkpoints.some(({ published }) => published);
        assertTrue(
          isFound || refusal !== undefined,
          'the newer owner did not find what the older one published after it',
        );
        if (refusal !== undefined) await assertRejects(Promise.reject(refusal), 'fenced', 'the publication');
      }
    },
  },
  {
    id: 'CS-CLAIMS-01',
    title: 'a storage whose checkpoints end with the process takes no claims on other snapshots',
    async run(harness) {
      const { coordinator } = await harness.open();
      if (harness.underTest.storage.capabilities.durable) return;
      assertTrue(coordinator.claims === undefined, 'claims would outlive the checkpoints that replace what is claimed');
    },
  },
];
