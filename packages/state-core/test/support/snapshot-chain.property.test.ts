// CH2 to CH4 of snapshot-chain.ts under random loads: how long chains become, and how much is written for what changed.

import { testRuns } from '@tidemark/config/test-runs';
import { assert, double, integer, property, record } from 'fast-check';
import { expect, it } from 'vitest';
import { KeyGroupRange } from '../../src/index.js';
import type { SegmentReference } from '../../src/spi.js';
import { CHAIN_SEGMENTS_MAX, KEY_GROUPS_PER_DUE, type KeyGroupMode, SnapshotChain } from '../../src/support.js';

interface Load {
  readonly seed: number;
  readonly keyGroups: number;
  /** How much of the key groups a checkpoint touches, and how much of a key group it changes. */
  readonly touched: number;
  readonly changed: number;
  /** How much of what changes is new. */
  readonly growth: number;
}

function segment(checkpointId: number, range: KeyGroupRange): SegmentReference {
  return {
    uid: checkpointId.toString(16).padStart(32, '0'),
    stream: { kind: 'byte-stream', name: `${checkpointId}`, bytes: new Uint8Array(0) },
    lengthBytes: 0,
    checksum: 0,
    checkpointId,
    scope: 'shared',
    keyGroupRange: { first: range.first, last: range.last },
  };
}

function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const CHECKPOINTS = 400;
const SIZE_BYTES = 100_000;

it('chains are bounded, and so is what is written beyond what changed', () => {
  const loads = record({
    seed: integer(),
    keyGroups: integer({ min: 1, max: 40 }),
    touched: double({ min: 0.01, max: 1, noNaN: true }),
    changed: double({ min: 0.0001, max: 1, noNaN: true }),
    growth: double({ min: 0, max: 1, noNaN: true }),
  });
  const run = property(loads, ({ seed, keyGroups, touched, changed, growth }: Load) => {
    const random = randomOf(seed);
    const range = KeyGroupRange.of(3, keyGroups + 2);
    const sizes = new Map([...range].map((keyGroup) => [keyGroup, SIZE_BYTES]));
    const segmentsMax = CHAIN_SEGMENTS_MAX + KEY_GROUPS_PER_DUE;
    let chain = SnapshotChain.empty(range);
    let [changedBytes, writtenBytes, forLength] = [0, 0, 0];
    for (let checkpointId = 1; checkpointId <= CHECKPOINTS; checkpointId++) {
      const deltas = new Map<number, number>();
      for (const keyGroup of range) {
        if (checkpointId === 1 || random() > touched) continue;
        const size = sizes.get(keyGroup) as number;
        const delta = Math.ceil(size * changed * random());
        deltas.set(keyGroup, delta);
        // What is new makes the state larger; it does not grow for ever.
        if (size < 10 * SIZE_BYTES) sizes.set(keyGroup, size + Math.floor(delta * growth));
        changedBytes += delta;
      }
      const due = deltas.size === 0 ? new Set<number>() : chain.due((keyGroup) => deltas.has(keyGroup));
      expect(due.size).toBeLessThanOrEqual(Math.ceil(keyGroups / KEY_GROUPS_PER_DUE));
      const before = chain;
      const modeOf = (keyGroup: number): KeyGroupMode => {
        if (!before.has(keyGroup) || due.has(keyGroup)) return 'image';
        const delta = deltas.get(keyGroup);
        if (delta === undefined) return 'unchanged';
        return delta >= (sizes.get(keyGroup) as number) ? 'image' : 'delta';
      };
      const bytesOf = (keyGroup: number): number =>
        modeOf(keyGroup) === 'image' ? (sizes.get(keyGroup) as number) : (deltas.get(keyGroup) ?? 0);
      const bytes = [...range].reduce((sum, keyGroup) => sum + bytesOf(keyGroup), 0);
      writtenBytes += bytes;
      if (checkpointId % CHAIN_SEGMENTS_MAX === 1) forLength += [...sizes.values()].reduce((a, b) => a + b, 0);
      const segments = bytes === 0 ? [] : [segment(checkpointId, range)];
      chain = before.continuedBy({ segments, modeOf, bytesOf, schemas: [] });
      expect(chain.segments.length).toBeLessThanOrEqual(segmentsMax);
      for (const { segment: start } of chain.chainStarts) expect(start).toBeLessThan(chain.segments.length);
      expect(Math.min(...chain.chainStarts.map(({ segment: start }) => start))).toBe(0);
    }
    // The first image and the images for length are paid for by nothing that changed; they are once in so many checkpoints.
    expect(writtenBytes).toBeLessThanOrEqual(3 * changedBytes + 2 * forLength);
  });
  assert(run, { numRuns: testRuns(60) });
});
