// Faults of restores and of operator state.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are source.

import type { MutantOf } from './mutant.js';

/** See {@link MutantOf}. */
export const RESTORE_MUTANTS: readonly MutantOf[] = [
  {
    id: 'max-parallelism-unchecked',
    file: 'packages/state-core/src/support/restored-keyed-state.ts',
    find: `for (const handle of parameters.stateHandles) checkMaxParallelism(handle, parameters);
`,
    replace: '',
    breaks: 'state of another max parallelism is read',
    killers: ['RESTORE-08'],
  },
  {
    id: 'key-schema-unchecked',
    file: 'packages/state-core/src/support/restored-keyed-state.ts',
    find: `if (answer.outcome === 'compatible-as-is') return;
  const previous`,
    replace: `if (answer.outcome !== undefined) return;
  const previous`,
    breaks: 'keys of another type are read',
    killers: ['RESTORE-05', 'RESTORE-06'],
  },
  {
    id: 'foreign-key-groups-restored',
    file: 'packages/state-core/src/support/restored-keyed-state.ts',
    find: '    : range.getIntersection(KeyGroupRange.of(keyGroupRange.first, keyGroupRange.last));',
    replace: '    : KeyGroupRange.of(keyGroupRange.first, keyGroupRange.last);',
    breaks: 'a subtask takes the key groups of others',
    killers: ['RESCALE-03', 'RESCALE-06'],
  },
  {
    id: 'first-handle-only',
    file: 'packages/state-core/src/support/restored-keyed-state.ts',
    find: 'for (const handle of parameters.stateHandles) await restored.loadHandle(handle, parameters);',
    replace: 'for (const handle of parameters.stateHandles.slice(0, 1)) await restored.loadHandle(handle, parameters);',
    breaks: 'of several handles one is restored',
    killers: ['KSB-QUEUE-22', 'RESCALE-01', 'RESCALE-07'],
  },
  {
    id: 'newest-segment-first',
    file: 'packages/state-core/src/support/restored-keyed-state.ts',
    find: 'for (const [index, reference] of handle.segments.entries()) {',
    replace: 'for (const [index, reference] of [...handle.segments.entries()].reverse()) {',
    breaks: 'the increments of a chain are read from the newest',
    killers: [
      'KSB-INCREMENT-01',
      'KSB-INCREMENT-03',
      'KSB-INCREMENT-05',
      'KSB-INCREMENT-TTL-06',
      'REWRITE-02',
      'REWRITE-04',
    ],
  },
  {
    id: 'last-segment-only',
    file: 'packages/state-core/src/support/restored-keyed-state.ts',
    find: 'if (ranges.length > 0) await this.loadSegment(reference, ranges, parameters);',
    replace:
      'if (ranges.length > 0 && index === handle.segments.length - 1) await this.loadSegment(reference, ranges, parameters);',
    breaks: 'of a chain the last increment is restored',
    killers: ['KSB-INCREMENT-01', 'KSB-INCREMENT-03', 'KSB-INCREMENT-05', 'MIGRATION-01'],
  },
  {
    id: 'restore-abort-ignored',
    file: 'packages/state-core/src/support/restored-keyed-state.ts',
    find: 'if (!signal.aborted) return;',
    replace: 'return;',
    breaks: 'a restore goes on after it was given up',
    killers: ['RESTORE-10'],
  },
  {
    id: 'restore-leaves-inputs-open',
    file: 'packages/state-core/src/support/restored-keyed-state.ts',
    find: `} finally {
      await reader.close();
    }`,
    replace: `} finally {
      void reader;
    }`,
    breaks: 'a restore leaves its inputs open',
    killers: ['KSB-INCREMENT-02', 'KSB-INCREMENT-04', 'MIGRATION-18', 'RESTORE-01', 'RESTORE-04', 'RESTORE-09'],
  },
  {
    id: 'kind-unchecked',
    file: 'packages/state-core/src/support/restored-compatibility.ts',
    find: `if (restored.kind !== descriptor.kind) throw kindDiffers(restored, descriptor);
`,
    replace: '',
    breaks: 'a state is restored as another sort',
    killers: ['KSB-RESTORE-02', 'RESTORE-07'],
  },
  {
    id: 'incompatible-values-read',
    file: 'packages/state-core/src/support/restored-compatibility.ts',
    find: `if (answer.outcome === 'incompatible') throw valueDiffers(descriptor, schema, answer.reason);
`,
    replace: '',
    breaks: 'values of another type are read',
    killers: ['MIGRATION-07', 'MIGRATION-08', 'MIGRATION-09', 'MIGRATION-14'],
  },
  {
    id: 'migration-not-applied',
    file: 'packages/state-core/src/support/restored-compatibility.ts',
    find: "readers.set(schema, answer.outcome === 'compatible-after-migration' ? answer.previous : valueSerializer);",
    replace: 'readers.set(schema, valueSerializer);',
    breaks: 'values are read without their migration',
    killers: ['MIGRATION-11', 'MIGRATION-16', 'REWRITE-03', 'REWRITE-05', 'TTL-14'],
  },
  {
    id: 'migration-not-reported',
    file: 'packages/state-core/src/support/restored-compatibility.ts',
    find: "if (answer.outcome === 'compatible-after-migration') migrates = true;",
    replace: '',
    breaks: 'a migration is not in the report',
    killers: ['MIGRATION-01', 'MIGRATION-02', 'MIGRATION-03', 'MIGRATION-12', 'MIGRATION-19'],
  },
  {
    id: 'map-keys-unchecked',
    file: 'packages/state-core/src/support/restored-compatibility.ts',
    find: `for (const schema of restored.schemas) if (schema.mapKey !== undefined) checkMapKey(schema.mapKey, descriptor);
`,
    replace: '',
    breaks: 'map keys of another type are read',
    killers: ['KSB-RESTORE-02', 'MIGRATION-16'],
  },
  {
    id: 'namespaces-unchecked',
    file: 'packages/state-core/src/support/restored-compatibility.ts',
    find: 'throw namespaceDiffers(restored.name, namespace, given.snapshot(), reasonOf(answer));',
    replace: 'continue;',
    breaks: 'namespaces of another type are read',
    killers: ['MIGRATION-10'],
  },
  {
    id: 'reconfigured-namespaces-ignored',
    file: 'packages/state-core/src/support/restored-compatibility.ts',
    find: `serializer = answer.serializer;
      continue;`,
    replace: 'continue;',
    breaks: 'the reconfigured serializer of namespaces is not used',
    killers: ['MIGRATION-17'],
  },
  {
    id: 'reconfigured-values-ignored',
    file: 'packages/state-core/src/support/restored-compatibility.ts',
    find: "if (answer.outcome === 'compatible-with-reconfigured-serializer') serializer = answer.serializer;",
    replace: '',
    breaks: 'the reconfigured serializer of values is not used',
    killers: ['MIGRATION-04', 'MIGRATION-05', 'MIGRATION-06', 'MIGRATION-13', 'MIGRATION-15'],
  },
  {
    id: 'namespace-asked-again-refused',
    file: 'packages/state-core/src/support/restored-compatibility.ts',
    find: `if (asked.resolveCompatibility(inUse).outcome === 'compatible-with-reconfigured-serializer') return;
`,
    replace: '',
    breaks: 'a state with reconfigured namespaces cannot be asked for twice',
    killers: ['MIGRATION-17'],
  },
  {
    id: 'newest-schema-only-checked',
    file: 'packages/state-core/src/support/restored-compatibility.ts',
    find: `for (const schema of restored.schemas) {
    const answer = valueSerializer.resolveCompatibility`,
    replace: `for (const schema of restored.schemas.slice(-1)) {
    const answer = valueSerializer.resolveCompatibility`,
    breaks: 'of several stored schemas one is checked',
    killers: ['MIGRATION-01', 'MIGRATION-02', 'MIGRATION-03', 'MIGRATION-12'],
  },
  {
    id: 'declared-states-unchecked',
    file: 'packages/state-core/src/support/keyed-state-access.ts',
    find: `for (const descriptor of parameters.declaredStates) this.registry.declare(descriptor);
`,
    replace: '',
    breaks: 'declared states are not checked at the restore',
    killers: ['MIGRATION-07', 'MIGRATION-08', 'MIGRATION-09', 'MIGRATION-14'],
  },
  {
    id: 'unregistered-states-not-reported',
    file: 'packages/state-core/src/support/keyed-state-registry.ts',
    find: `if (restored === undefined) return [];
      return [{ stateName, kind: restored.kind, outcome: 'kept', previousSchema: previousSchema as string }];`,
    replace: 'return [];',
    breaks: 'states that the program does not use are not in the report',
    killers: ['KSB-RESTORE-01', 'RESTORE-02'],
  },
  {
    id: 'report-says-new',
    file: 'packages/state-core/src/support/keyed-state-registry.ts',
    find: `return [{ stateName, kind: descriptor.kind, outcome: 'new', schema }];
    const migrates`,
    replace: `return [{ stateName, kind: descriptor.kind, outcome: 'matched', schema, previousSchema: schema }];
    const migrates`,
    breaks: 'new states are reported as restored',
    killers: ['RESTORE-02'],
  },
  {
    id: 'report-without-checkpoint',
    file: 'packages/state-core/src/support/keyed-state-registry.ts',
    find: 'return { restoredCheckpointId, states: [',
    replace: 'return { restoredCheckpointId: undefined, states: [',
    breaks: 'the report does not say which checkpoint was restored',
    killers: ['RESTORE-02'],
  },
  {
    id: 'report-unsorted',
    file: 'packages/state-core/src/support/keyed-state-registry.ts',
    find: 'const states = [...names].sort().flatMap',
    replace: 'const states = [...names].reverse().flatMap',
    breaks: 'the report is in no order',
    killers: ['KSB-RESTORE-01', 'RESTORE-02'],
  },
  {
    id: 'decoded-twice',
    file: 'packages/state-backend-hashmap/src/table/state-tables.ts',
    find: 'this.restored.drop(this.registration.name, keyGroup);',
    replace: '',
    breaks: 'what was decoded is carried along as it was restored',
    killers: ['MIGRATION-04', 'MIGRATION-05', 'RESCALE-01', 'RESTORE-03'],
  },
  {
    id: 'decoding-forgets-rest',
    file: 'packages/state-backend-hashmap/src/table/state-tables.ts',
    find: 'this.advance(begun, () => begun.decoder.finish());',
    replace: `this.advance(begun, () => begun.decoder.step());
      if (!begun.decoder.isDone) this.byIndex[keyGroup - this.firstKeyGroup] = begun.table;`,
    breaks: 'only the first block of a key group is decoded',
    killers: ['KSB-INCREMENT-01', 'KSB-INCREMENT-03', 'KSB-INCREMENT-05', 'SB-RESTORE-01'],
  },
  {
    id: 'decoding-error-swallowed',
    file: 'packages/state-backend-hashmap/src/table/state-tables.ts',
    find: 'throw restoreFailed(this.registration.name, keyGroup, error);',
    replace: `void restoreFailed;
      throw error;`,
    breaks: 'what cannot be decoded is not a failed restore',
    killers: ['MIGRATION-20', 'MIGRATION-21'],
  },
  {
    id: 'broken-table-stays',
    file: 'packages/state-backend-hashmap/src/table/state-tables.ts',
    find: `this.decoding = undefined;
      throw`,
    replace: `this.byIndex[keyGroup - this.firstKeyGroup] = table;
      this.decoding = undefined;
      throw`,
    breaks: 'after a failed decoding the half of a table is used',
    killers: ['MIGRATION-20'],
  },
  {
    id: 'loader-delete-ignored',
    file: 'packages/state-backend-hashmap/src/table/key-table.ts',
    find: 'delete: remove,',
    replace: 'delete: () => {},',
    breaks: 'removals of an increment are not applied',
    killers: ['KSB-INCREMENT-01', 'KSB-INCREMENT-03', 'KSB-INCREMENT-05', 'RESCALE-04'],
  },
  {
    id: 'rewriting-keeps-values',
    file: 'packages/state-core/src/support/schema-rewriting.ts',
    find: 'writeValue: this.valueWriter(block, schema) });',
    replace: '});',
    breaks: 'rewritten entries keep their old bytes under the new schema',
    killers: ['REWRITE-01', 'REWRITE-03', 'REWRITE-05', 'REWRITE-06'],
  },
  {
    id: 'rewriting-keeps-schema',
    file: 'packages/state-core/src/support/schema-rewriting.ts',
    find: 'return { ...restamping.schemaOf(schema), value: valueSerializer.snapshot() };',
    replace: 'return { ...restamping.schemaOf(schema) };',
    breaks: 'rewritten entries are named by the old schema',
    killers: ['REWRITE-01', 'REWRITE-03', 'REWRITE-05', 'REWRITE-06'],
  },
  {
    id: 'rewriting-not-wanted',
    file: 'packages/state-core/src/support/keyed-snapshot-writer.ts',
    find: `if (run.context.rewriteSchemas !== true) return undefined;
  if (rewritingOf`,
    replace: 'if (rewritingOf',
    breaks: 'every snapshot rewrites schemas',
    killers: ['MIGRATION-11', 'MIGRATION-20', 'REWRITE-01', 'REWRITE-06'],
  },
  {
    id: 'operator-unused-dropped',
    file: 'packages/state-core/src/support/default-operator-state-backend.ts',
    find: 'const source = { registered: this.registered, restored };',
    replace: 'const source = { registered: this.registered, restored: new Map() };',
    breaks: 'operator state that is not used is not in the next snapshot',
    killers: ['MIGRATION-30', 'MIGRATION-31'],
  },
  {
    id: 'broadcast-lost-at-restore',
    file: 'packages/state-core/src/support/default-operator-state-backend.ts',
    find: 'state.putAll(entries);',
    replace: 'void entries;',
    breaks: 'broadcast state is empty after a restore',
    killers: ['MIGRATION-33', 'MIGRATION-34', 'MIGRATION-35', 'MIGRATION-36'],
  },
  {
    id: 'operator-list-lost-at-restore',
    file: 'packages/state-core/src/support/default-operator-state-backend.ts',
    find: 'new PartitionableListState(name, serializer, this.access, elements);',
    replace: 'new PartitionableListState(name, serializer, this.access, elements.slice(1));',
    breaks: 'operator state loses its first element at a restore',
    killers: ['MIGRATION-30', 'MIGRATION-31', 'MIGRATION-32'],
  },
];
