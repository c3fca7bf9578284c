// The blob area of checkpoint metadata: bytes that the JSON points into, one after another.
//
//   B1. Blobs stand in the order in which the metadata is walked, without gap or overlap, and fill the area: one content
//       has one form, and no byte of the area is read twice.
//   B2. Positions are lists of varints: of the difference to the position before, or of the position plus one where -1
//       may occur.

import { ByteReader } from '../bytes/byte-reader.js';
import { ByteWriter } from '../bytes/byte-writer.js';
import type { PlainData } from '../serialization/type-serializer.js';
import type { PlainDataReader } from './plain-data-reader.js';

/** Collects blobs and returns what stands for them in the JSON. */
export class MetadataBlobWriter {
  private readonly bytes: ByteWriter = new ByteWriter();

  add(blob: Uint8Array): PlainData {
    return this.record(() => this.bytes.writeBytes(blob));
  }

  /** Positions that never descend (B2). @throws RangeError for others. */
  addAscending(positions: readonly number[]): PlainData {
    let before = 0;
    const blob = this.record(() => {
      for (const position of positions) {
        this.bytes.writeVarint(checkedPosition(position - before));
        before = position;
      }
    });
    return { count: positions.length, positions: blob };
  }

  /** Positions from -1 on (B2). @throws RangeError for others. */
  addOptional(positions: readonly number[]): PlainData {
    const blob = this.record(() => {
      for (const position of positions) this.bytes.writeVarint(checkedPosition(position + 1));
    });
    return { count: positions.length, positions: blob };
  }

  /** Everything added, as an alias. */
  view(): Uint8Array {
    return this.bytes.view();
  }

  private record(write: () => void): PlainData {
    const offset = this.bytes.length;
    write();
    return { offset, length: this.bytes.length - offset };
  }
}

/** Gives back what a {@link MetadataBlobWriter} collected, in the same order. */
export class MetadataBlobReader {
  private readonly input: ByteReader;

  constructor(area: Uint8Array) {
    this.input = new ByteReader(area);
  }

  /** A copy of the blob. */
  take(reference: PlainDataReader): Uint8Array {
    return this.input.readBytes(this.claim(reference));
  }

  /** Positions that never descend, up to `max`. */
  takeAscending(reference: PlainDataReader, max: number): number[] {
    let before = 0;
    return this.takePositions(reference, (difference) => {
      before += difference;
      if (before > max) throw reference.failure(`has the position ${before} of ${max} bytes`);
      return before;
    });
  }

  /** Positions from -1 to `max`. */
  takeOptional(reference: PlainDataReader, max: number): number[] {
    return this.takePositions(reference, (stored) => {
      if (stored > max + 1) throw reference.failure(`has the position ${stored - 1} of ${max} bytes`);
      return stored - 1;
    });
  }

  /** Refuses bytes that nothing pointed to. */
  expectEnd(root: PlainDataReader): void {
    if (this.input.remaining > 0) throw root.failure(`leaves ${this.input.remaining} bytes of the blob area unused`);
  }

  private takePositions(reference: PlainDataReader, convert: (stored: number) => number): number[] {
    reference.object(['count', 'positions']);
    const length = this.claim(reference.field('positions'));
    // Every position takes a byte at least, so the count cannot exceed what is there.
    const count = reference.field('count').integer(0, length);
    const end = this.input.position + length;
    const positions: number[] = [];
    while (positions.length < count && this.input.position < end) positions.push(convert(this.readVarint(reference)));
    if (positions.length !== count || this.input.position !== end) {
      throw reference.failure(`does not have ${count} positions in ${length} bytes`);
    }
    return positions;
  }

  private readVarint(reference: PlainDataReader): number {
    try {
      return this.input.readVarint();
    } catch {
      throw reference.failure('has a position that is no number');
    }
  }

  private claim(reference: PlainDataReader): number {
    reference.object(['offset', 'length']);
    const { position, remaining } = this.input;
    const offset = reference.field('offset').integer(0);
    if (offset !== position)
      throw reference.failure(`begins at ${offset} of the blob area, not behind the one before at ${position}`);
    return reference.field('length').integer(0, remaining);
  }
}

function checkedPosition(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError('positions ascend and are integers');
  return value;
}
