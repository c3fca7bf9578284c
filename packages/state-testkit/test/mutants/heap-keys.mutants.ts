// Faults of keys, namespaces and names on the heap.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are source.

import type { MutantOf } from './mutant.js';

/** See {@link MutantOf}. */
export const HEAP_KEY_MUTANTS: readonly MutantOf[] = [
  {
    id: 'null-key-accepted',
    file: 'packages/state-core/src/support/keyed-current-key.ts',
    find: `setCurrentKey(key: K): void {
    if (key === undefined || key === null) throw new TypeError('a key must not be null or undefined');`,
    replace: `setCurrentKey(key: K): void {
    if (key === undefined || key === null) return this.clearCurrentKey();`,
    breaks: 'null clears the key',
    killers: ['KEY-02'],
  },
  {
    id: 'key-of-other-subtask-accepted',
    file: 'packages/state-core/src/support/keyed-current-key.ts',
    find: `if (!this.range.contains(keyGroup)) throw this.outOfRange(keyGroup);
    if (this.closed)`,
    replace: 'if (this.closed)',
    breaks: 'a key of another subtask is taken',
    killers: ['KEY-02'],
  },
  {
    id: 'key-after-close',
    file: 'packages/state-core/src/support/keyed-current-key.ts',
    find: `if (this.closed) throw this.backendClosed();
    const identity`,
    replace: 'const identity',
    breaks: 'a key is chosen after close',
    killers: ['CLOSE-01'],
  },
  {
    id: 'key-group-without-key',
    file: 'packages/state-core/src/support/keyed-current-key.ts',
    find: `if (this.keyGroup < 0) throw this.unavailable();
    return this.keyGroup;`,
    replace: 'return this.keyGroup;',
    breaks: 'without a key there is a key group',
    killers: ['KEY-01'],
  },
  {
    id: 'clear-key-ignored',
    file: 'packages/state-core/src/support/keyed-current-key.ts',
    find: `this.key = undefined;
    this.keyGroup = -1;
    this.selection++;`,
    replace: `this.key = undefined;
    this.selection++;`,
    breaks: 'a cleared key is still in use',
    killers: ['CLOSE-01', 'FIGURES-06', 'KEY-01'],
  },
  {
    id: 'listener-not-called',
    file: 'packages/state-core/src/support/keyed-current-key.ts',
    find: 'if (this.listeners.length > 0) for (const listener of this.listeners) listener(key);',
    replace: '',
    breaks: 'listeners are not told of keys',
    killers: ['KEY-03'],
  },
  {
    id: 'listener-cannot-leave',
    file: 'packages/state-core/src/support/keyed-current-key.ts',
    find: 'this.listeners = remaining;',
    replace: 'void remaining;',
    breaks: 'a listener is told for ever',
    killers: ['KEY-03'],
  },
  {
    id: 'listener-leaves-always',
    file: 'packages/state-core/src/support/keyed-current-key.ts',
    find: 'const wasThere = remaining.length < this.listeners.length;',
    replace: 'const wasThere = true;',
    breaks: 'any listener was there',
    killers: ['KEY-03'],
  },
  {
    id: 'key-group-off-by-one',
    file: 'packages/state-core/src/key-group/key-group-assignment.ts',
    find: 'return murmurHash(keyHash) % maxParallelism;',
    replace: 'return (murmurHash(keyHash) + 1) % maxParallelism;',
    breaks: 'keys belong to the next key group',
    killers: ['KEY-02', 'KSB-QUEUE-14', 'KSB-QUEUE-15'],
  },
  {
    id: 'no-key-is-a-type-error',
    file: 'packages/state-core/src/support/keyed-current-key.ts',
    find: `return new StateError(
      'no-current-key',`,
    replace: `return new StateError(
      'backend-closed',`,
    breaks: 'using state without a key says that the backend was closed',
    killers: ['KEY-01'],
  },
  {
    id: 'unknown-state-has-keys',
    file: 'packages/state-backend-hashmap/src/heap-keyed-state-backend.ts',
    find: 'if (registration === undefined) return;',
    replace: 'if (registration === undefined) throw new RangeError(stateName);',
    breaks: 'the keys of an unknown state are an error',
    killers: ['KEY-07', 'KSB-QUEUE-17'],
  },
  {
    id: 'keys-of-all-namespaces',
    file: 'packages/state-backend-hashmap/src/heap-keyed-state-backend.ts',
    find: 'for (const key of table.keysOf(identity)) yield this.keyForProgram(key);',
    replace: 'for (const [key] of table.keysAndNamespaces()) yield this.keyForProgram(key);',
    breaks: 'the keys of a namespace are those of all',
    killers: ['MIGRATION-17', 'NAMESPACE-03'],
  },
  {
    id: 'keys-given-live',
    file: 'packages/state-core/src/support/keyed-state-access.ts',
    find: 'return keySerializer.isImmutableType || this.passing.objectReuse ? (key as K) : keySerializer.copy(key as K);',
    replace: 'return key as K;',
    breaks: 'a walk gives the stored keys',
    killers: ['KEY-08'],
  },
  {
    id: 'keys-of-first-group-only',
    file: 'packages/state-backend-hashmap/src/heap-keyed-state-backend.ts',
    find: 'for (const key of table.keysOf(identity)) yield this.keyForProgram(key);',
    replace: `{
        for (const key of table.keysOf(identity)) yield this.keyForProgram(key);
        break;
      }`,
    breaks: 'a walk over keys ends with the first key group',
    killers: ['KEY-05', 'KEY-06', 'KEY-07', 'MAP-07'],
  },
  {
    id: 'keys-walk-skips-restored',
    file: 'packages/state-backend-hashmap/src/heap-keyed-state-backend.ts',
    find: 'return this.states.get(stateName)?.tables.all() ?? [];',
    replace: 'return this.states.get(stateName)?.tables.made() ?? [];',
    breaks: 'a walk over keys misses what was restored and not used yet',
    killers: ['KEY-06', 'KSB-QUEUE-17'],
  },
  {
    id: 'keys-walk-never-fails',
    file: 'packages/state-backend-hashmap/src/table/key-table.ts',
    find: `yield this.keys[slot];
      if (this.structure !== structure) throw concurrentModification('the keys of a state');`,
    replace: 'yield this.keys[slot];',
    breaks: 'a walk over keys goes on over a state that changed',
    killers: ['KEY-07'],
  },
  {
    id: 'map-keys-walk-gives-each-entry',
    file: 'packages/state-backend-hashmap/src/table/map-table.ts',
    find: 'if (owner === undefined || owner.live === 0 || seen.has(owner)) continue;',
    replace: 'if (owner === undefined || owner.live === 0) continue;',
    breaks: 'a walk gives a key once for every map entry',
    killers: ['NAMESPACE-05'],
  },
  {
    id: 'apply-keeps-last-key',
    file: 'packages/state-core/src/support/keyed-state-access.ts',
    find: `if (outerKey === undefined) this.currentKey.clearCurrentKey();
      else this.currentKey.setCurrentKey(outerKey);`,
    replace: '',
    breaks: 'after a walk over all keys the last one stays chosen',
    killers: ['KEY-05', 'KEY-06'],
  },
  {
    id: 'apply-walks-live',
    file: 'packages/state-core/src/support/keyed-state-access.ts',
    find: 'const keys = [...this.getKeys(descriptor.name, namespace)];',
    replace: 'const keys = this.getKeys(descriptor.name, namespace);',
    breaks: 'a function cannot change what it is applied to',
    killers: ['KEY-05'],
  },
  {
    id: 'partitioned-state-keeps-namespace',
    file: 'packages/state-core/src/support/keyed-state-access.ts',
    find: `lastState.state.setCurrentNamespace(namespace);
      return`,
    replace: 'return',
    breaks: 'the state asked for again is in the namespace before',
    killers: ['NAMESPACE-04'],
  },
  {
    id: 'partitioned-state-by-name',
    file: 'packages/state-core/src/support/keyed-state-access.ts',
    find: 'if (lastState?.descriptor === descriptor && lastState.namespaceSerializer === namespaceSerializer) {',
    replace:
      'if (lastState?.descriptor.kind === descriptor.kind && lastState.namespaceSerializer === namespaceSerializer) {',
    breaks: 'another state of the same sort is given',
    killers: ['NAMESPACE-04'],
  },
  {
    id: 'entries-of-first-state',
    file: 'packages/state-backend-hashmap/src/heap-keyed-state-backend.ts',
    find: 'for (const name of this.states.keys()) for (const table of this.tablesOf(name)) count += table.entryCount;',
    replace:
      'for (const name of this.states.keys()) for (const table of this.tablesOf(name)) count = Math.max(count, table.entryCount);',
    breaks: 'the number of entries is that of the fullest table',
    killers: ['KEY-04', 'KSB-KEY-01', 'NAMESPACE-01'],
  },
  {
    id: 'state-after-close',
    file: 'packages/state-core/src/support/keyed-state-access.ts',
    find: `getOrCreateKeyedState<N, D extends StateDescriptor>(
    namespaceSerializer: KeySerializer<N>,
    descriptor: D,
  ): KeyedStateOf<K, N, D> {
    this.currentKey.checkOpen();`,
    replace: `getOrCreateKeyedState<N, D extends StateDescriptor>(
    namespaceSerializer: KeySerializer<N>,
    descriptor: D,
  ): KeyedStateOf<K, N, D> {`,
    breaks: 'states are made after close',
    killers: ['CLOSE-01'],
  },
  {
    id: 'other-kind-given',
    file: 'packages/state-core/src/support/keyed-state-registry.ts',
    find: `if (existing.kind !== descriptor.kind) throw nameTaken(existing.descriptor, descriptor);
`,
    replace: '',
    breaks: 'a name is given out for another sort of state',
    killers: ['REGISTER-01'],
  },
  {
    id: 'other-serializer-given',
    file: 'packages/state-core/src/support/keyed-state-registry.ts',
    find: "if (answer.outcome === 'incompatible' || answer.outcome === 'compatible-after-migration') {",
    replace: "if (answer.outcome === 'compatible-after-migration') {",
    breaks: 'a state in use is given with another type of values',
    killers: ['REGISTER-03'],
  },
  {
    id: 'other-map-keys-given',
    file: 'packages/state-core/src/support/keyed-state-registry.ts',
    find: "if (descriptor.kind === 'map' && !snapshotsEqual(schema.mapKey as never, descriptor.key.snapshot())) {",
    replace: "if (descriptor.kind === 'map' && schema.mapKey === undefined) {",
    breaks: 'a map in use is given with another type of keys',
    killers: ['REGISTER-03'],
  },
  {
    id: 'other-namespaces-given',
    file: 'packages/state-core/src/support/keyed-state-registry.ts',
    find: `checkNamespacesAgain(name, schema.namespace, namespaceSerializer);
`,
    replace: '',
    breaks: 'a state in use is given with another type of namespaces',
    killers: ['MIGRATION-17', 'REGISTER-03'],
  },
  {
    id: 'descriptor-of-first-call-stays',
    file: 'packages/state-core/src/support/keyed-state-registry.ts',
    find: `existing.descriptor = descriptor;
  existing.ttl`,
    replace: 'existing.ttl',
    breaks: 'the functions and defaults of the first descriptor stay',
    killers: ['REGISTER-02'],
  },
  {
    id: 'queue-and-state-share-name',
    file: 'packages/state-core/src/support/keyed-state-registry.ts',
    find: `const earlier = this.declared.get(name);
    if (earlier !== undefined) throw nameTaken(earlier, { kind: 'priority-queue', name });`,
    replace: '',
    breaks: 'a queue takes the name of a state',
    killers: ['KSB-QUEUE-16'],
  },
  {
    id: 'state-takes-name-of-queue',
    file: 'packages/state-core/src/support/keyed-state-registry.ts',
    find: 'const earlier = this.queues.get(descriptor.name) ?? this.declared.get(descriptor.name);',
    replace: 'const earlier = this.declared.get(descriptor.name);',
    breaks: 'a state takes the name of a queue',
    killers: ['KSB-QUEUE-16'],
  },
];
