// Keeps the bytes of a restored snapshot in the scratch space of a store until they are asked for.

import { checksum32 } from '../bytes/checksum.js';
import type { KeyedStore, KeyedStoreScratch } from '../state-backend/keyed-store.js';
import { checked, SEED } from './scratch-checksum.js';

/** The payloads of restored blocks on local disk, or where the store has no scratch space in memory. */
export class RestoredSpill {
  private scratch: KeyedStoreScratch | undefined = undefined;

  constructor(private readonly store: KeyedStore) {}

  /** For `keepPayload` of RestoredKeyedState.load. @throws StateError of the scratch space. */
  readonly keepPayload = (payload: Uint8Array): (() => Uint8Array) => {
    const { store } = this;
    if (store.openScratch === undefined) return () => payload;
    this.scratch ??= store.openScratch('restored');
    const { scratch } = this;
    const position = scratch.append(payload);
    const { length } = payload;
    const checksum = checksum32(payload, SEED);
    return () => checked(scratch.read(position, length), checksum, 'a restored block');
  };

  /** Gives the space back: nothing of it is asked for any more. Idempotent. */
  close(): void {
    this.scratch?.close();
    this.scratch = undefined;
  }
}
