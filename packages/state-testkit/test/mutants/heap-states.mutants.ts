// Faults of the states on the heap.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are source.

import type { MutantOf } from './mutant.js';

/** See {@link MutantOf}. */
export const HEAP_STATE_MUTANTS: readonly MutantOf[] = [
  {
    id: 'value-given-without-copy',
    file: 'packages/state-core/src/support/value-passing.ts',
    find: 'if (this.copies) return this.serializer.copy(value);',
    replace: 'if (this.copies) return value;',
    breaks: 'whoever reads gets the stored object',
    killers: ['KSB-ALIAS-01', 'MAP-13', 'REDUCE-05'],
  },
  {
    id: 'value-taken-without-copy',
    file: 'packages/state-core/src/support/value-passing.ts',
    find: 'if (this.copies) return this.copyGiven(value);',
    replace: 'if (this.copies) return value;',
    breaks: 'the state stores the object of the program',
    killers: ['KSB-ALIAS-01', 'LIST-09', 'MAP-13', 'REDUCE-05', 'TTL-16'],
  },
  {
    id: 'object-reuse-ignored',
    file: 'packages/state-core/src/support/value-passing.ts',
    find: 'this.copies = !serializer.isImmutableType && !options.objectReuse;',
    replace: 'this.copies = !serializer.isImmutableType;',
    breaks: 'object reuse copies all the same',
    killers: ['MUTATION-01'],
  },
  {
    id: 'live-value-shared-with-snapshot',
    file: 'packages/state-core/src/support/value-passing.ts',
    find: 'if (!places.isAwaitedBySnapshot(place)) return value;',
    replace: 'if (place >= 0) return value;',
    breaks: 'with object reuse a snapshot sees what the program changes after it',
    killers: ['SNAPSHOT-12', 'SNAPSHOT-13'],
  },
  {
    id: 'live-copy-not-kept',
    file: 'packages/state-core/src/support/value-passing.ts',
    find: 'places.values[place] = copy;',
    replace: '',
    breaks: 'with object reuse a change beside a snapshot is lost unless it is given back',
    killers: ['SNAPSHOT-12', 'SNAPSHOT-13'],
  },
  {
    id: 'live-elements-shared-with-snapshot',
    file: 'packages/state-backend-hashmap/src/state/heap-list-state.ts',
    find: `if (!table.isAwaitedBySnapshot(slot)) return elements.slice();
    const copies`,
    replace: `if (slot >= 0) return elements.slice();
    const copies`,
    breaks: 'with object reuse a snapshot sees what the program changes in the elements of a list',
    killers: ['SNAPSHOT-12'],
  },
  {
    id: 'live-values-frozen',
    file: 'packages/state-core/src/support/value-passing.ts',
    find: 'if (!places.isAwaitedBySnapshot(place)) return value;',
    replace: 'if (!places.isAwaitedBySnapshot(place)) return Object.freeze(value);',
    breaks: 'with object reuse a value cannot be changed in place',
    killers: ['SNAPSHOT-12', 'SNAPSHOT-13', 'SNAPSHOT-14', 'VALUE-07'],
  },
  {
    id: 'same-object-is-no-update',
    file: 'packages/state-backend-hashmap/src/state/heap-key-state.ts',
    find: `const { currentKey } = this;
    table.put(currentKey.identity, this.namespaceIdentity, currentKey.key, this.namespace, value);`,
    replace: `const { currentKey } = this;
    const slot = table.find(currentKey.identity, this.namespaceIdentity);
    if (slot >= 0 && table.values[slot] === value) return;
    table.put(currentKey.identity, this.namespaceIdentity, currentKey.key, this.namespace, value);`,
    breaks: 'an object that was changed in place and given back is no change',
    killers: ['SNAPSHOT-14'],
  },
  {
    id: 'mutation-check-off',
    file: 'packages/state-core/src/support/value-passing.ts',
    find: 'this.mutationCheck = this.isLive && options.checkMutation ? new MutationCheck(stateName, serializer) : undefined;',
    replace: 'this.mutationCheck = undefined;',
    breaks: 'changes behind the back of the state are not found',
    killers: ['MUTATION-01'],
  },
  {
    id: 'mutation-unchecked-on-read',
    file: 'packages/state-core/src/support/value-passing.ts',
    find: `this.mutationCheck?.verify(value);
    if (!places`,
    replace: 'if (!places',
    breaks: 'a changed value is given out again',
    killers: ['MUTATION-01'],
  },
  {
    id: 'refusal-without-state',
    file: 'packages/state-core/src/support/value-passing.ts',
    find: "state '${this.stateName}' was given a value",
    replace: 'a value was given',
    breaks: 'a refused value does not say of which state',
    killers: ['SNAPSHOT-11'],
  },
  {
    id: 'default-not-copied',
    file: 'packages/state-backend-hashmap/src/state/heap-value-state.ts',
    find: 'return this.valueSerializer.copy(descriptor.defaultValue as T);',
    replace: 'return descriptor.defaultValue as T;',
    breaks: 'the default value is shared by all keys',
    killers: ['VALUE-04'],
  },
  {
    id: 'default-ignored',
    file: 'packages/state-backend-hashmap/src/state/heap-value-state.ts',
    find: 'return this.valueSerializer.copy(descriptor.defaultValue as T);',
    replace: 'return undefined;',
    breaks: 'the default value is not given',
    killers: ['VALUE-03', 'VALUE-04'],
  },
  {
    id: 'default-once',
    file: 'packages/state-backend-hashmap/src/state/heap-value-state.ts',
    find: 'if (slot < 0) return this.copyOfDefault();',
    replace: 'if (slot < 0) return table.count > 0 ? undefined : this.copyOfDefault();',
    breaks: 'the default is given until something was stored',
    killers: ['VALUE-03'],
  },
  {
    id: 'update-undefined-ignored',
    file: 'packages/state-backend-hashmap/src/state/heap-value-state.ts',
    find: `if (value === undefined) this.clear();
    else`,
    replace: 'if (value !== undefined)',
    breaks: 'an update to undefined does not clear',
    killers: ['VALUE-05'],
  },
  {
    id: 'null-taken-for-nothing',
    file: 'packages/state-backend-hashmap/src/state/heap-value-state.ts',
    find: 'if (value === undefined) this.clear();',
    replace: 'if (value === undefined || value === null) this.clear();',
    breaks: 'null cannot be stored',
    killers: ['VALUE-06'],
  },
  {
    id: 'falsy-is-nothing',
    file: 'packages/state-backend-hashmap/src/state/heap-value-state.ts',
    find: 'if (slot < 0) return this.copyOfDefault();',
    replace: 'if (slot < 0 || !table.values[slot]) return this.copyOfDefault();',
    breaks: '0, false and the empty text count as nothing',
    killers: ['KSB-SNAPSHOT-01', 'KSB-SNAPSHOT-02', 'KSB-SNAPSHOT-03', 'SNAPSHOT-02', 'SNAPSHOT-03', 'SNAPSHOT-06'],
  },
  {
    id: 'clear-misses-first-slot',
    file: 'packages/state-backend-hashmap/src/state/heap-key-state.ts',
    find: `if (slot >= 0) table.remove(slot);
  }

  /** What is stored, or`,
    replace: `if (slot > 0) table.remove(slot);
  }

  /** What is stored, or`,
    breaks: 'the entry in the first slot cannot be cleared',
    killers: ['AGGREGATE-01', 'KEY-04', 'REDUCE-03', 'VALUE-02'],
  },
  {
    id: 'clear-needs-two',
    file: 'packages/state-backend-hashmap/src/state/heap-key-state.ts',
    find: `const slot = table.find(this.currentKey.identity, this.namespaceIdentity);
    if (slot >= 0) table.remove(slot);
  }

  /** What is stored, or`,
    replace: `const slot = table.find(this.currentKey.identity, 0);
    if (slot >= 0) table.remove(slot);
  }

  /** What is stored, or`,
    breaks: 'clear looks in another namespace',
    killers: ['MERGE-02', 'MERGE-03', 'MERGE-04'],
  },
  {
    id: 'namespace-null-accepted',
    file: 'packages/state-core/src/support/namespaced-state.ts',
    find: "if (namespace === undefined || namespace === null) throw new TypeError('a namespace must not be null or undefined');",
    replace: '',
    breaks: 'null is a namespace',
    killers: ['NAMESPACE-02'],
  },
  {
    id: 'namespace-identity-stale',
    file: 'packages/state-core/src/support/namespaced-state.ts',
    find: 'this.namespaceIdentity = this.namespaceSerializer.identity(namespace);',
    replace: 'this.namespaceIdentity ||= this.namespaceSerializer.identity(namespace);',
    breaks: 'the namespace that was chosen first stays',
    killers: ['MERGE-07', 'NAMESPACE-01', 'NAMESPACE-03', 'NAMESPACE-05'],
  },
  {
    id: 'missing-namespace-accepted',
    file: 'packages/state-core/src/support/namespaced-state.ts',
    find: 'if (this.namespace === undefined) {',
    replace: 'if (this.namespace === undefined && keyGroup < 0) {',
    breaks: 'a state with namespaces is used without one',
    killers: ['NAMESPACE-02'],
  },
  {
    id: 'no-key-is-first-group',
    file: 'packages/state-core/src/support/namespaced-state.ts',
    find: 'if (keyGroup < 0) throw this.currentKey.unavailable();',
    replace: 'if (keyGroup < 0) return this.tables.open(0);',
    breaks: 'without a key the state is used all the same',
    killers: ['KEY-01'],
  },
  {
    id: 'map-key-kept-by-reference',
    file: 'packages/state-backend-hashmap/src/table/map-table.ts',
    find: 'this.mapKeys[slot] = this.mapKeySerializer.isImmutableType ? mapKey : this.mapKeySerializer.copy(mapKey);',
    replace: 'this.mapKeys[slot] = mapKey;',
    breaks: 'a map key changes with the object of the program',
    killers: ['MAP-13'],
  },
  {
    id: 'map-key-given-live',
    file: 'packages/state-backend-hashmap/src/state/heap-map-iterator.ts',
    find: 'return this.passing.copiesMapKeys ? this.passing.mapKeySerializer.copy(key) : key;',
    replace: 'return key;',
    breaks: 'a walk gives the stored map key itself',
    killers: ['MAP-13'],
  },
  {
    id: 'map-put-undefined',
    file: 'packages/state-backend-hashmap/src/state/heap-map-state.ts',
    find: `const table = this.table();
    checkValue(value);
    this.store`,
    replace: `const table = this.table();
    this.store`,
    breaks: 'undefined is stored in a map',
    killers: ['MAP-12'],
  },
  {
    id: 'map-put-all-partial',
    file: 'packages/state-backend-hashmap/src/state/heap-map-state.ts',
    find: `checkValue(value);
      keys.push(key);`,
    replace: `if (value === undefined) continue;
      keys.push(key);`,
    breaks: 'putAll skips undefined',
    killers: ['MAP-12'],
  },
  {
    id: 'map-put-all-replaces',
    file: 'packages/state-backend-hashmap/src/state/heap-map-state.ts',
    find: `const owner = table.ownerFor(currentKey.identity, this.namespaceIdentity, currentKey.key, this.namespace);
    for (let index`,
    replace: `this.clear();
    const owner = table.ownerFor(currentKey.identity, this.namespaceIdentity, currentKey.key, this.namespace);
    for (let index`,
    breaks: 'putAll replaces the map',
    killers: ['MAP-01'],
  },
  {
    id: 'map-put-all-skips-last',
    file: 'packages/state-backend-hashmap/src/state/heap-map-state.ts',
    find: `for (let index = 0; index < keys.length; index++) {
      table.put`,
    replace: `for (let index = 0; index < keys.length - 1; index++) {
      table.put`,
    breaks: 'putAll loses the last entry',
    killers: ['MAP-01', 'MAP-09', 'SNAPSHOT-01'],
  },
  {
    id: 'map-put-all-into-first-key',
    file: 'packages/state-backend-hashmap/src/state/heap-map-state.ts',
    find: `const table = this.table();
    const { currentKey } = this;
    const owner = table.ownerFor(currentKey.identity, this.namespaceIdentity, currentKey.key, this.namespace);
    for`,
    replace: `const table = this.table();
    const { currentKey } = this;
    if (keys.length === 1) return this.store(table, keys[0] as UK, copies[0] as UV);
    const owner = table.ownerFor(currentKey.identity, this.namespaceIdentity, undefined, this.namespace);
    for`,
    breaks: 'a map that putAll makes does not know its key',
    killers: ['SNAPSHOT-01'],
  },
  {
    id: 'map-remove-is-clear',
    file: 'packages/state-backend-hashmap/src/state/heap-map-state.ts',
    find: `if (slot >= 0) table.remove(slot);
  }

  contains`,
    replace: `if (slot >= 0) table.clear(this.owner(table) as MapOwner);
  }

  contains`,
    breaks: 'removing one entry removes all',
    killers: ['MAP-01', 'MAP-02', 'MAP-07'],
  },
  {
    id: 'map-remove-ignored',
    file: 'packages/state-backend-hashmap/src/state/heap-map-state.ts',
    find: `if (slot >= 0) table.remove(slot);
  }

  contains`,
    replace: `void slot;
  }

  contains`,
    breaks: 'entries of a map cannot be removed',
    killers: ['MAP-01', 'MAP-02', 'MAP-07', 'MAP-09'],
  },
  {
    id: 'map-contains-value',
    file: 'packages/state-backend-hashmap/src/state/heap-map-state.ts',
    find: 'return this.slotOf(this.table(), key) >= 0;',
    replace: `const table = this.table();
    const slot = this.slotOf(table, key);
    return slot >= 0 && table.values[slot] !== null;`,
    breaks: 'an entry that holds null is not contained',
    killers: ['MAP-12'],
  },
  {
    id: 'map-is-empty-by-owner',
    file: 'packages/state-backend-hashmap/src/state/heap-map-state.ts',
    find: 'return this.owner(this.table()) === undefined;',
    replace: 'return this.tables.peek(this.currentKey.keyGroup) === undefined;',
    breaks: 'a map counts as full once its key group was used',
    killers: ['MAP-02', 'MAP-08', 'MAP-12'],
  },
  {
    id: 'map-clear-ignored',
    file: 'packages/state-backend-hashmap/src/state/heap-map-state.ts',
    find: `if (owner !== undefined) table.clear(owner);
  }

  entries`,
    replace: `void owner;
  }

  entries`,
    breaks: 'a map cannot be cleared',
    killers: ['MAP-06'],
  },
  {
    id: 'map-walk-starts-second',
    file: 'packages/state-backend-hashmap/src/state/heap-map-iterator.ts',
    find: 'this.position = this.isInPlace ? 1 : 0;',
    replace: 'this.position = this.isInPlace ? 4 : 1;',
    breaks: 'a walk misses the first entry',
    killers: ['MAP-05', 'MAP-08', 'MAP-10', 'MAP-11'],
  },
  {
    id: 'map-walk-never-fails',
    file: 'packages/state-backend-hashmap/src/state/heap-map-iterator.ts',
    find: "if (this.owner.structure !== this.structure) throw concurrentModification('a map state');",
    replace: '',
    breaks: 'a walk goes on over a map that changed',
    killers: ['MAP-09'],
  },
  {
    id: 'map-walk-remove-ignored',
    file: 'packages/state-backend-hashmap/src/state/heap-map-iterator.ts',
    find: 'if (this.table.holds(this.owner, slot)) this.table.remove(slot);',
    replace: '',
    breaks: 'remove() of a walk removes nothing',
    killers: ['MAP-03', 'MAP-08'],
  },
  {
    id: 'map-walk-remove-twice',
    file: 'packages/state-backend-hashmap/src/state/heap-map-iterator.ts',
    find: `this.structure = this.owner.structure;
    this.last = NO_SLOT;
  }`,
    replace: `this.structure = this.owner.structure;
  }`,
    breaks: 'remove() may be called twice',
    killers: ['MAP-03'],
  },
  {
    id: 'map-walk-fails-after-own-remove',
    file: 'packages/state-backend-hashmap/src/state/heap-map-iterator.ts',
    find: `if (this.table.holds(this.owner, slot)) this.table.remove(slot);
    this.structure = this.owner.structure;`,
    replace: 'if (this.table.holds(this.owner, slot)) this.table.remove(slot);',
    breaks: 'a walk fails after its own remove()',
    killers: ['MAP-03', 'MAP-08'],
  },
  {
    id: 'map-walk-set-lost',
    file: 'packages/state-backend-hashmap/src/state/heap-map-iterator.ts',
    find: `table.replace(owner, slot, written);
      return;`,
    replace: 'return;',
    breaks: 'setValue() sets nothing',
    killers: ['MAP-09'],
  },
  {
    id: 'map-entry-values-live',
    file: 'packages/state-backend-hashmap/src/state/heap-map-iterator.ts',
    find: 'return this.passing.values.copyOut(table.values[slot] as UV, table, slot);',
    replace: 'return table.values[slot] as UV;',
    breaks: 'a walk gives the stored values themselves',
    killers: ['MAP-13'],
  },
  {
    id: 'map-enlarged-loses-one',
    file: 'packages/state-backend-hashmap/src/table/map-owner.ts',
    find: `for (let place = 0; place < this.length; place += PLACE_STRIDE) {
      large.set`,
    replace: `for (let place = PLACE_STRIDE; place < this.length; place += PLACE_STRIDE) {
      large.set`,
    breaks: 'a map that grows loses its first entry',
    killers: ['MAP-02', 'MAP-03'],
  },
  {
    id: 'map-flat-delete-one',
    file: 'packages/state-backend-hashmap/src/table/map-owner.ts',
    find: 'this[place] = this[place + PLACE_STRIDE];',
    replace: 'this[place] = this[place + 1];',
    breaks: 'removing from a small map mixes its entries up',
    killers: ['MAP-01', 'MAP-07'],
  },
  {
    id: 'map-count-of-entries',
    file: 'packages/state-backend-hashmap/src/table/map-table.ts',
    find: 'if (owner.live++ === 0) this.entryCount++;',
    replace: `owner.live++;
    this.entryCount++;`,
    breaks: 'a map counts as many states as it has entries',
    killers: ['MAP-02'],
  },
  {
    id: 'list-elements-live',
    file: 'packages/state-backend-hashmap/src/state/heap-list-state.ts',
    find: 'return this.passing.copies ? elements.map((element) => this.valueSerializer.copy(element)) : elements.slice();',
    replace: 'return elements.slice();',
    breaks: 'whoever reads a list gets the stored elements',
    killers: ['LIST-09'],
  },
  {
    id: 'list-add-undefined',
    file: 'packages/state-backend-hashmap/src/state/heap-list-state.ts',
    find: `const table = this.table();
    checkElement(value);
    this.append`,
    replace: `const table = this.table();
    this.append`,
    breaks: 'undefined is added to a list',
    killers: ['LIST-02'],
  },
  {
    id: 'list-add-all-partial',
    file: 'packages/state-backend-hashmap/src/state/heap-list-state.ts',
    find: `checkElement(value);
      elements[index] = this.passing.copyIn(value);`,
    replace: 'elements[index] = this.passing.copyIn(value);',
    breaks: 'undefined is among what is added',
    killers: ['LIST-03', 'LIST-05'],
  },
  {
    id: 'list-add-replaces',
    file: 'packages/state-backend-hashmap/src/state/heap-list-state.ts',
    find: `for (const value of values) elements.push(value);
  }`,
    replace: `for (const value of values) elements.splice(0, elements.length, value);
  }`,
    breaks: 'add() replaces the list',
    killers: ['LIST-01', 'LIST-10', 'MERGE-01', 'SNAPSHOT-01'],
  },
  {
    id: 'list-add-in-front',
    file: 'packages/state-backend-hashmap/src/state/heap-list-state.ts',
    find: `for (const value of values) elements.push(value);
  }`,
    replace: `for (const value of values) elements.unshift(value);
  }`,
    breaks: 'add() puts elements in front',
    killers: ['LIST-01', 'LIST-07', 'LIST-10', 'SNAPSHOT-01'],
  },
  {
    id: 'list-add-without-copy',
    file: 'packages/state-backend-hashmap/src/state/heap-list-state.ts',
    find: 'this.append(table, [this.passing.copyIn(value)]);',
    replace: 'this.append(table, [value]);',
    breaks: 'a list stores the objects of the program',
    killers: ['LIST-09', 'MUTATION-01'],
  },
  {
    id: 'list-update-appends',
    file: 'packages/state-backend-hashmap/src/state/heap-list-state.ts',
    find: `const elements = this.copiesIn(values);
    this.put(this.table(), elements);`,
    replace: `const elements = this.copiesIn(values);
    if (elements.length > 0) this.append(this.table(), elements);`,
    breaks: 'update() of a list appends',
    killers: ['LIST-07'],
  },
  {
    id: 'list-update-takes-array',
    file: 'packages/state-backend-hashmap/src/state/heap-list-state.ts',
    find: 'const elements: T[] = isPlainArray(values) ? values.slice() : [...values];',
    replace: 'const elements: T[] = isPlainArray(values) ? values : [...values];',
    breaks: 'update() keeps the array of the program',
    killers: ['LIST-10'],
  },
  {
    id: 'list-update-empty-stays',
    file: 'packages/state-backend-hashmap/src/state/heap-list-state.ts',
    find: `else this.clear();
  }

  private copiesIn`,
    replace: `else return;
  }

  private copiesIn`,
    breaks: 'update() with nothing leaves the list',
    killers: ['LIST-07'],
  },
  {
    id: 'list-empty-is-entry',
    file: 'packages/state-backend-hashmap/src/state/heap-list-state.ts',
    find: `if (elements.length > 0)
      table.put`,
    replace: `if (elements.length >= 0)
      table.put`,
    breaks: 'an empty list is an entry',
    killers: ['LIST-07'],
  },
  {
    id: 'list-clear-ignored',
    file: 'packages/state-backend-hashmap/src/state/heap-list-state.ts',
    find: `if (slot >= 0) table.remove(slot);
  }

  getInternal`,
    replace: `void slot;
  }

  getInternal`,
    breaks: 'a list cannot be cleared',
    killers: ['KEY-05', 'LIST-07', 'LIST-08', 'MERGE-01'],
  },
  {
    id: 'list-add-all-empty-fails',
    file: 'packages/state-backend-hashmap/src/state/heap-list-state.ts',
    find: 'if (elements.length > 0) this.append(this.table(), elements);',
    replace: `if (elements.length === 0) throw new TypeError('nothing to add');
    this.append(this.table(), elements);`,
    breaks: 'addAll() of nothing is refused',
    killers: ['LIST-07'],
  },
  {
    id: 'list-merge-leaves-sources',
    file: 'packages/state-backend-hashmap/src/state/heap-list-state.ts',
    find: `if (found >= 0) table.remove(found);
    };
    return new MergedEntry(slot, value, () => value, remove);`,
    replace: `void found;
    };
    return new MergedEntry(slot, value, () => value, remove);`,
    breaks: 'merged lists stay where they were',
    killers: ['MERGE-01'],
  },
  {
    id: 'accumulator-shared-with-snapshot',
    file: 'packages/state-backend-hashmap/src/state/accumulator.ts',
    find: 'if (table.isAwaitedBySnapshot(slot)) {',
    replace: 'if (table.isAwaitedBySnapshot(slot) && slot < 0) {',
    breaks: 'a snapshot sees what is added after it',
    killers: ['AGGREGATE-02'],
  },
  {
    id: 'accumulator-change-lost',
    file: 'packages/state-backend-hashmap/src/state/accumulator.ts',
    find: 'table.replace(slot, changed);',
    replace: '',
    breaks: 'a new accumulator is not stored',
    killers: ['FOLD-01', 'REDUCE-01', 'REDUCE-02', 'REDUCE-05'],
  },
  {
    id: 'accumulator-given-live',
    file: 'packages/state-backend-hashmap/src/state/heap-aggregating-state.ts',
    find: 'return this.aggregate.getResult(this.valueSerializer.copy(accumulator));',
    replace: 'return this.aggregate.getResult(accumulator);',
    breaks: 'a result is the accumulator itself',
    killers: ['AGGREGATE-03'],
  },
  {
    id: 'aggregate-starts-shared',
    file: 'packages/state-backend-hashmap/src/state/heap-aggregating-state.ts',
    find: `const created = aggregate.createAccumulator();
      this.store(table, this.accepted(aggregate.add(value, created), created));`,
    replace: `const created = aggregate.createAccumulator();
      aggregate.add(value, created);
      this.store(table, this.accepted(created, created));`,
    breaks: 'the first addition counts only when it is in place',
    killers: ['MERGE-04'],
  },
  {
    id: 'aggregate-merge-takes-first',
    file: 'packages/state-backend-hashmap/src/state/heap-aggregating-state.ts',
    find: 'join: (first, second) => this.accepted(this.aggregate.merge(first, second), first),',
    replace: 'join: (first) => first,',
    breaks: 'merging drops all accumulators but one',
    killers: ['MERGE-03', 'MERGE-04'],
  },
  {
    id: 'fold-initial-shared',
    file: 'packages/state-backend-hashmap/src/state/heap-folding-state.ts',
    find: 'const initial = this.valueSerializer.copy(initialValue);',
    replace: 'const initial = initialValue;',
    breaks: 'all keys fold into one initial value',
    killers: ['FOLD-02'],
  },
  {
    id: 'fold-without-initial',
    file: 'packages/state-backend-hashmap/src/state/heap-folding-state.ts',
    find: 'this.store(table, this.accepted(fold(initial, value), initial));',
    replace: 'this.store(table, this.accepted(value as unknown as ACC, initial));',
    breaks: 'the first value is not folded',
    killers: ['FOLD-01', 'FOLD-02'],
  },
  {
    id: 'reduce-undefined',
    file: 'packages/state-backend-hashmap/src/state/heap-reducing-state.ts',
    find: `if (value === undefined) {
      this.clear();
      return;
    }`,
    replace: '',
    breaks: 'undefined is reduced',
    killers: ['REDUCE-04'],
  },
  {
    id: 'reduce-arguments-swapped',
    file: 'packages/state-backend-hashmap/src/state/heap-reducing-state.ts',
    find: 'this.accepted(this.reduce(old, given))',
    replace: 'this.accepted(this.reduce(given, old))',
    breaks: 'the new value comes first in a reduction',
    killers: ['REDUCE-01'],
  },
  {
    id: 'reduce-takes-last',
    file: 'packages/state-backend-hashmap/src/state/heap-reducing-state.ts',
    find: 'this.accepted(this.reduce(old, given))',
    replace: 'this.accepted(given)',
    breaks: 'only the last value is kept',
    killers: ['MERGE-02', 'REDUCE-01', 'REDUCE-02'],
  },
  {
    id: 'reduce-first-without-copy',
    file: 'packages/state-backend-hashmap/src/state/heap-reducing-state.ts',
    find: 'slot >= 0 && this.valueSerializer.isImmutableType ? value : this.passing.copyIn(value);',
    replace: 'value;',
    breaks: 'a reduced value is the object of the program',
    killers: ['REDUCE-05'],
  },
  {
    id: 'reduce-merge-leaves-sources',
    file: 'packages/state-backend-hashmap/src/state/heap-key-state.ts',
    find: `if (found >= 0) table.remove(found);
    };
    return new MergedEntry(slot, value, value`,
    replace: `void found;
    };
    return new MergedEntry(slot, value, value`,
    breaks: 'merged values stay where they were',
    killers: ['MERGE-02', 'MERGE-03', 'MERGE-04', 'MERGE-05'],
  },
  {
    id: 'merge-ignores-target',
    file: 'packages/state-core/src/support/merge-namespaces.ts',
    find: 'if (existing !== undefined && !entries.has(existing.place)) merged = merge.join(existing.copy(), merged);',
    replace: '',
    breaks: 'a merge replaces what the target held',
    killers: ['MERGE-01', 'MERGE-02', 'MERGE-03', 'MERGE-06'],
  },
  {
    id: 'merge-counts-target-twice',
    file: 'packages/state-core/src/support/merge-namespaces.ts',
    find: 'if (existing !== undefined && !entries.has(existing.place)) merged',
    replace: 'if (existing !== undefined) merged',
    breaks: 'a target among the sources counts twice',
    killers: ['MERGE-05'],
  },
  {
    id: 'merge-counts-source-twice',
    file: 'packages/state-core/src/support/merge-namespaces.ts',
    find: 'if (entry !== undefined && !entries.has(entry.place)) entries.set(entry.place, entry);',
    replace: 'if (entry !== undefined) entries.set({}, entry);',
    breaks: 'a source that is named twice counts twice',
    killers: ['MERGE-05'],
  },
  {
    id: 'merge-removes-target',
    file: 'packages/state-core/src/support/merge-namespaces.ts',
    find: 'for (const { place, remove } of all) if (place !== existing?.place) remove();',
    replace: 'for (const { remove } of all) remove();',
    breaks: 'a target among the sources goes',
    killers: ['MERGE-05'],
  },
  {
    id: 'merge-target-after-sources',
    file: 'packages/state-core/src/support/merge-namespaces.ts',
    find: 'merged = merge.join(existing.copy(), merged);',
    replace: 'merged = merge.join(merged, existing.copy());',
    breaks: 'what the target held comes last',
    killers: ['MERGE-06'],
  },
  {
    id: 'merge-removes-before-computing',
    file: 'packages/state-core/src/support/merge-namespaces.ts',
    find: 'const [first, ...others] = all;',
    replace: `const [first, ...others] = all;
  for (const { remove } of all) remove();`,
    breaks: 'a merge whose function fails has removed its sources',
    killers: ['MERGE-05'],
  },
  {
    id: 'merge-of-nothing-stores',
    file: 'packages/state-core/src/support/merge-namespaces.ts',
    find: 'if (first === undefined) return;',
    replace: 'if (first === undefined) return merge.store(target, undefined as V);',
    breaks: 'a merge of nothing stores something',
    killers: ['MERGE-01', 'MERGE-02', 'MERGE-03', 'MERGE-05'],
  },
];
