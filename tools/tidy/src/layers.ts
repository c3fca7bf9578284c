// Who may import whom, as data. The checks in layering.ts and package-imports.ts read nothing else.

/** The folders of one package's `src`, each with its layer. A folder imports itself and strictly lower layers. */
export type PackageLayers = Readonly<Record<string, number>>;

/** Files directly in `src`, unless they have a layer of their own, stand above every folder. */
export const ROOT_LAYER = 1000;

/** Layers by package folder. A package without folders needs no entry. */
export const LAYERS: Readonly<Record<string, PackageLayers>> = {
  'state-core': {
    error: 0,
    ambient: 1,
    bytes: 1,
    config: 2,
    'key-group': 2,
    serialization: 3,
    handle: 3,
    state: 4,
    'checkpoint-storage': 5,
    'state-backend': 6,
    'snapshot-format': 6,
    checkpoint: 7,
    support: 8,
    stored: 9,
    loading: 10,
    embedded: 11,
  },
  'state-backend-hashmap': { table: 0, state: 1, snapshot: 2 },
  'state-backend-lmdb': { environment: 0, memory: 1, store: 1, options: 1 },
  'checkpoint-storage-filesystem': { 'file-system': 0 },
  'state-testkit': {
    ambient: 0,
    memory: 0,
    fault: 0,
    serializers: 0,
    conformance: 1,
    fuzz: 1,
    'state-backend-cases': 2,
    'checkpoint-storage-cases': 2,
    'crash-cases': 2,
    'keyed-store-cases': 2,
    'serializer-cases': 2,
    'factory-cases': 3,
    model: 3,
  },
  state: { ambient: 0, loading: 1, configuration: 2, presets: 3 },
};

/** What the sources of a package may import besides themselves. */
export interface AllowedImports {
  /** Packages of ours, any of their public entries. */
  readonly tidemark: readonly string[];
  /** Other packages. */
  readonly thirdParty: readonly string[];
  /** Whether modules of Node may be imported. */
  readonly node: boolean;
  /** Files, relative to `src`, with packages and modules of Node that only they may import. */
  readonly onlyIn?: Readonly<Record<string, readonly string[]>>;
}

/** The import table of the architecture. */
export const ALLOWED_IMPORTS: Readonly<Record<string, AllowedImports>> = {
  'state-core': { tidemark: [], thirdParty: [], node: false },
  'state-backend-hashmap': { tidemark: ['state-core'], thirdParty: [], node: false },
  'state-backend-lmdb': {
    tidemark: ['state-core'],
    thirdParty: [],
    node: true,
    // Two walls: one file loads the module, one calls it.
    onlyIn: {
      'environment/lmdb-module.ts': ['lmdb'],
      'environment/lmdb-file.ts': ['lmdb'],
      'environment/range-reader.ts': ['lmdb'],
    },
  },
  'checkpoint-storage-jobmanager': { tidemark: ['state-core'], thirdParty: [], node: false },
  'checkpoint-storage-filesystem': { tidemark: ['state-core'], thirdParty: [], node: true },
  state: {
    tidemark: [
      'state-core',
      'state-backend-hashmap',
      'state-backend-lmdb',
      'checkpoint-storage-jobmanager',
      'checkpoint-storage-filesystem',
    ],
    thirdParty: ['yaml'],
    node: true,
  },
  'state-testkit': {
    tidemark: ['state-core'],
    thirdParty: [],
    node: false,
    onlyIn: { 'vitest.ts': ['vitest'], 'node-test.ts': ['node:test'] },
  },
  'state-runtime': { tidemark: ['state-core'], thirdParty: [], node: false },
};
