// Keys of Flink that Tidemark knows and does not have, each with what to write instead or why nothing is needed.
//
// Owns: the list. Aliases that Tidemark reads stand with their options. An option that some package defines wins over
// this list, so a package that brings a feature only has to define its options; until then the advice of what is still to
// come says so (the areas of flink-tests that are left for later), and that of what never comes gives the reason.

const LMDB: string =
  'the off-heap backend here is LMDB: write state.backend: lmdb and set its options under state.backend.lmdb';
const FORST: string =
  'state is never kept away from the process here; write state.backend: lmdb for state larger than memory';
const CHANGELOG: string =
  'there is no changelog; write execution.checkpointing.incremental: true to store only what changed';
const ALIGNED: string =
  'checkpoints of this version are always aligned, unaligned ones are still to come; write execution.checkpointing.mode: AT_LEAST_ONCE if tasks must not wait for alignment';
const LOCAL: string =
  'with this version state is always restored from the checkpoint storage, local recovery is still to come; remove the key';
const QUERYABLE: string =
  'with this version state cannot be queried from outside, queryable state is still to come; take a savepoint and read that';
const CLUSTER: string = 'it configures a Flink cluster, and there is none here; remove the key';

/** A key, or with a dot at its end every key that starts so, and what to do about it. The first match counts. */
const UNSUPPORTED: readonly (readonly [key: string, advice: string])[] = [
  ['state.backend.rocksdb.', LMDB],
  ['state.backend.forst.', FORST],
  [
    'state.backend.async',
    'snapshots are written while records go on; write state.backend.hashmap.snapshot-mode: sync to have them written in one go',
  ],
  ['state.backend.local-recovery', LOCAL],
  ['state.changelog.', CHANGELOG],
  [
    'execution.checkpointing.interval-during-backlog',
    'sources report no backlog; execution.checkpointing.interval holds',
  ],
  ['execution.checkpointing.cleaner.parallel-mode', 'old checkpoints are removed as fast as the storage allows'],
  [
    'execution.checkpointing.checkpoints-after-tasks-finish',
    'checkpoints always go on when some tasks have finished; remove the key',
  ],
  [
    'execution.checkpointing.checkpoints-after-tasks-finish.enabled',
    'checkpoints always go on when some tasks have finished; remove the key',
  ],
  ['execution.checkpointing.unaligned', ALIGNED],
  ['execution.checkpointing.unaligned.', ALIGNED],
  ['execution.checkpointing.aligned-checkpoint-timeout', ALIGNED],
  ['execution.checkpointing.alignment-timeout', ALIGNED],
  ['execution.checkpointing.recover-without-channel-state.', ALIGNED],
  ['execution.checkpointing.local-backup.', LOCAL],
  [
    'execution.checkpointing.file-merging.',
    'small state goes into the metadata of the checkpoint: raise execution.checkpointing.data-inline-threshold (up to 1 mb)',
  ],
  ['execution.state-recovery.from-local', LOCAL],
  ['execution.state-recovery.without-channel-state.', ALIGNED],
  ['execution.async-state.', 'state access is synchronous; remove the key'],
  ['pipeline.object-reuse', 'write state.object-reuse'],
  ['pipeline.auto-generate-uids', 'operators with state always need a uid of their own; remove the key'],
  ['queryable-state.', QUERYABLE],
  ['query.', QUERYABLE],
  ['web.', 'there is no web interface; remove the key'],
  ['jobmanager.web.', 'there is no web interface; remove the key'],
  ['taskmanager.state.local.root-dirs', LOCAL],
  ['taskmanager.memory.managed.fraction', 'write the size itself: taskmanager.memory.managed.size'],
  ['parallelism.default', 'set the parallelism in the program'],
  ...[
    ...['akka', 'blob', 'classloader', 'cluster', 'env', 'fs', 'heartbeat', 'high-availability', 'historyserver'],
    ...[
      'io',
      'jobmanager',
      'jobstore',
      'kubernetes',
      'metrics',
      'parallelism',
      'pekko',
      'process',
      'python',
      'resourcemanager',
    ],
    ...[
      'rest',
      'restart-strategy',
      's3',
      'security',
      'slot',
      'slotmanager',
      'table',
      'taskmanager',
      'yarn',
      'zookeeper',
    ],
  ].map((word) => [`${word}.`, CLUSTER] as const),
];

/** Keys that are supported, though others that begin as they do are not. */
const SUPPORTED: ReadonlySet<string> = new Set(['taskmanager.memory.managed.size']);

/** What to do about a key of Flink that is not supported, or `undefined` when the key is not one of those. */
export function adviceForUnsupportedKey(key: string): string | undefined {
  if (SUPPORTED.has(key)) return undefined;
  return UNSUPPORTED.find(([known]) => (known.endsWith('.') ? key.startsWith(known) : key === known))?.[1];
}
