// Under which schema stored bytes were written: the first byte of every value.
//
//   tag   0          written by this program, under today's schema
//         1 to 255   restored, under the schema of that number of the state
//
//   SS1. A value keeps the schema it was written under until it is replaced; it is read with the reader of that schema.
//   SS2. Bytes may be written into a snapshot as they are when their schema has today's description.

import { snapshotsEqual } from '../serialization/serializer-snapshot.js';
import type { ValueReader } from '../serialization/type-serializer.js';
import type { StateSchema } from '../snapshot-format/segment-header.js';
import { schemasEqual } from '../support/restored-keyed-state.js';
import type { StoredRegistration } from './stored-registration.js';

/** The tag of what this program writes. */
export const TODAY: number = 0;
const TAG_MAX = 0xff;

/** The schemas of one state by tag. */
export class StoredSchemas {
  /** Readers by tag; `undefined` for a tag that nothing was stored with. */
  readonly readers: (ValueReader<unknown> | undefined)[];
  private readonly schemas: (StateSchema | undefined)[] = [undefined];
  private readonly isTodayByTag: boolean[] = [true];

  constructor(private readonly registration: StoredRegistration) {
    this.readers = [registration.valueSerializer];
  }

  /** The tag for values restored under a schema; `undefined` when there are too many of them: then they are written anew. */
  tagOf(schema: StateSchema): number | undefined {
    for (let tag = 1; tag < this.schemas.length; tag++) {
      const known = this.schemas[tag] as StateSchema;
      if (known === schema || schemasEqual(known, schema)) return tag;
    }
    const tag = this.schemas.length;
    if (tag > TAG_MAX) return undefined;
    this.schemas.push(schema);
    this.readers.push(this.registration.readerOf(schema).value);
    this.isTodayByTag.push(snapshotsEqual(schema.value, this.registration.schema.value));
    return tag;
  }

  /** Whether values with this tag may go into a snapshot as they are (SS2). */
  isToday(tag: number): boolean {
    return this.isTodayByTag[tag] === true;
  }
}
