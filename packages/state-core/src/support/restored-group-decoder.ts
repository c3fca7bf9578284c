// Decodes what one state has in one key group, a block at a time, so that the work can be cut into slices.
//
//   RD1. Links are applied oldest first, and the records of a link in order: G5 of segment-contract.ts says that this is
//        what they mean.
//   RD2. Entries arrive with the stamps that the state has today, whichever their link was written with.
//   RD3. Nobody reads what the visitor builds before `isDone`.

import { decodeBlock } from '../snapshot-format/record-decoder.js';
import type { RecordVisitor } from '../snapshot-format/segment-contract.js';
import type { EntriesRegistration } from './keyed-state-registry.js';
import type { RestoredChain } from './restored-keyed-state.js';

/** The decoding of one chain into a visitor. */
export class RestoredGroupDecoder {
  private link = 0;
  private block = 0;

  constructor(
    private readonly chain: RestoredChain,
    private readonly registration: EntriesRegistration,
    private readonly visitor: RecordVisitor,
  ) {}

  get isDone(): boolean {
    return this.link === this.chain.length;
  }

  /** Decodes the next block. @throws StateError of kind `corrupt` for bytes that the serializers did not write. */
  step(): void {
    const link = this.chain[this.link];
    if (link === undefined) return;
    const block = link.blocks[this.block];
    if (block !== undefined) {
      const { readerOf, restamping } = this.registration;
      const visitor = restamping.agreesWith(link.schema)
        ? this.visitor
        : restamping.visitor(this.visitor, block.keyGroup);
      decodeBlock(block, readerOf(link.schema), visitor);
    }
    this.block++;
    if (this.block < link.blocks.length) return;
    this.link++;
    this.block = 0;
  }

  /** Decodes what is left. @throws as {@link step}. */
  finish(): void {
    while (!this.isDone) this.step();
  }
}
