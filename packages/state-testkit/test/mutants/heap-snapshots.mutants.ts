// Faults of snapshots and increments on the heap.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are source.

import type { MutantOf } from './mutant.js';

/** See {@link MutantOf}. */
export const HEAP_SNAPSHOT_MUTANTS: readonly MutantOf[] = [
  {
    id: 'snapshot-sees-later-write',
    file: 'packages/state-backend-hashmap/src/table/slots.ts',
    find: 'if (isNeeded) (this.views.at(-1) as SlotsView).keep(slot, preimage, this.changed[slot] as number);',
    replace: '',
    breaks: 'a snapshot writes what changed after its freeze',
    killers: ['KSB-INCREMENT-08', 'KSB-QUEUE-13', 'KSB-SNAPSHOT-01', 'SNAPSHOT-01', 'SNAPSHOT-03'],
  },
  {
    id: 'snapshot-sees-later-removal',
    file: 'packages/state-backend-hashmap/src/table/slots.ts',
    find: `protected vacateUnnoticed(slot: number): void {
    if (this.changed[slot] !== this.clock.epoch) this.touch(slot);`,
    replace: 'protected vacateUnnoticed(slot: number): void {',
    breaks: 'a snapshot misses what was removed after its freeze',
    killers: ['SNAPSHOT-01'],
  },
  {
    id: 'snapshot-sees-revived',
    file: 'packages/state-backend-hashmap/src/table/slots.ts',
    find: `protected revive(slot: number, value: unknown): void {
    if (this.changed[slot] !== this.clock.epoch) this.touch(slot);`,
    replace: 'protected revive(slot: number, value: unknown): void {',
    breaks: 'a snapshot sees an entry that came back after its freeze',
    killers: ['KSB-INCREMENT-08'],
  },
  {
    id: 'reused-slot-seen',
    file: 'packages/state-backend-hashmap/src/table/slots.ts',
    find: `if (this.views.length > 0) this.retired.push(slot);
    else this.reclaim(slot);`,
    replace: 'this.reclaim(slot);',
    breaks: 'a slot is used again while a snapshot still reads it',
    killers: ['KSB-INCREMENT-08', 'SNAPSHOT-01'],
  },
  {
    id: 'last-change-kept',
    file: 'packages/state-backend-hashmap/src/table/slots-view.ts',
    find: `if (page.values[slot & PAGE_MASK] !== UNCHANGED) return;
    page`,
    replace: 'page',
    breaks: 'a snapshot keeps the last change instead of the first',
    killers: ['KSB-INCREMENT-08', 'SNAPSHOT-03'],
  },
  {
    id: 'older-snapshot-loses-what-newer-kept',
    file: 'packages/state-backend-hashmap/src/table/slots.ts',
    find: 'if (older !== undefined && view !== undefined) older.inherit(view, index === 1);',
    replace: 'void older;',
    breaks: 'when a newer snapshot ends the older one sees its changes',
    killers: ['KSB-INCREMENT-08'],
  },
  {
    id: 'list-append-seen',
    file: 'packages/state-backend-hashmap/src/state/heap-list-state.ts',
    find: `if (table.isAwaitedBySnapshot(slot)) table.touch(slot, new FrozenList(elements, elements.length));
      else table.touch(slot);`,
    replace: 'table.touch(slot);',
    breaks: 'a snapshot sees what is appended to a list',
    killers: ['SNAPSHOT-01'],
  },
  {
    id: 'release-keeps-counting',
    file: 'packages/state-core/src/support/keyed-state-access.ts',
    find: 'this.runningSnapshots--;',
    replace: '',
    breaks: 'after some snapshots no other can be taken',
    killers: ['KSB-INCREMENT-03', 'KSB-INCREMENT-04', 'KSB-INCREMENT-11', 'SNAPSHOT-07'],
  },
  {
    id: 'limit-of-snapshots-ignored',
    file: 'packages/state-core/src/support/keyed-state-access.ts',
    find: 'if (this.runningSnapshots >= maxConcurrentSnapshots) {',
    replace: 'if (this.runningSnapshots > 1000) {',
    breaks: 'any number of snapshots runs at the same time',
    killers: ['SNAPSHOT-07'],
  },
  {
    id: 'limit-of-snapshots-off-by-one',
    file: 'packages/state-core/src/support/keyed-state-access.ts',
    find: 'if (this.runningSnapshots >= maxConcurrentSnapshots) {',
    replace: 'if (this.runningSnapshots >= maxConcurrentSnapshots - 1) {',
    breaks: 'one snapshot fewer than declared may run',
    killers: ['SNAPSHOT-07'],
  },
  {
    id: 'states-of-write-not-freeze',
    file: 'packages/state-core/src/support/keyed-state-access.ts',
    find: `const { registrations } = this.registry;
    const ttlTime = this.ttlClock.freeze();`,
    replace: `const { registry } = this;
    const registrations = { *[Symbol.iterator]() { yield* registry.registrations; }, map: (f: never) => registry.registrations.map(f), get length() { return registry.registrations.length; } } as unknown as typeof registry.registrations;
    const ttlTime = this.ttlClock.freeze();`,
    breaks: 'states that were made after the freeze are in the snapshot',
    killers: ['KSB-SNAPSHOT-02'],
  },
  {
    id: 'released-write-succeeds',
    file: 'packages/state-core/src/support/async-snapshot-callable.ts',
    find: 'if (!this.released) return undefined;',
    replace: 'if (this.running !== undefined || !this.released) return undefined;',
    breaks: 'a snapshot that was released is written all the same',
    killers: ['SNAPSHOT-04'],
  },
  {
    id: 'abort-ignored',
    file: 'packages/state-core/src/support/async-snapshot-callable.ts',
    find: 'if (signal.aborted) return checkpointAborted(checkpointId, signal);',
    replace: '',
    breaks: 'an aborted snapshot fails with another error or none',
    killers: ['SNAPSHOT-05'],
  },
  {
    id: 'release-frees-nothing',
    file: 'packages/state-core/src/support/async-snapshot-callable.ts',
    find: `if (this.running !== undefined) return void this.closeables.close();
    this.end();`,
    replace: 'if (this.running !== undefined) return void this.closeables.close();',
    breaks: 'a snapshot that is released before it is written stays counted',
    killers: ['SNAPSHOT-07'],
  },
  {
    id: 'close-twice-fails',
    file: 'packages/state-core/src/support/keyed-state-access.ts',
    find: `this.closing ??= this.closeOnce();
    return this.closing;`,
    replace: `if (this.closing !== undefined) throw new TypeError('closed already');
    this.closing = this.closeOnce();
    return this.closing;`,
    breaks: 'a second close fails',
    killers: [
      'CLOSE-01',
      'FIGURES-06',
      'MIGRATION-07',
      'MIGRATION-08',
      'RESTORE-01',
      'RESTORE-02',
      'RESTORE-03',
      'RESTORE-04',
      'SNAPSHOT-04',
    ],
  },
  {
    id: 'empty-backend-has-handle',
    file: 'packages/state-core/src/support/keyed-snapshot-writer.ts',
    find: 'if (registrations.length === 0 && restored.states.size === 0) return { jobManagerOwned: undefined };',
    replace: '',
    breaks: 'a backend without states has a handle',
    killers: ['SNAPSHOT-08'],
  },
  {
    id: 'stream-left-open-on-failure',
    file: 'packages/state-core/src/support/keyed-snapshot-writer.ts',
    find: `await opened.writer.abort();
`,
    replace: '',
    breaks: 'a snapshot that fails leaves its stream open',
    killers: ['MUTATION-01', 'REWRITE-06'],
  },
  {
    id: 'last-key-group-missing',
    file: 'packages/state-core/src/support/keyed-snapshot-writer.ts',
    find: `for (const keyGroup of parameters.keyGroupRange) {
      const startBytes`,
    replace: `for (const keyGroup of [...parameters.keyGroupRange].slice(0, Math.max(1, parameters.keyGroupRange.numberOfKeyGroups - 1))) {
      const startBytes`,
    breaks: 'the last key group is not in a snapshot',
    killers: ['KSB-INCREMENT-04', 'RESCALE-02', 'RESTORE-07', 'SNAPSHOT-02'],
  },
  {
    id: 'range-of-handle-too-short',
    file: 'packages/state-core/src/support/keyed-snapshot-writer.ts',
    find: 'const range = { first: keyGroupRange.first, last: keyGroupRange.last };',
    replace:
      'const range = { first: keyGroupRange.first, last: Math.max(keyGroupRange.first, keyGroupRange.last - 1) };',
    breaks: 'a handle does not name its last key group',
    killers: ['RESCALE-02', 'RESTORE-07', 'RESTORE-09', 'SNAPSHOT-02'],
  },
  {
    id: 'carried-states-dropped',
    file: 'packages/state-core/src/support/keyed-snapshot-writer.ts',
    find: `if (link !== undefined) {
      writer.startState(keyGroup, id);
      await writeCarried(link, writer, context);
    } else`,
    replace: '',
    breaks: 'what was restored and not used is not in the next snapshot',
    killers: ['MIGRATION-01', 'MIGRATION-02', 'MIGRATION-04', 'MIGRATION-05'],
  },
  {
    id: 'digest-missing',
    file: 'packages/state-core/src/support/keyed-snapshot-writer.ts',
    find: `digests: digestsOf(finished, keyGroupRange),
    ...(ttl`,
    replace: '...(ttl',
    breaks: 'a snapshot has no digest',
    killers: ['SB-SNAPSHOT-01'],
  },
  {
    id: 'shared-scope-of-savepoint',
    file: 'packages/state-core/src/support/keyed-snapshot-writer.ts',
    find: `const { run, scope = 'exclusive' } = parameters;
  const { context }`,
    replace: `const { run, scope = 'shared' } = parameters;
  const { context }`,
    breaks: 'a full image is written as shared',
    killers: ['KSB-INCREMENT-03'],
  },
  {
    id: 'base-ignored',
    file: 'packages/state-core/src/support/snapshot-bases.ts',
    find: "const base = sharing === 'forward-backward' && context.base !== undefined ? this.name(context.base) : undefined;",
    replace: 'const base = undefined;',
    breaks: 'no checkpoint builds on another',
    killers: ['KSB-INCREMENT-01', 'KSB-INCREMENT-02', 'KSB-INCREMENT-07'],
  },
  {
    id: 'delta-forgets-removals',
    file: 'packages/state-backend-hashmap/src/snapshot/heap-changes-writer.ts',
    find: 'if (log.length > 0) await removals.write(log);',
    replace: '',
    breaks: 'an increment does not say what was removed',
    killers: ['KSB-INCREMENT-01', 'KSB-INCREMENT-03', 'KSB-INCREMENT-05', 'KSB-SNAPSHOT-03'],
  },
  {
    id: 'removals-not-remembered',
    file: 'packages/state-backend-hashmap/src/table/slots.ts',
    find: 'if (this.clock.isRemembering && (this.born[slot] as number) < this.clock.epoch) this.logRemoval(slot);',
    replace: '',
    breaks: 'removals are not noted',
    killers: ['KSB-INCREMENT-01', 'KSB-INCREMENT-03', 'KSB-INCREMENT-05', 'KSB-SNAPSHOT-03'],
  },
  {
    id: 'removal-of-restored-forgotten',
    file: 'packages/state-backend-hashmap/src/table/slots.ts',
    find: 'if (this.clock.isRemembering && (this.born[slot] as number) < this.clock.epoch) this.logRemoval(slot);',
    replace:
      'if (this.clock.isRemembering && (this.born[slot] as number) < this.clock.epoch && this.born[slot] !== 0) this.logRemoval(slot);',
    breaks: 'removals of what was restored are not noted',
    killers: ['KSB-INCREMENT-07', 'KSB-SNAPSHOT-03'],
  },
  {
    id: 'removals-of-first-epoch-only',
    file: 'packages/state-backend-hashmap/src/table/change-log.ts',
    find: 'return this.epochs.filter(({ epoch }) => epoch > baseEpoch && epoch <= lastEpoch);',
    replace: 'return this.epochs.filter(({ epoch }) => epoch > baseEpoch && epoch <= lastEpoch).slice(-1);',
    breaks: 'of several epochs since the base only the last counts',
    killers: ['KSB-INCREMENT-05', 'KSB-INCREMENT-08'],
  },
  {
    id: 'changes-of-base-epoch-lost',
    file: 'packages/state-backend-hashmap/src/table/slots.ts',
    find: 'if ((changed[slot] as number) <= baseEpoch || !this.isChangedSince(baseEpoch, view, slot)) continue;',
    replace: 'if ((changed[slot] as number) <= baseEpoch + 1 || !this.isChangedSince(baseEpoch, view, slot)) continue;',
    breaks: 'an increment lacks the changes right after the base',
    killers: ['KSB-INCREMENT-03', 'KSB-INCREMENT-05', 'KSB-INCREMENT-11', 'KSB-SNAPSHOT-03'],
  },
  {
    id: 'changed-after-freeze-not-counted',
    file: 'packages/state-backend-hashmap/src/table/slots.ts',
    find: 'if ((this.changed[slot] as number) <= view.frozen.epoch) return true;',
    replace: `if ((this.changed[slot] as number) > view.frozen.epoch) return false;
    if ((this.changed[slot] as number) <= view.frozen.epoch) return true;`,
    breaks: 'what changed before and again after the freeze is not in the increment',
    killers: ['KSB-INCREMENT-08'],
  },
  {
    id: 'restored-entries-count-as-changed',
    file: 'packages/state-backend-hashmap/src/table/slots.ts',
    find: 'this.changed.fill(0, 0, this.count);',
    replace: '',
    breaks: 'the first increment after a restore holds what was restored',
    killers: ['KSB-INCREMENT-07'],
  },
  {
    id: 'freeze-ends-no-epoch',
    file: 'packages/state-backend-hashmap/src/table/epoch-clock.ts',
    find: 'this.epoch++;',
    replace: '',
    breaks: 'changes after a freeze count as before it',
    killers: ['KSB-SNAPSHOT-01', 'RESCALE-03', 'SNAPSHOT-05', 'SNAPSHOT-06', 'SNAPSHOT-10'],
  },
  {
    id: 'repeated-removal-written',
    file: 'packages/state-backend-hashmap/src/snapshot/removals-writer.ts',
    find: 'if (this.isThere(address) || (mayRepeat && this.isRepeated(address))) return;',
    replace: 'if (this.isThere(address)) return;',
    breaks: 'an increment removes an address twice',
    killers: ['KSB-INCREMENT-05'],
  },
  {
    id: 'segments-of-base-dropped',
    file: 'packages/state-core/src/support/snapshot-chain.ts',
    find: 'const all = [...this.parts.segments, ...segments];',
    replace: 'const all = [...this.parts.segments.slice(0, Math.max(1, this.parts.segments.length - 1)), ...segments];',
    breaks: 'a checkpoint forgets the increment before',
    killers: ['KSB-INCREMENT-03', 'KSB-INCREMENT-07'],
  },
  {
    id: 'image-keeps-chain',
    file: 'packages/state-core/src/support/snapshot-chain.ts',
    find: 'starts[index] = segments.length === 0 ? NO_START : this.parts.segments.length;',
    replace: 'starts[index] = Math.max(0, this.parts.starts[index] as number);',
    breaks: 'after a full image the chain still begins at the start',
    killers: ['KSB-INCREMENT-11', 'KSB-SNAPSHOT-03'],
  },
  {
    id: 'chains-grow-for-ever',
    file: 'packages/state-core/src/support/snapshot-chain.ts',
    find: 'const most = Math.ceil(range.numberOfKeyGroups / KEY_GROUPS_PER_DUE);',
    replace: 'const most = 0;',
    breaks: 'chains are never cut',
    killers: ['KSB-INCREMENT-11'],
  },
  {
    id: 'restored-chain-not-base',
    file: 'packages/state-core/src/support/snapshot-chain.ts',
    find: 'if (!handles.every(mayBeBase)) return undefined;',
    replace: 'return undefined;',
    breaks: 'the first checkpoint after a restore is always whole',
    killers: ['KSB-INCREMENT-07'],
  },
  {
    id: 'unchanged-is-written',
    file: 'packages/state-core/src/support/incremental-snapshot-writer.ts',
    find: "if (changed === 0) return 'unchanged';",
    replace: '',
    breaks: 'an idle task writes its state again',
    killers: ['KSB-INCREMENT-02'],
  },
  {
    id: 'image-for-any-change',
    file: 'packages/state-core/src/support/incremental-snapshot-writer.ts',
    find: "return changed - slight >= there ? 'image' : 'delta';",
    replace: "return 'image';",
    breaks: 'any change makes a full image',
    killers: ['KSB-INCREMENT-01', 'KSB-INCREMENT-07'],
  },
  {
    id: 'only-first-state-asked',
    file: 'packages/state-core/src/support/incremental-snapshot-writer.ts',
    find: 'changed += changes.changedEntries;',
    replace:
      'changed = Math.max(changed, changes.changedEntries) + (registration === registrations[0] ? 0 : -changes.changedEntries);',
    breaks: 'changes of other states than the first do not count',
    killers: ['KSB-SNAPSHOT-03'],
  },
  {
    id: 'checkpointed-size-of-all',
    file: 'packages/state-core/src/support/incremental-snapshot-writer.ts',
    find: 'checkpointedSizeBytes: written.reduce((sum, { segment }) => sum + segment.reference.lengthBytes, 0),',
    replace: 'checkpointedSizeBytes: chain.segments.reduce((sum, reference) => sum + reference.lengthBytes, 0),',
    breaks: 'the size of an increment counts what it shares',
    killers: ['KSB-INCREMENT-01', 'KSB-INCREMENT-02', 'KSB-INCREMENT-07'],
  },
  {
    id: 'increment-without-base-id',
    file: 'packages/state-core/src/support/incremental-snapshot-writer.ts',
    find: '...(isFull || increment.base === undefined ? {} : { baseCheckpointId: increment.base.checkpointId }),',
    replace: '',
    breaks: 'an increment does not say what it builds on',
    killers: ['KSB-INCREMENT-01'],
  },
  {
    id: 'unsorted-blocks',
    file: 'packages/state-backend-hashmap/src/snapshot/frozen-entries.ts',
    find: 'format.sort(slots);',
    replace: '',
    breaks: 'entries are written in the order in which they came',
    killers: ['MIGRATION-03', 'MIGRATION-06', 'MIGRATION-09', 'SB-SNAPSHOT-01'],
  },
  {
    id: 'mutated-value-written',
    file: 'packages/state-backend-hashmap/src/snapshot/heap-entries-writer.ts',
    find: `const value = frozen instanceof StampedValue ? frozen.value : frozen;
        this.tables.verify(registration, value);
        writer.put(table.keys[slot], table.namespaceAt(slot), value, stampMs);`,
    replace: `const value = frozen instanceof StampedValue ? frozen.value : frozen;
        writer.put(table.keys[slot], table.namespaceAt(slot), value, stampMs);`,
    breaks: 'a snapshot writes values that changed behind its back',
    killers: ['MUTATION-01'],
  },
  {
    id: 'metrics-count-nothing-raw',
    file: 'packages/state-backend-hashmap/src/heap-keyed-state-backend.ts',
    find: 'const count = decoded + restoredRecordCount(this.restored, name);',
    replace: 'const count = decoded;',
    breaks: 'figures leave out what was restored and not used yet',
    killers: ['FIGURES-06', 'FIGURES-07'],
  },
  {
    id: 'rewritten-not-named',
    file: 'packages/state-core/src/support/keyed-snapshot-layers.ts',
    find: 'notRewritten.push(state.name);',
    replace: 'void notRewritten;',
    breaks: 'a snapshot does not say what it could not rewrite',
    killers: ['REWRITE-03'],
  },
];
