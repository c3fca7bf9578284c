// Gives disk space back: copies what is there into a new file, a few entries at a time, while the old one is in use.
//
//   CO1. Until the copy is complete the old file is the truth. Whatever goes wrong, the copy is thrown away.
//   CO2. A write to an entry that has been copied goes into both files; any other is copied later.
//   CO3. A step takes the time it is given and one batch more.

import { compareBytes } from '@tidemark/state-core/spi';
import type { EntryPosition, LmdbFile } from './lmdb-file.js';

const ENTRIES_PER_BATCH: number = 64;

/** One copy in the making. */
export class Compaction {
  readonly target: LmdbFile;
  private readonly source: LmdbFile;
  private position: EntryPosition | undefined = undefined;

  constructor(source: LmdbFile, target: LmdbFile) {
    this.source = source;
    this.target = target;
  }

  /** Whether an entry has been copied, so that a change of it has to be made in the copy too. */
  hasCopied(keyGroup: number, stateId: number, path: Uint8Array): boolean {
    const { position } = this;
    if (position === undefined) return false;
    if (keyGroup !== position.keyGroup) return keyGroup < position.keyGroup;
    if (stateId !== position.stateId) return stateId < position.stateId;
    return compareBytes(path, position.path) <= 0;
  }

  /** Copies until `isOver`. @returns Whether everything is copied. @throws StateError as {@link LmdbFile.put}. */
  step(isOver: () => boolean): boolean {
    do {
      const entries = this.source.entriesAfter(this.position, ENTRIES_PER_BATCH);
      const last = entries.at(-1);
      if (last === undefined) return true;
      this.target.transact(() => {
        for (const { keyGroup, stateId, path, value } of entries) {
          const copied = value ?? this.source.get(keyGroup, stateId, path);
          if (copied !== undefined) this.target.put(keyGroup, stateId, path, copied);
        }
      });
      this.position = last;
    } while (!isOver());
    return false;
  }
}
