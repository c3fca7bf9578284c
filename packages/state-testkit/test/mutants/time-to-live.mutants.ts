// Faults of time to live on the heap.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are source.

import type { MutantOf } from './mutant.js';

/** See {@link MutantOf}. */
export const TIME_TO_LIVE_MUTANTS: readonly MutantOf[] = [
  {
    id: 'expired-at-less-than',
    file: 'packages/state-core/src/support/ttl-policy.ts',
    find: 'if (stampMs + this.ttlMs > nowMs) return false;',
    replace: 'if (stampMs + this.ttlMs >= nowMs) return false;',
    breaks: 'an entry lives a millisecond too long',
    killers: ['TTL-13', 'TTL-21', 'TTL-22', 'TTL-24', 'TTL-28'],
  },
  {
    id: 'expired-never',
    file: 'packages/state-core/src/support/ttl-policy.ts',
    find: 'if (stampMs + this.ttlMs > nowMs) return false;',
    replace: 'return false;',
    breaks: 'nothing expires',
    killers: ['TTL-03-B', 'TTL-06-B', 'TTL-07-B', 'TTL-08-B'],
  },
  {
    id: 'read-does-not-renew',
    file: 'packages/state-core/src/support/ttl-policy.ts',
    find: `this.config = config;
    this.ttlMs = config.ttlMs;
    this.renewsOnRead = config.updateType === 'OnReadAndWrite';
    this.returnsExpired = config.stateVisibility === 'ReturnExpiredIfNotCleanedUp';
  }

  /** Takes`,
    replace: `this.config = config;
    this.ttlMs = config.ttlMs;
    this.renewsOnRead = false;
    this.returnsExpired = config.stateVisibility === 'ReturnExpiredIfNotCleanedUp';
  }

  /** Takes`,
    breaks: 'reading never renews',
    killers: ['KSB-INCREMENT-TTL-03', 'TTL-02-A', 'TTL-02-B', 'TTL-02-E', 'TTL-02-F', 'TTL-02-G', 'TTL-27'],
  },
  {
    id: 'read-always-renews',
    file: 'packages/state-core/src/support/ttl-policy.ts',
    find: `this.config = config;
    this.ttlMs = config.ttlMs;
    this.renewsOnRead = config.updateType === 'OnReadAndWrite';
    this.returnsExpired = config.stateVisibility === 'ReturnExpiredIfNotCleanedUp';
  }

  /** Takes`,
    replace: `this.config = config;
    this.ttlMs = config.ttlMs;
    this.renewsOnRead = true;
    this.returnsExpired = config.stateVisibility === 'ReturnExpiredIfNotCleanedUp';
  }

  /** Takes`,
    breaks: 'reading always renews',
    killers: ['TTL-01-B', 'TTL-01-C', 'TTL-01-D', 'TTL-11-B'],
  },
  {
    id: 'expired-never-returned',
    file: 'packages/state-core/src/support/ttl-policy.ts',
    find: `this.config = config;
    this.ttlMs = config.ttlMs;
    this.renewsOnRead = config.updateType === 'OnReadAndWrite';
    this.returnsExpired = config.stateVisibility === 'ReturnExpiredIfNotCleanedUp';
  }

  /** Takes`,
    replace: `this.config = config;
    this.ttlMs = config.ttlMs;
    this.renewsOnRead = config.updateType === 'OnReadAndWrite';
    this.returnsExpired = false;
  }

  /** Takes`,
    breaks: 'what has expired is never given',
    killers: ['TTL-03-B', 'TTL-03-C', 'TTL-03-D', 'TTL-03-E', 'TTL-29'],
  },
  {
    id: 'expired-always-returned',
    file: 'packages/state-core/src/support/ttl-policy.ts',
    find: `this.config = config;
    this.ttlMs = config.ttlMs;
    this.renewsOnRead = config.updateType === 'OnReadAndWrite';
    this.returnsExpired = config.stateVisibility === 'ReturnExpiredIfNotCleanedUp';
  }

  /** Takes`,
    replace: `this.config = config;
    this.ttlMs = config.ttlMs;
    this.renewsOnRead = config.updateType === 'OnReadAndWrite';
    this.returnsExpired = true;
  }

  /** Takes`,
    breaks: 'what has expired is given once more',
    killers: ['TTL-01-B', 'TTL-06-B', 'TTL-07-B', 'TTL-34'],
  },
  {
    id: 'new-settings-ignored',
    file: 'packages/state-core/src/support/keyed-state-registry.ts',
    find: 'existing.ttl?.configure(descriptor.ttl);',
    replace: '',
    breaks: 'the settings of a later descriptor are ignored',
    killers: ['TTL-39'],
  },
  {
    id: 'ttl-of-new-settings-ignored',
    file: 'packages/state-core/src/support/ttl-policy.ts',
    find: `configure(config: StateTtlConfig): void {
    this.config = config;
    this.ttlMs = config.ttlMs;`,
    replace: `configure(config: StateTtlConfig): void {
    this.config = config;`,
    breaks: 'another life time is ignored',
    killers: ['TTL-39'],
  },
  {
    id: 'event-time-is-processing-time',
    file: 'packages/state-core/src/support/ttl-policy.ts',
    find: "return config.timeCharacteristic === 'EventTime' ? 'event' : 'processing';",
    replace: "return 'processing';",
    breaks: 'event time is ignored',
    killers: ['TTL-40', 'TTL-42', 'TTL-43', 'TTL-50'],
  },
  {
    id: 'time-read-on-every-access',
    file: 'packages/state-core/src/support/ttl-policy.ts',
    find: "return this.time === 'processing' ? this.clock.processingTimeMs : this.clock.eventTimeMs(keyGroup);",
    replace: `if (this.time === 'processing') this.clock.sample();
    return this.time === 'processing' ? this.clock.processingTimeMs : this.clock.eventTimeMs(keyGroup);`,
    breaks: 'time moves while a record is processed',
    killers: ['TTL-22'],
  },
  {
    id: 'time-never-read-again',
    file: 'packages/state-core/src/support/ttl-clock.ts',
    find: 'this.processingTimeMs = Math.floor(this.read());',
    replace: '',
    breaks: 'processing time stands still',
    killers: ['TTL-03-B', 'TTL-08-B', 'TTL-08-C', 'TTL-08-D'],
  },
  {
    id: 'any-mark-accepted',
    file: 'packages/state-core/src/support/ttl-clock.ts',
    find: 'if (!Number.isSafeInteger(timestampMs) || timestampMs === Number.MAX_SAFE_INTEGER) {',
    replace: 'if (Number.isNaN(timestampMs)) {',
    breaks: 'anything is a mark of event time',
    killers: ['TTL-42'],
  },
  {
    id: 'restored-mark-ignored',
    file: 'packages/state-core/src/support/ttl-clock.ts',
    find: 'return laterOf(this.restored.get(keyGroup), this.watermarkMs);',
    replace: 'return this.watermarkMs;',
    breaks: 'event time of a restored key group begins anew',
    killers: ['TTL-43', 'TTL-50'],
  },
  {
    id: 'restored-mark-wins',
    file: 'packages/state-core/src/support/ttl-clock.ts',
    find: 'return restoredMs !== undefined && restoredMs > watermarkMs ? restoredMs : watermarkMs;',
    replace: 'return restoredMs ?? watermarkMs;',
    breaks: 'event time stands still after a restore',
    killers: ['KSB-INCREMENT-TTL-04', 'KSB-INCREMENT-TTL-05', 'TTL-44', 'TTL-50'],
  },
  {
    id: 'marks-not-in-snapshot',
    file: 'packages/state-core/src/support/ttl-clock.ts',
    find: 'if (mark !== NO_TIME) marks.push([keyGroup, mark]);',
    replace: 'void mark;',
    breaks: 'snapshots do not hold event time',
    killers: ['TTL-43', 'TTL-50'],
  },
  {
    id: 'stamps-of-restored-state-old',
    file: 'packages/state-core/src/support/ttl-clock.ts',
    find: "return time === 'processing' ? this.startTimeMs : this.eventStartMs(keyGroup);",
    replace: "return time === 'processing' ? 0 : this.eventStartMs(keyGroup);",
    breaks: 'state that gets a time to live has expired already',
    killers: ['TTL-12-A', 'TTL-12-B', 'TTL-12-C', 'TTL-45'],
  },
  {
    id: 'update-does-not-stamp',
    file: 'packages/state-backend-hashmap/src/table/slot-stamps.ts',
    find: `this.set(slot, this.policy.nowMs(this.keyGroup));
`,
    replace: `if (this.stampsMs[slot] === 0 || this.slots.born[slot] === this.slots.clock.epoch) this.set(slot, this.policy.nowMs(this.keyGroup));
`,
    breaks: 'an update does not renew',
    killers: ['TTL-01-A', 'TTL-05-B', 'TTL-05-C', 'TTL-06-A', 'TTL-06-C', 'TTL-07-A', 'TTL-07-C'],
  },
  {
    id: 'expired-entry-stays',
    file: 'packages/state-backend-hashmap/src/table/slot-stamps.ts',
    find: `this.expire(slot);
      return false;
    }
    this.renew`,
    replace: `return false;
    }
    this.renew`,
    breaks: 'an expired entry is not taken away by reading',
    killers: ['TTL-01-C', 'TTL-01-E', 'TTL-01-F', 'TTL-01-G', 'TTL-02-C', 'TTL-30'],
  },
  {
    id: 'expired-entry-read',
    file: 'packages/state-backend-hashmap/src/table/slot-stamps.ts',
    find: `if (policy.returnsExpired) return true;
      this.expire(slot);
      return false;`,
    replace: `if (policy.returnsExpired) return true;
      this.expire(slot);
      return true;`,
    breaks: 'an expired entry is read as it goes',
    killers: ['TTL-06-C', 'TTL-06-D', 'TTL-06-E', 'TTL-34'],
  },
  {
    id: 'stamp-changes-in-snapshot',
    file: 'packages/state-backend-hashmap/src/table/slot-stamps.ts',
    find: 'if (slots.changed[slot] !== slots.clock.epoch && slots.touch(slot) && this.copy !== undefined) {',
    replace: 'if (slots.changed[slot] !== slots.clock.epoch && this.copy !== undefined && slots.touch(slot)) {',
    breaks: 'a snapshot sees stamps that were renewed after it',
    killers: ['KSB-INCREMENT-TTL-03', 'TTL-31'],
  },
  {
    id: 'renewed-value-shared-with-snapshot',
    file: 'packages/state-backend-hashmap/src/table/slot-stamps.ts',
    find: 'slots.values[slot] = this.copy(slots.values[slot]);',
    replace: 'void this.copy;',
    breaks: 'a renewed value is changed in a running snapshot',
    killers: ['TTL-32'],
  },
  {
    id: 'left-out-value-counts-as-held',
    file: 'packages/state-backend-hashmap/src/table/slot-stamps.ts',
    find: 'return epoch > baseEpoch || (this.leftOut.get(slot) ?? -1) >= epoch;',
    replace: 'return epoch > baseEpoch;',
    breaks: 'an increment counts on a value that the image left out',
    killers: ['KSB-INCREMENT-TTL-03'],
  },
  {
    id: 'stamp-lost-at-restore',
    file: 'packages/state-backend-hashmap/src/table/key-table.ts',
    find: 'stamps.set(slot as number, timestampMs);',
    replace: 'void slot;',
    breaks: 'stamps begin anew after a restore',
    killers: ['TTL-03-E', 'TTL-03-F', 'TTL-03-G', 'TTL-34'],
  },
  {
    id: 'map-stamp-lost-at-restore',
    file: 'packages/state-backend-hashmap/src/table/map-table.ts',
    find: 'if (timestampMs !== undefined) this.stamps?.set(slot, timestampMs);',
    replace: 'void slot;',
    breaks: 'stamps of map entries begin anew after a restore',
    killers: ['TTL-03-C', 'TTL-03-D', 'TTL-06-C', 'TTL-06-D'],
  },
  {
    id: 'list-stamp-of-oldest',
    file: 'packages/state-backend-hashmap/src/table/stamped-list.ts',
    find: 'this.stampsMs.push(stampMs);',
    replace: 'this.stampsMs.push(this.stampsMs[0] ?? stampMs);',
    breaks: 'appended elements are as old as the first',
    killers: ['TTL-05-A', 'TTL-24', 'TTL-25', 'TTL-33'],
  },
  {
    id: 'list-expires-as-a-whole',
    file: 'packages/state-backend-hashmap/src/table/stamped-list.ts',
    find: `if (policy.isExpired(stampMs, nowMs, keyGroup)) {
        isContinued`,
    replace: `if (policy.isExpired(Math.max(...this.stampsMs), nowMs, keyGroup)) {
        isContinued`,
    breaks: 'a list expires with its newest element',
    killers: ['TTL-05-A', 'TTL-23', 'TTL-25', 'TTL-38'],
  },
  {
    id: 'list-oldest-not-kept',
    file: 'packages/state-backend-hashmap/src/table/stamped-list.ts',
    find: 'if (stampMs < this.oldestMs) this.oldestMs = stampMs;',
    replace: 'this.oldestMs = stampMs;',
    breaks: 'older elements of a list never expire',
    killers: ['TTL-23', 'TTL-25', 'TTL-38'],
  },
  {
    id: 'list-read-renews-expired',
    file: 'packages/state-backend-hashmap/src/state/ttl-heap-list-state.ts',
    find: 'keepRest(table, slot, list, StampedList.of(elements, nowMs), this.ttl);',
    replace: 'keepRest(table, slot, list, StampedList.of(list.elements.slice(), nowMs), this.ttl);',
    breaks: 'reading a list renews its expired elements',
    killers: ['TTL-25'],
  },
  {
    id: 'list-read-does-not-renew',
    file: 'packages/state-backend-hashmap/src/state/ttl-heap-list-state.ts',
    find: `else if (policy.renewsOnRead) this.renew(table, slot, list, rest, nowMs);
`,
    replace: '',
    breaks: 'reading a list never renews',
    killers: ['TTL-02-B', 'TTL-25'],
  },
  {
    id: 'list-read-leaves-expired',
    file: 'packages/state-backend-hashmap/src/state/ttl-heap-list-state.ts',
    find: 'else if (rest !== list && !policy.returnsExpired) keepRest(table, slot, list, rest, this.ttl);',
    replace: '',
    breaks: 'expired elements stay in a list that is read',
    killers: ['TTL-23', 'TTL-38'],
  },
  {
    id: 'list-read-gives-expired',
    file: 'packages/state-backend-hashmap/src/state/ttl-heap-list-state.ts',
    find: 'const given = policy.returnsExpired ? list : rest;',
    replace: 'const given = list;',
    breaks: 'a list gives its expired elements',
    killers: ['TTL-01-B', 'TTL-02-B', 'TTL-06-B', 'TTL-07-B'],
  },
  {
    id: 'map-is-empty-counts-expired',
    file: 'packages/state-backend-hashmap/src/state/ttl-heap-map-state.ts',
    find: `if (!stamps.isExpired(slot)) return false;
      stamps.expire(slot);`,
    replace: 'return false;',
    breaks: 'a map whose entries have expired is not empty',
    killers: ['TTL-26'],
  },
  {
    id: 'map-walk-gives-expired',
    file: 'packages/state-backend-hashmap/src/state/ttl-heap-map-state.ts',
    find: 'enter: (slot) => stamps.reach(slot),',
    replace: 'enter: () => true,',
    breaks: 'a walk over a map gives expired entries',
    killers: ['TTL-01-D', 'TTL-02-D', 'TTL-06-D', 'TTL-07-D', 'TTL-12-D'],
  },
  {
    id: 'map-expired-given-for-ever',
    file: 'packages/state-backend-hashmap/src/state/ttl-heap-map-state.ts',
    find: `if (slot >= 0 && stamps.isExpired(slot)) stamps.expire(slot);
  }`,
    replace: `void slot;
  }`,
    breaks: 'an expired map entry is given again and again',
    killers: ['TTL-03-C', 'TTL-28'],
  },
  {
    id: 'map-walk-expired-given-for-ever',
    file: 'packages/state-backend-hashmap/src/state/ttl-heap-map-state.ts',
    find: 'if (stamps.policy.returnsExpired && stamps.isExpired(slot)) stamps.expire(slot);',
    replace: '',
    breaks: 'a walk gives an expired entry again and again',
    killers: ['TTL-03-D'],
  },
  {
    id: 'map-put-back-lost',
    file: 'packages/state-backend-hashmap/src/state/ttl-heap-map-state.ts',
    find: 'return { owner, slot: table.put(owner, mapKeySerializer.identity(mapKey), mapKey, value) };',
    replace: 'return { owner, slot: -1 };',
    breaks: 'setValue() of an expired entry is lost',
    killers: ['TTL-28'],
  },
  {
    id: 'value-expired-given-for-ever',
    file: 'packages/state-backend-hashmap/src/state/ttl-heap-key-states.ts',
    find: `if (this.registration.ttl?.returnsExpired) this.dropReturned();
    return value;`,
    replace: 'return value;',
    breaks: 'an expired value is given again and again',
    killers: ['TTL-03-A', 'TTL-20'],
  },
  {
    id: 'accumulator-expired-given-for-ever',
    file: 'packages/state-backend-hashmap/src/state/heap-key-state.ts',
    find: 'if (slot >= 0 && table.stamps.isExpired(slot)) table.stamps.expire(slot);',
    replace: 'void slot;',
    breaks: 'expired values are given again and again',
    killers: ['TTL-03-A', 'TTL-03-E', 'TTL-03-F', 'TTL-03-G'],
  },
  {
    id: 'image-keeps-expired',
    file: 'packages/state-backend-hashmap/src/snapshot/frozen-stamps.ts',
    find: 'this.leavesOut = leavesOut && policy.config.cleanupFullSnapshot;',
    replace: 'this.leavesOut = false;',
    breaks: 'full images keep what has expired although asked not to',
    killers: ['TTL-33'],
  },
  {
    id: 'stamps-not-written',
    file: 'packages/state-backend-hashmap/src/snapshot/heap-entries-writer.ts',
    find: 'writer.put(table.keys[slot], table.namespaceAt(slot), value, stampMs);',
    replace: 'writer.put(table.keys[slot], table.namespaceAt(slot), value, stampMs === undefined ? undefined : 0);',
    breaks: 'stamps are not in the snapshot',
    killers: [
      'TTL-06-F',
      'TTL-06-G',
      'TTL-07-E',
      'TTL-07-F',
      'TTL-07-G',
      'TTL-08-A',
      'TTL-08-E',
      'TTL-08-F',
      'TTL-08-G',
      'TTL-09-A',
      'TTL-09-E',
      'TTL-09-F',
      'TTL-09-G',
    ],
  },
  {
    id: 'list-left-out-not-noted',
    file: 'packages/state-backend-hashmap/src/snapshot/heap-entries-writer.ts',
    find: 'if (lineage !== undefined && first > 0) this.noteLeftOut(lineage);',
    replace: '',
    breaks: 'an increment counts on elements that the image left out',
    killers: ['KSB-INCREMENT-TTL-03'],
  },
  {
    id: 'settled-time-not-an-image',
    file: 'packages/state-backend-hashmap/src/snapshot/heap-changes-writer.ts',
    find: "if (log === undefined || table.settleTime(baseEpoch, this.frozen.epoch)) return 'unknown';",
    replace: "if (log === undefined) return 'unknown';",
    breaks: 'increments keep entries without the time that is known by now',
    killers: ['KSB-INCREMENT-TTL-05'],
  },
  {
    id: 'background-never-cleans',
    file: 'packages/state-core/src/support/ttl-cleanup.ts',
    find: 'return policy.config.cleanupInBackground && policy.ttlMs < Number.MAX_SAFE_INTEGER;',
    replace: 'return false;',
    breaks: 'nothing is cleaned up in the background',
    killers: ['TTL-46', 'TTL-48', 'TTL-51'],
  },
  {
    id: 'background-always-cleans',
    file: 'packages/state-core/src/support/ttl-cleanup.ts',
    find: 'return policy.config.cleanupInBackground && policy.ttlMs < Number.MAX_SAFE_INTEGER;',
    replace: 'return policy.ttlMs < Number.MAX_SAFE_INTEGER;',
    breaks: 'the background cleans what asked not to be',
    killers: ['TTL-47'],
  },
  {
    id: 'cleanup-runs-after-close',
    file: 'packages/state-core/src/support/ttl-cleanup.ts',
    find: `this.cancel?.();
    this.cancel = undefined;
    this.states.length = 0;`,
    replace: 'this.states.length = 0;',
    breaks: 'cleanup is still scheduled after close',
    killers: ['TTL-47'],
  },
  {
    id: 'incremental-cleanup-off',
    file: 'packages/state-core/src/support/ttl-cleanup.ts',
    find: 'setOnAccess(cleanUp);',
    replace: 'setOnAccess(undefined);',
    breaks: 'accesses clean nothing up',
    killers: ['TTL-11-A', 'TTL-11-B', 'TTL-11-C', 'TTL-11-D', 'TTL-11-E', 'TTL-11-F', 'TTL-11-G'],
  },
  {
    id: 'cleanup-for-records-off',
    file: 'packages/state-core/src/support/ttl-cleanup.ts',
    find: 'for (const cleanUp of this.forEveryRecord) cleanUp();',
    replace: '',
    breaks: 'records clean nothing up',
    killers: ['TTL-10-A', 'TTL-10-B', 'TTL-10-C', 'TTL-10-D', 'TTL-10-E', 'TTL-10-F', 'TTL-10-G'],
  },
  {
    id: 'cleanup-walk-ends-at-first-group',
    file: 'packages/state-backend-hashmap/src/table/ttl-table-cursor.ts',
    find: 'if (this.table >= tables.length) {',
    replace: 'if (this.table >= 1) {',
    breaks: 'cleanup never comes to the second key group',
    killers: ['TTL-10-A', 'TTL-46', 'TTL-48', 'TTL-51'],
  },
  {
    id: 'restamping-keeps-old-stamps',
    file: 'packages/state-core/src/support/restored-group-decoder.ts',
    find: `const visitor = restamping.agreesWith(link.schema)
        ? this.visitor
        : restamping.visitor(this.visitor, block.keyGroup);`,
    replace: `const visitor = this.visitor;
      void restamping;`,
    breaks: 'stamps of another clock are taken as they are',
    killers: ['TTL-12-A', 'TTL-12-B', 'TTL-12-C', 'TTL-12-E', 'TTL-12-F', 'TTL-12-G', 'TTL-15'],
  },
  {
    id: 'restamping-not-in-snapshot',
    file: 'packages/state-core/src/support/ttl-restamping.ts',
    find: "return this.time === 'stored' || this.time === storedTimeOf(schema);",
    replace: 'return true;',
    breaks: 'stored entries never get the stamps of today',
    killers: ['TTL-12-A', 'TTL-12-B', 'TTL-12-C', 'TTL-12-E'],
  },
  {
    id: 'restamped-schema-keeps-clock',
    file: 'packages/state-core/src/support/ttl-restamping.ts',
    find: 'return this.time === undefined ? { ...fields, ttl: false } : { ...fields, ttl: true, ttlTime: this.time };',
    replace: 'return schema;',
    breaks: 'restamped entries are named by their old schema',
    killers: ['TTL-35', 'TTL-36', 'TTL-37', 'TTL-49'],
  },
  {
    id: 'sample-without-records',
    file: 'packages/state-core/src/support/keyed-state-access.ts',
    find: `ttlClock.sample();
        ttlCleanup.recordBegins();`,
    replace: 'ttlCleanup.recordBegins();',
    breaks: 'a record does not take the time',
    killers: ['TTL-08-B', 'TTL-08-C', 'TTL-08-D', 'TTL-09-B', 'TTL-09-C', 'TTL-09-D'],
  },
];
