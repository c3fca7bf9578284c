// Faults of figures, reports and refusals.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are source.

import type { MutantOf } from './mutant.js';

/** See {@link MutantOf}. */
export const FIGURE_MUTANTS: readonly MutantOf[] = [
  {
    id: 'tracking-always-on',
    file: 'packages/state-core/src/support/keyed-state-tracking.ts',
    find: 'if (!config.get(options.enabled)) return undefined;',
    replace: '',
    breaks: 'calls are measured although nobody asked for it',
    killers: ['FIGURES-01'],
  },
  {
    id: 'samples-one-call-late',
    file: 'packages/state-core/src/support/keyed-state-tracking.ts',
    find: 'if (++calls < interval) return call(a, b);',
    replace: 'if (calls++ < interval) return call(a, b);',
    breaks: 'of every N calls and one more one is measured',
    killers: ['FIGURES-02', 'FIGURES-03', 'FIGURES-05'],
  },
  {
    id: 'samples-the-first-only',
    file: 'packages/state-core/src/support/keyed-state-tracking.ts',
    find: '      calls = 0;\n      return measure(call, a, b);',
    replace: '      return measure(call, a, b);',
    breaks: 'after the first sample every call is measured',
    killers: ['FIGURES-03'],
  },
  {
    id: 'latency-in-milliseconds',
    file: 'packages/state-core/src/support/keyed-state-tracking.ts',
    find: 'histogram.add(Math.round((clock.monotonicMs() - startMs) * NANOSECONDS_PER_MILLISECOND));',
    replace: 'histogram.add(clock.monotonicMs() - startMs + 0 * NANOSECONDS_PER_MILLISECOND);',
    breaks: 'latencies are told in milliseconds',
    killers: ['FIGURES-02'],
  },
  {
    id: 'steps-of-walks-unmeasured',
    file: 'packages/state-core/src/support/keyed-state-tracking.ts',
    find: 'const next = timed(ITERATOR_NEXT);',
    replace: 'const next: Sampler = (call, a, b) => call(a, b);',
    breaks: 'steps of walks over maps are not measured',
    killers: ['FIGURES-02'],
  },
  {
    id: 'sizes-without-namespace',
    file: 'packages/state-core/src/support/keyed-state-tracking.ts',
    find: '      sizes.namespace = namespace;',
    replace: '      void namespace;',
    breaks: 'the size of a key leaves the namespace out',
    killers: ['FIGURES-04'],
  },
  {
    id: 'figures-always-apart',
    file: 'packages/state-core/src/support/keyed-state-tracking.ts',
    find: 'const name = this.isByState ? `${stateName}.${figure}` : figure;',
    replace: 'const name = `${stateName}.${figure}`;',
    breaks: 'states do not share their figures where they should',
    killers: ['FIGURES-05'],
  },
  {
    id: 'metrics-as-objects',
    file: 'packages/state-core/src/support/restored-keyed-state.ts',
    find: 'return this.rawBytes;',
    replace: 'return { valueOf: () => this.rawBytes } as never;',
    breaks: 'a figure is no plain number',
    killers: ['METRICS-01'],
  },
  {
    id: 'report-without-ttl',
    file: 'packages/state-core/src/support/keyed-state-registry.ts',
    find: 'const migrates = reading.migrates || restored?.schemas.some((stored) => storedTimeOf(stored) !== time);',
    replace: 'const migrates = reading.migrates;',
    breaks: 'the report does not say that a time to live came or went',
    killers: ['TTL-41'],
  },
  {
    id: 'declared-under-one-name',
    file: 'packages/state-core/src/support/keyed-state-registry.ts',
    find: 'if (earlier !== undefined && earlier.kind !== descriptor.kind) throw nameTaken(earlier, descriptor);\n    const restored',
    replace: 'void earlier;\n    const restored',
    breaks: 'two declared states of different sorts have one name',
    killers: ['REGISTER-04'],
  },
  {
    id: 'empty-state-is-no-snapshot',
    file: 'packages/state-core/src/support/keyed-snapshot-writer.ts',
    find: 'if (registrations.length === 0 && restored.states.size === 0) return { jobManagerOwned: undefined };',
    replace:
      'if (!registrations.some((one) => [...parameters.keyGroupRange].some((group) => parameters.entries.hasEntries(one, group))) && restored.states.size === 0) return { jobManagerOwned: undefined };',
    breaks: 'states that are empty are in no snapshot',
    killers: ['KSB-QUEUE-26', 'MIGRATION-15', 'SNAPSHOT-09'],
  },
  {
    id: 'broadcast-values-unchecked',
    file: 'packages/state-core/src/support/operator-state-restore.ts',
    find: 'const resolvedValues = resolveValues(name, schema.value, values);',
    replace: 'const resolvedValues = { serializer: values, reader: values as ValueReader<V> };',
    breaks: 'broadcast values of another type are read',
    killers: ['MIGRATION-33', 'MIGRATION-35', 'MIGRATION-37'],
  },
  {
    id: 'broadcast-keys-unchecked',
    file: 'packages/state-core/src/support/operator-state-restore.ts',
    find: 'const resolvedKeys = resolveKeys(name, schema.key, keys);',
    replace:
      'const resolvedKeys = { serializer: keys, read: (bytes: Uint8Array) => deserializeKeyFromBytes(keys, bytes) };',
    breaks: 'broadcast keys of another type are read',
    killers: ['MIGRATION-34', 'MIGRATION-36', 'MIGRATION-38'],
  },
  {
    id: 'chains-never-end',
    file: 'packages/state-core/src/support/snapshot-chain.ts',
    find: 'if (byLength < 1 && !(byBytes > 1 && isChanged(keyGroup))) continue;',
    replace: 'if (byLength < 1e9) continue;',
    breaks: 'a key group is read from as many segments as there were checkpoints',
    killers: ['KSB-INCREMENT-09'],
  },
  {
    id: 'restored-chains-cover-one-subtask',
    file: 'packages/state-core/src/support/snapshot-chain.ts',
    find: 'for (let keyGroup = Math.max(first, range.first); keyGroup <= Math.min(last, range.last); keyGroup++) {',
    replace: 'for (let keyGroup = Math.max(first, range.first); keyGroup < Math.min(last, range.last); keyGroup++) {',
    breaks: 'the last key group of a former subtask is forgotten by the increments after a rescale',
    killers: ['RESCALE-05'],
  },
  {
    id: 'unread-segment-dropped',
    file: 'packages/state-core/src/support/snapshot-chain.ts',
    find: 'return starts.some(\n      (start, index) => start !== NO_START && start <= position && mayHold(segment, range.first + index),\n    );',
    replace:
      'return starts.some(\n      (start, index) => start !== NO_START && start === position && mayHold(segment, range.first + index),\n    );',
    breaks: 'a segment of another subtask that is still read is left out',
    killers: ['RESCALE-05'],
  },
  {
    id: 'life-time-in-32-bits',
    file: 'packages/state-core/src/support/ttl-policy.ts',
    find: `this.config = config;
    this.ttlMs = config.ttlMs;
    this.renewsOnRead = config.updateType === 'OnReadAndWrite';
    this.returnsExpired = config.stateVisibility === 'ReturnExpiredIfNotCleanedUp';
  }

  /** The time for entries`,
    replace: `this.config = config;
    this.ttlMs = Math.min(config.ttlMs, 2 ** 31);
    this.renewsOnRead = config.updateType === 'OnReadAndWrite';
    this.returnsExpired = config.stateVisibility === 'ReturnExpiredIfNotCleanedUp';
  }

  /** The time for entries`,
    breaks: 'the longest life times are 24 days',
    killers: ['TTL-04-A', 'TTL-04-B', 'TTL-04-C', 'TTL-04-D', 'TTL-04-E', 'TTL-04-F', 'TTL-04-G'],
  },
  {
    id: 'nothing-taken-for-a-list',
    file: 'packages/state-backend-hashmap/src/state/heap-list-state.ts',
    find: 'private copiesIn(values: Iterable<T>): T[] {',
    replace: 'private copiesIn(values: Iterable<T>): T[] {\n    if (values === undefined) return [];',
    breaks: 'undefined is taken for an empty list',
    killers: ['LIST-04', 'LIST-06'],
  },
  {
    id: 'value-of-first-key',
    file: 'packages/state-backend-hashmap/src/state/heap-value-state.ts',
    find: 'if (slot < 0) return this.copyOfDefault();',
    replace: 'if (slot < 0) return table.live > 0 ? (table.values[0] as T) : this.copyOfDefault();',
    breaks: 'a key without a value has that of another',
    killers: ['VALUE-01'],
  },
];
