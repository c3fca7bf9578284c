import { describe, expect, it } from 'vitest';
import { decideLineage, nextCheckpointId, ownersInUse } from '../../src/checkpoint/checkpoint-lineage.js';
import type { CheckpointLineage } from '../../src/checkpoint/checkpoint-metadata.js';
import type {
  CheckpointListing,
  FoundCheckpoint,
  FoundOwner,
} from '../../src/checkpoint-storage/checkpoint-storage.js';

type Listed = readonly [id: number, lineage: number | 'unreadable' | 'unpublished' | undefined];

function listing(checkpoints: readonly Listed[], owners: readonly FoundOwner[]): CheckpointListing {
  return {
    checkpoints: checkpoints.map(([checkpointId, lineage]) => ({
      checkpointId,
      published: lineage !== 'unpublished',
      externalPointer: `chk-${checkpointId}`,
    })),
    owners,
  };
}

function decide(checkpoints: readonly Listed[], owners: readonly FoundOwner[]) {
  const lineages = new Map(checkpoints);
  const lineageOf = ({ checkpointId }: FoundCheckpoint): CheckpointLineage | 'unreadable' | undefined => {
    const lineage = lineages.get(checkpointId);
    if (lineage === 'unpublished') throw new Error('asked for the metadata of what was never published');
    return typeof lineage === 'number' ? { epoch: lineage } : lineage;
  };
  const decision = decideLineage(listing(checkpoints, owners), lineageOf);
  return {
    restorable: decision.restorable.map(({ checkpointId }) => checkpointId),
    ignored: decision.ignored.map(({ checkpoint, cause }) => [checkpoint.checkpointId, cause]),
    reasons: decision.ignored.map(({ reason }) => reason),
    mayStartClean: decision.mayStartClean,
  };
}

const clean = (epoch: number): FoundOwner => ({ epoch, restoredFrom: null });
const from = (epoch: number, fromEpoch: number, checkpointId: number): FoundOwner => ({
  epoch,
  restoredFrom: { epoch: fromEpoch, checkpointId },
});
const undecided = (epoch: number): FoundOwner => ({ epoch });

