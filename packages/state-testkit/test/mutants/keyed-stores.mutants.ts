// Faults of a keyed store.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are source.

import type { MutantOf } from './mutant.js';

/** See {@link MutantOf}. */
export const KEYED_STORE_MUTANTS: readonly MutantOf[] = [
  {
    id: 'store-keeps-array',
    file: 'packages/state-testkit/src/memory/memory-keyed-store.ts',
    find: 'entries.put(textOf(path), value.slice());',
    replace: 'entries.put(textOf(path), value);',
    breaks: 'the store keeps the array that it is given',
    killers: ['KS-BYTES-01'],
  },
  {
    id: 'store-takes-whole-buffer',
    file: 'packages/state-testkit/src/memory/memory-keyed-store.ts',
    find: 'entries.put(textOf(path), value.slice());',
    replace: 'entries.put(textOf(path), new Uint8Array(value.buffer.slice(0)));',
    breaks: 'the store takes the whole buffer of a view',
    killers: ['KS-BYTES-02'],
  },
  {
    id: 'store-states-in-15-bits',
    file: 'packages/state-testkit/src/memory/memory-keyed-store.ts',
    find: 'return keyGroup * 65536 + stateId;',
    replace: 'return keyGroup * 32768 + (stateId & 0x7fff);',
    breaks: 'states above 32,767 are others',
    killers: ['KS-GET-03', 'KS-MODEL-01'],
  },
  {
    id: 'store-delete-ignored',
    file: 'packages/state-testkit/src/memory/memory-keyed-store.ts',
    find: 'this.states.get(placeOf(keyGroup, stateId))?.delete(textOf(path));',
    replace: 'void path;',
    breaks: 'entries cannot be deleted',
    killers: ['KS-BATCH-01', 'KS-BYTES-01', 'KS-BYTES-02', 'KS-GET-01'],
  },
  {
    id: 'store-empty-value-is-nothing',
    file: 'packages/state-testkit/src/memory/memory-keyed-store.ts',
    find: 'if (value === undefined || this.options.strict !== true) return value;',
    replace: `if (value === undefined || value.length === 0) return undefined;
    if (this.options.strict !== true) return value;`,
    breaks: 'an empty value counts as nothing',
    killers: ['KS-GET-02', 'KS-MODEL-01'],
  },
  {
    id: 'store-delete-state-of-all-groups',
    file: 'packages/state-testkit/src/memory/memory-keyed-store.ts',
    find: 'this.states.delete(placeOf(keyGroup, stateId));',
    replace: `for (const place of this.states.keys()) if (place % 65536 === stateId) this.states.delete(place);
    void keyGroup;`,
    breaks: 'a state is deleted in every key group',
    killers: ['KS-DELETE-01', 'KS-MODEL-01'],
  },
  {
    id: 'store-delete-state-ignored',
    file: 'packages/state-testkit/src/memory/memory-keyed-store.ts',
    find: 'this.states.delete(placeOf(keyGroup, stateId));',
    replace: 'void placeOf(keyGroup, stateId);',
    breaks: 'a state cannot be deleted',
    killers: ['KS-DELETE-01', 'KS-MODEL-01'],
  },
  {
    id: 'store-scan-from-after',
    file: 'packages/state-testkit/src/memory/memory-keyed-store.ts',
    find: 'if (last !== undefined && path <= last) return true;',
    replace: 'if (last !== undefined && path < last) return true;',
    breaks: 'a scan begins at the path instead of after it',
    killers: ['KS-BATCH-01', 'KS-PATH-01', 'KS-SCAN-01', 'KS-SCAN-03'],
  },
  {
    id: 'store-scan-ignores-limit',
    file: 'packages/state-testkit/src/memory/memory-keyed-store.ts',
    find: 'return found.length < limit;',
    replace: 'return true;',
    breaks: 'a scan gives everything',
    killers: ['KS-MODEL-01', 'KS-SCAN-02', 'KS-SCAN-04'],
  },
  {
    id: 'store-scan-ignores-prefix',
    file: 'packages/state-testkit/src/memory/memory-keyed-store.ts',
    find: 'if (!path.startsWith(first)) return false;',
    replace: "if (first === '' && !path.startsWith(first)) return false;",
    breaks: 'a scan goes on behind its prefix',
    killers: ['KS-MODEL-01', 'KS-SCAN-03', 'KS-SCAN-04'],
  },
  {
    id: 'store-scan-hands-out-its-own',
    file: 'packages/state-testkit/src/memory/memory-keyed-store.ts',
    find: 'found.push({ path: bytesOf(path), value: value.slice() });',
    replace: 'found.push({ path: bytesOf(path), value });',
    breaks: 'a scan hands out the stored arrays',
    killers: ['KS-SCAN-05'],
  },
  {
    id: 'store-scan-by-signed-bytes',
    file: 'packages/state-testkit/src/memory/memory-keyed-store.ts',
    find: 'return a < b ? -1 : a > b ? 1 : 0;',
    replace:
      'return a.charCodeAt(0) > 127 !== b.charCodeAt(0) > 127 ? (a.charCodeAt(0) > 127 ? -1 : 1) : a < b ? -1 : a > b ? 1 : 0;',
    breaks: 'paths are ordered by signed bytes',
    killers: ['KS-DELETE-01', 'KS-MODEL-01', 'KS-SCAN-01'],
  },
  {
    id: 'store-unsorted',
    file: 'packages/state-testkit/src/memory/memory-keyed-store.ts',
    find: 'const added = this.added.sort(compareText);',
    replace: 'const added = this.added;',
    breaks: 'paths that came in between are out of order',
    killers: ['KS-MODEL-01', 'KS-PATH-01', 'KS-SCAN-01'],
  },
  {
    id: 'store-scan-ignores-after',
    file: 'packages/state-testkit/src/memory/memory-keyed-store.ts',
    find: 'const from = last !== undefined && last > first ? last : first;',
    replace: 'const from = last !== undefined && last < first ? last : first;',
    breaks: 'a scan reads from the start and gives no more than the limit',
    killers: ['KS-MODEL-01', 'KS-SCAN-04'],
  },
  {
    id: 'store-batch-swallows',
    file: 'packages/state-testkit/src/memory/memory-keyed-store.ts',
    find: `write();
  }`,
    replace: `try {
      write();
    } catch {}
  }`,
    breaks: 'a batch swallows what its function throws',
    killers: ['KS-BATCH-02', 'KS-FULL-01'],
  },
  {
    id: 'store-full-loses',
    file: 'packages/state-testkit/src/memory/memory-keyed-store.ts',
    find: 'if (this.options.failPut?.(this.puts) === true) throw storeFull();',
    replace: `if (this.options.failPut?.(this.puts) === true) {
      this.states.get(placeOf(keyGroup, stateId))?.delete(textOf(path));
      throw storeFull();
    }`,
    breaks: 'a put that fails has removed what was there',
    killers: ['KS-FULL-01'],
  },
  {
    id: 'store-scratch-shared',
    file: 'packages/state-testkit/src/memory/memory-keyed-store.ts',
    find: `const position = this.lengthBytes;
    this.parts.push(bytes.slice());`,
    replace: `const position = this.lengthBytes;
    this.parts.push(bytes);`,
    breaks: 'scratch space keeps the array that it is given',
    killers: ['KS-SCRATCH-01'],
  },
  {
    id: 'store-scratch-first-part-only',
    file: 'packages/state-testkit/src/memory/memory-keyed-store.ts',
    find: 'const start = position + filled - (this.positions[index] as number);',
    replace: 'const start = position - (this.positions[index] as number);',
    breaks: 'scratch space reads across its parts wrongly',
    killers: ['KS-SCRATCH-01'],
  },
  {
    id: 'store-metrics-nested',
    file: 'packages/state-testkit/src/memory/memory-keyed-store.ts',
    find: 'return { storedEntries: this.entryCount };',
    replace: 'return { storedEntries: { count: this.entryCount } as unknown as number };',
    breaks: 'figures are no plain numbers',
    killers: ['KS-METRICS-01'],
  },
  {
    id: 'store-long-values-cut',
    file: 'packages/state-testkit/src/memory/memory-keyed-store.ts',
    find: 'entries.put(textOf(path), value.slice());',
    replace: 'entries.put(textOf(path), value.slice(0, 65_535));',
    breaks: 'values are cut at 64 KiB',
    killers: ['KS-VALUE-01'],
  },
  {
    id: 'store-close-twice-fails',
    file: 'packages/state-testkit/src/memory/memory-keyed-store.ts',
    find: `this.isClosed = true;
    this.states.clear();`,
    replace: `if (this.isClosed) throw new TypeError('closed already');
    this.isClosed = true;
    this.states.clear();`,
    breaks: 'a second close fails',
    killers: ['KS-CLOSE-01', 'KS-EMPTY-01'],
  },
  {
    id: 'stores-share-entries',
    file: 'packages/state-testkit/src/memory/memory-keyed-store.ts',
    find: 'private readonly states: Map<number, SortedEntries> = new Map();',
    replace:
      'private readonly states: Map<number, SortedEntries> = ((globalThis as { sharedEntries?: Map<number, SortedEntries> }).sharedEntries ??= new Map());',
    breaks: 'two stores have the same entries',
    killers: ['KS-EMPTY-01', 'KS-EMPTY-02'],
  },
];
