// Both checkpoint storages: streams, files, directories, pointers.

import type { FlinkArea } from '../flink-area.ts';

export const checkpointStorage: FlinkArea = {
  title: 'Checkpoint storage',
  state: 'complete',
  classes: [
    {
      name: 'FsCheckpointStateOutputStreamTest',
      rows: [
        ['testWrongParameters', 'buffer 4000, threshold 5000 → IllegalArgumentException'],
        ['testEmptyState', 'closeAndGetHandle → null'],
        [
          'testZeroThreshold',
          '(16678,4096,0) → file; random mix of single-byte and array writes; handle size = bytes written; discard deletes the file',
        ],
        [
          'testGetPos',
          'buffer 31 threshold 17: pos equals bytes written after each of 64 single writes and after mixed byte+7-byte array writes',
        ],
        ['testWriteFailsFastWhenClosed', 'after close both write forms → IOException'],
        [
          'testMixedBelowAndAboveThreshold',
          'sizes 1274673, 1, 0, 177 with threshold 15: file, bytes, null, file; all read back; discarding each removes files and leaves directory empty',
        ],
        [
          'testStreamDoesNotTryToCleanUpParentOnError',
          'read-only directory: closeAndGetHandle IOException, no delete call, directory stays',
        ],
        [
          'testCleanupWhenCloseableRegistryClosedBeforeCreatingStream',
          'closing the registry while the file is being created waits, then the created stream is closed',
        ],
      ],
    },
    {
      name: 'FileStateHandleTest',
      rows: [
        ['testDisposeDoesNotDeleteParentDirectory', 'one delete call on the exact path'],
        [
          'testDiscardStateForNonExistingFileWithoutAnErrorBeingExposedByTheFileSystem',
          'delete returns true → exists() never called',
        ],
        [
          'testDiscardStateWithDeletionFailureThroughException',
          'delete throws/false and file still exists → IOException',
        ],
        [
          'testDiscardStateWithDeletionFailureThroughReturnValue',
          'delete throws/false and file still exists → IOException',
          'A file system reports a failed removal by an exception; `false` means that nothing was there.',
        ],
        [
          'testCollectSizeStats',
          'file:// and no scheme → LOCAL_DISK 123; s3:// → REMOTE 123',
          'Sizes by place (local disk, remote) are not kept: a handle has a size and a location, and nobody asks for more.',
        ],
      ],
    },
    {
      name: 'FsCheckpointStorageAccessTest',
      rows: [
        [
          'testSavepointsInOneDirectoryDefaultLocation testSavepointsInOneDirectoryCustomLocation',
          'savepoint location: checkpoint, shared and task-owned dirs all are directly under the default / given dir',
        ],
        [
          'testDirectoriesForExclusiveAndSharedState',
          'exclusive and shared dirs differ and start empty; EXCLUSIVE stream creates 1 file in the exclusive dir, SHARED 1 in shared; discarding each empties its directory',
        ],
        [
          'testNotDuplicationCheckpointStateToolset testDuplicationCheckpointStateToolset',
          'toolset type depends on FS supporting path copying',
        ],
      ],
    },
    {
      name: 'AbstractFileCheckpointStorageAccessTestBase',
      rows: [
        [
          'testPointerPathResolution',
          'metadata file path, its dir, and dir with trailing slash all resolve to the same metadata content and same pointer (the dir)',
        ],
        [
          'testFailingPointerPathResolution',
          'null → NPE; "" → IllegalArgumentException; garbage → IOException; missing path → IOException',
        ],
        [
          'testCreateCheckpointSubDirs',
          'create-subdir true: job dir with content under base; false: chk-42 etc. directly under base',
        ],
        ['writeToAlreadyExistingCheckpointFails', 'second createMetadataOutputStream for same id → IOException'],
        [
          'testSavepointPathConfiguredAndTarget testSavepointPathConfiguredNoTarget testNoSavepointPathConfiguredAndTarget',
          'target wins; else configured; the created dir is a child of it; metadata written & read back; dispose removes it',
        ],
        ['testNoSavepointPathConfiguredNoTarget', 'IllegalArgumentException'],
      ],
    },
    {
      name: 'MemoryCheckpointStorageAccessTest',
      rows: [
        ['testParametrizationDirectories', 'with path: HA-capable true'],
        [
          'testNonPersistentCheckpointLocation',
          'metadata handle is in-memory; its external pointer cannot be resolved → FileNotFoundException',
        ],
        ['testLocationReference', 'checkpoints (with/without path) and savepoints: default reference'],
        ['testStorageLocationMkdirs', 'dir created on initializeLocationForCheckpoint(177), not before'],
      ],
    },
    { name: 'MemoryCheckpointOutputStreamTest', rows: [['testStateStream', 'under 5 MB → handle round-trips']] },
  ],
};
