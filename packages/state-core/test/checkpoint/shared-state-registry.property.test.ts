// Checkpoints that build on one another, complete, fail, are dropped and pinned in any order: nothing that a kept or
// pinned checkpoint names is ever removed, nothing is removed twice, and in the end nothing is left behind.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RegisteredCheckpoint } from '../../src/checkpoint/shared-state-registry.js';
import { SharedStateRegistry } from '../../src/checkpoint/shared-state-registry.js';
import type { KeyedStateHandle, SegmentReference } from '../../src/handle/keyed-state-handle.js';
import { physicalStateHandleId } from '../../src/handle/stream-state-handle.js';

function handleOf(checkpointId: number, segments: readonly SegmentReference[]): KeyedStateHandle {
  return {
    kind: 'incremental',
    handleId: `${checkpointId}`,
    keyGroupRange: { first: 0, last: 0 },
    maxParallelism: 1,
    segments,
    chainStarts: [],
    checkpointId,
    checkpointedSizeBytes: 1,
  };
}

function checkpointOf(checkpointId: number, segments: readonly SegmentReference[]): RegisteredCheckpoint {
  const keyed = [handleOf(checkpointId, segments)];
  const subtasks = [{ subtaskIndex: 0, keyed, operator: [], rawKeyed: [], rawOperator: [] }];
  return { checkpointId, operators: [{ uid: 'op', parallelism: 1, maxParallelism: 1, subtasks }] };
}

const step = fc.record({
  action: fc.constantFrom('trigger', 'trigger', 'complete', 'complete', 'fail', 'drop'),
  full: fc.boolean(),
  which: fc.nat(5),
});

it('never removes what is named, and leaves nothing behind', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), async (steps) => {
      const written = new Set<string>();
      const removed = new Set<string>();
      const registry = new SharedStateRegistry({
        discarder: {
          discard: async (handle) => {
            const id = physicalStateHandleId(handle);
            expect(removed.has(id), `${id} removed twice`).toBe(false);
            removed.add(id);
          },
        },
      });
      const kept = new Map<number, readonly SegmentReference[]>();
      const pending: { id: number; base: number | undefined; segments: readonly SegmentReference[] }[] = [];
      let nextId = 1;

      const nothingNamedIsGone = (): void => {
        const named = [
          ...kept.values(),
          ...pending.flatMap(({ base, segments }) => (base === undefined ? [] : [segments.slice(0, -1)])),
        ];
        for (const segment of named.flat()) expect(removed.has(physicalStateHandleId(segment.stream))).toBe(false);
      };

      for (const { action, full, which } of steps) {
        if (action === 'trigger') {
          const id = nextId++;
          const base = full ? undefined : [...kept.keys()].at(-1);
          if (base !== undefined) registry.pin(base);
          const stream = { kind: 'file' as const, location: `segment-${id}`, sizeBytes: 1 };
          const own: SegmentReference = {
            uid: `${id}`,
            stream,
            lengthBytes: 1,
            checksum: 0,
            checkpointId: id,
            scope: 'shared',
          };
          written.add(stream.location);
          pending.push({ id, base, segments: [...(base === undefined ? [] : (kept.get(base) ?? [])), own] });
        } else if (action === 'drop') {
          const oldest = [...kept.keys()][0];
          if (oldest !== undefined && kept.size > 1) {
            kept.delete(oldest);
            registry.unregisterUnusedState(Math.min(...kept.keys()));
          }
        } else {
          const [ended] = pending.splice(which % Math.max(1, pending.length), 1);
          if (ended === undefined) continue;
          const newest = Math.max(0, ...kept.keys());
          if (action === 'complete' && ended.id > newest) {
            registry.registerCheckpoint(checkpointOf(ended.id, ended.segments));
            kept.set(ended.id, ended.segments);
          } else await registry.discardUnregistered(handleOf(ended.id, ended.segments));
          if (ended.base !== undefined) registry.unpin(ended.base);
        }
        await registry.drain();
        nothingNamedIsGone();
      }

      for (const { id, base, segments } of pending.splice(0)) {
        await registry.discardUnregistered(handleOf(id, segments));
        if (base !== undefined) registry.unpin(base);
      }
      kept.clear();
      expect([...registry.unregisterUnusedState(nextId)]).toEqual([]);
      await registry.close();
      expect([...removed].sort()).toEqual([...written].sort());
    }),
  );
});