describe('the history of a job', () => {
  it('is empty where nothing ever was', () => {
    expect(decide([], [])).toEqual({ restorable: [], ignored: [], reasons: [], mayStartClean: true });
    expect(decide([], [undecided(1)]).mayStartClean).toBe(true);
  });

  it('is that of the only owner, newest first', () => {
    expect(
      decide(
        [
          [1, 1],
          [3, 1],
          [2, 1],
        ],
        [clean(1), undecided(2)],
      ).restorable,
    ).toEqual([3, 2, 1]);
  });

  it('goes through the snapshots that owners continued from', () => {
    const checkpoints: Listed[] = [
      [1, 1],
      [2, 1],
      [3, 2],
      [4, 2],
      [5, 3],
    ];
    const owners = [clean(1), from(2, 1, 2), from(3, 2, 4), undecided(4)];
    expect(decide(checkpoints, owners).restorable).toEqual([5, 4, 3, 2, 1]);
  });

  it('leaves out what a replaced owner published afterwards', () => {
    const { restorable, ignored, reasons } = decide(
      [
        [1, 1],
        [2, 1],
        [3, 2],
        [4, 1],
      ],
      [clean(1), from(2, 1, 2), undecided(3)],
    );
    expect(restorable).toEqual([3, 2, 1]);
    expect(ignored).toEqual([[4, 'zombie']]);
    expect(reasons).toEqual([
      'checkpoint 4 is ignored: owner 1 published it after checkpoint 2, from which a newer owner had continued',
    ]);
  });

  it('leaves out what an owner went back behind', () => {
    expect(
      decide(
        [
          [1, 1],
          [2, 1],
          [3, 1],
          [4, 2],
        ],
        [clean(1), from(2, 1, 1), undecided(3)],
      ),
    ).toMatchObject({
      restorable: [4, 1],
      ignored: [
        [2, 'zombie'],
        [3, 'zombie'],
      ],
    });
  });

  it('leaves out whole owners that nobody continued', () => {
    const { restorable, reasons } = decide(
      [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
      [clean(1), from(2, 1, 1), from(3, 1, 1), undecided(4)],
    );
    expect(restorable).toEqual([3, 1]);
    expect(reasons).toEqual([
      'checkpoint 2 is ignored: owner 2 is not in the history of owner 3, which took over later',
    ]);
  });

  it('does not see owners that stopped before they decided', () => {
    expect(
      decide(
        [
          [1, 1],
          [2, 1],
        ],
        [clean(1), undecided(2), undecided(3), undecided(4)],
      ).restorable,
    ).toEqual([2, 1]);
  });

  it('names what was never completed and what cannot be read', () => {
    expect(
      decide(
        [
          [1, 1],
          [2, 'unpublished'],
          [3, 'unreadable'],
        ],
        [clean(1), undecided(2)],
      ),
    ).toMatchObject({
      restorable: [1],
      ignored: [
        [2, 'unpublished'],
        [3, 'unreadable'],
      ],
    });
  });

  it('starts clean after an owner that started clean, whatever older owners left', () => {
    expect(decide([[1, 1]], [clean(1), clean(2), undecided(3)])).toMatchObject({ restorable: [], mayStartClean: true });
  });

  it('never calls it a clean start when something may have been lost', () => {
    expect(decide([[1, 'unreadable']], [clean(1), undecided(2)]).mayStartClean).toBe(false);
    expect(decide([], [clean(1), from(2, 1, 5), undecided(3)]).mayStartClean).toBe(false);
    expect(decide([[1, 1]], [undecided(1), undecided(2)])).toMatchObject({
      mayStartClean: false,
      ignored: [[1, 'undecided-owner']],
    });
    expect(decide([[1, undefined]], [clean(1), undecided(2)])).toMatchObject({
      mayStartClean: false,
      ignored: [[1, 'undecided-owner']],
    });
  });

  it('never starts clean after a checkpoint was completed, also when nothing is left of any (L6)', () => {
    const published = (owner: FoundOwner): FoundOwner => ({ ...owner, published: true });
    const mayStartClean = (owners: FoundOwner[], checkpoints: Listed[] = []) =>
      decide(checkpoints, owners).mayStartClean;
    expect(mayStartClean([published(clean(1)), undecided(2)])).toBe(false);
    expect(mayStartClean([published(clean(1)), undecided(2)], [[3, 'unpublished']])).toBe(false);
    expect(mayStartClean([clean(1), undecided(2)], [[1, 'unpublished']])).toBe(true);
    // Given up on purpose by an owner that began empty: until it completes something itself.
    expect(mayStartClean([published(clean(1)), clean(2), undecided(3)])).toBe(true);
    expect(mayStartClean([published(clean(1)), published(clean(2)), undecided(3)])).toBe(false);
    // The record of what it continued from is lost, that it completed a checkpoint is not.
    expect(mayStartClean([published(undecided(1)), undecided(2)])).toBe(false);
    expect(mayStartClean([published(undecided(1)), clean(2), undecided(3)])).toBe(true);
  });

  it('takes everything published where the storage records no owners', () => {
    expect(
      decide(
        [
          [1, undefined],
          [2, undefined],
          [3, 'unpublished'],
        ],
        [],
      ).restorable,
    ).toEqual([2, 1]);
  });

  it('ends at a record that points to its own or a later owner', () => {
    expect(
      decide(
        [
          [1, 1],
          [2, 2],
        ],
        [from(1, 2, 2), from(2, 1, 1), undecided(3)],
      ).restorable,
    ).toEqual([2, 1]);
    expect(decide([[2, 2]], [from(2, 2, 2), undecided(3)]).restorable).toEqual([2]);
  });
});

describe('the next checkpoint id', () => {
  it('lies above every id seen, completed or not, also those only an owner names', () => {
    expect(nextCheckpointId(listing([], []))).toBe(1);
    expect(
      nextCheckpointId(
        listing(
          [
            [3, 1],
            [7, 'unpublished'],
            [5, 'unreadable'],
          ],
          [],
        ),
      ),
    ).toBe(8);
    expect(nextCheckpointId(listing([[3, 1]], [from(2, 1, 12)]))).toBe(13);
  });

  it('is not driven to where numbers stop to count by what somebody has put there', () => {
    expect(
      nextCheckpointId(
        listing(
          [
            [3, 1],
            [Number.MAX_SAFE_INTEGER, 'unreadable'],
          ],
          [],
        ),
      ),
    ).toBe(4);
    expect(nextCheckpointId(listing([], [from(2, 1, 2 ** 50 + 1)]))).toBe(1);
  });
});

describe('a history that began with a snapshot from elsewhere (L5)', () => {
  const external = (epoch: number, pointer?: string): FoundOwner => ({
    epoch,
    restoredFrom: null,
    external: pointer === undefined ? {} : { pointer },
  });
  const decisionOf = (checkpoints: readonly Listed[], owners: readonly FoundOwner[]) =>
    decideLineage(listing(checkpoints, owners), ({ checkpointId }) => {
      const lineage = checkpoints.find(([id]) => id === checkpointId)?.[1];
      return typeof lineage === 'number' ? { epoch: lineage } : undefined;
    });

  it('goes back to it while there is no checkpoint, and never starts clean', () => {
    const older: Listed[] = [
      [1, 1],
      [2, 1],
    ];
    const owners = [clean(1), external(2, '/sp'), undecided(3)];
    const decision = decisionOf(older, owners);
    expect(decision).toMatchObject({ restorable: [], mayStartClean: false, external: { pointer: '/sp' } });
    expect(decision.ignored.map(({ cause }) => cause)).toEqual(['zombie', 'zombie']);
    expect(decisionOf([], [external(1, '/sp')])).toMatchObject({ mayStartClean: false, external: { pointer: '/sp' } });
    expect(decisionOf([], [external(1)])).toMatchObject({ mayStartClean: false, external: {} });
  });

  it('continues with its own checkpoints once there are some', () => {
    const decision = decisionOf(
      [
        [1, 1],
        [5, 2],
      ],
      [clean(1), external(2, '/sp')],
    );
    expect(decision.restorable.map(({ checkpointId }) => checkpointId)).toEqual([5]);
    const heir = decisionOf(
      [
        [1, 1],
        [5, 2],
      ],
      [clean(1), external(2, '/sp'), from(3, 2, 5)],
    );
    expect(heir.restorable.map(({ checkpointId }) => checkpointId)).toEqual([5]);
    expect(heir.external).toBeUndefined();
  });
});

describe('an epoch that names two owners, because the records of the first are lost', () => {
  it('gives the second none of the checkpoints that are not younger than what it began with', () => {
    const listed: Listed[] = [
      [3, 2],
      [4, 2],
      [5, 1],
      [6, 2],
    ];
    const { restorable, ignored, reasons } = decide(listed, [clean(1), from(2, 1, 5)]);
    expect(restorable).toEqual([6, 5]);
    expect(ignored).toEqual([
      [3, 'zombie'],
      [4, 'zombie'],
    ]);
    expect(reasons[0]).toMatch(/owner 2 began with checkpoint 5, so an older one is another owner's/);
  });
});

describe('the owners whose records are needed', () => {
  function inUse(checkpoints: readonly Listed[], owners: readonly FoundOwner[]): number[] | undefined {
    const lineages = new Map(checkpoints);
    const epochs = ownersInUse(listing(checkpoints, owners), ({ checkpointId }) => {
      const lineage = lineages.get(checkpointId);
      return typeof lineage === 'number' ? { epoch: lineage } : lineage === 'unreadable' ? lineage : undefined;
    });
    return epochs && [...epochs].sort((a, b) => a - b);
  }

  it('are those that checkpoints name, the history between them, and the last two of it', () => {
    const owners = [clean(1), from(2, 1, 1), from(3, 2, 4), from(4, 3, 6), undecided(5), from(6, 4, 8)];
    expect(inUse([], owners)).toEqual([4, 6]);
    expect(inUse([[8, 4]], owners)).toEqual([4, 6]);
    const old: Listed = [4, 2];
    expect(inUse([old, [8, 4]], owners)).toEqual([2, 3, 4, 6]);
  });

  it('are one by one those of abandoned checkpoints: what lies between them goes', () => {
    const owners = [clean(1), from(2, 1, 1), from(3, 2, 4), from(4, 3, 6)];
    // Checkpoint 9 of owner 1 is a zombie's.
    expect(
      inUse(
        [
          [9, 1],
          [6, 3],
        ],
        owners,
      ),
    ).toEqual([1, 3, 4]);
  });

  it('are all as soon as one checkpoint cannot be read', () => {
    expect(inUse([[1, 'unreadable']], [clean(1), undecided(2), from(3, 1, 1)])).toBeUndefined();
  });
});
