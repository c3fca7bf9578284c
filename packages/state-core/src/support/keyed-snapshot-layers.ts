// Which segments a snapshot needs for what was restored and never touched, and what goes into which.
//
// Owns: the division into layers. Leaves the writing to keyed-snapshot-writer.ts.
//
//   SL1. Within one layer a state has one schema, and a state and key group appear in one link only: the order inside a
//        segment never has to decide which of two records is newer.
//   SL2. The links of a chain go into ascending layers, so reading the layers in order replays the chain.
//   SL3. The last layer is the main segment. It alone takes the entries that live in the backend, under today's schemas.
//   SL4. Links whose entries lack the time stamps of today, or have some too many, count under the schema with them.
//   SL5. A chain of one link under today's schema goes into the main segment: the usual snapshot is one segment.

import type { RawBlock } from '../snapshot-format/segment-contract.js';
import type { StateSchema } from '../snapshot-format/segment-header.js';
import type { KeyedStateRegistration } from './keyed-state-registry.js';
import { type RestoredChain, type RestoredKeyedState, schemasEqual } from './restored-keyed-state.js';
import type { TtlRestamping } from './ttl-restamping.js';

/** The blocks of one link, to be carried along: unchanged, or with the time stamps of today. */
export interface CarriedBlocks {
  readonly stateName: string;
  readonly blocks: readonly RawBlock[];
  /** Gives the records the stamps of today; absent where they have them. */
  readonly restamping?: TtlRestamping;
}

/** How stored entries of a state get the stamps of today; `undefined` for a state that the program does not know. */
export type RestampingOf = (stateName: string) => TtlRestamping | undefined;

/** One segment to be written. */
export interface SnapshotLayer {
  /** Schemas by state name; ids are given when the segment is opened. */
  readonly schemas: ReadonlyMap<string, StateSchema>;
  /** What is carried, by key group. */
  readonly carried: ReadonlyMap<number, readonly CarriedBlocks[]>;
}

/** The segments of a snapshot, oldest first. */
export interface SnapshotLayers {
  readonly older: readonly SnapshotLayer[];
  readonly main: SnapshotLayer;
  /** Whether every state and key group has a single link, so that digests can be told from the segments. */
  readonly isFlat: boolean;
}

class Layer implements SnapshotLayer {
  readonly schemas: Map<string, StateSchema> = new Map();
  readonly carried: Map<number, CarriedBlocks[]> = new Map();

  takes(schema: StateSchema): boolean {
    const own = this.schemas.get(schema.name);
    return own === undefined || schemasEqual(own, schema);
  }

  add(schema: StateSchema, keyGroup: number, carried: CarriedBlocks): void {
    if (!this.schemas.has(schema.name)) this.schemas.set(schema.name, schema);
    const inGroup = this.carried.get(keyGroup);
    if (inGroup === undefined) this.carried.set(keyGroup, [carried]);
    else inGroup.push(carried);
  }
}

/**
 * Plans the segments of a snapshot from the registered states and what is still raw.
 *
 * The plan holds on to the raw blocks: a key group that is decoded while the snapshot is written changes nothing.
 */
export function planSnapshotLayers(
  registrations: readonly KeyedStateRegistration[],
  restored: RestoredKeyedState,
  restampingOf: RestampingOf = () => undefined,
): SnapshotLayers {
  const main = new Layer();
  for (const { name, schema } of registrations) main.schemas.set(name, schema);
  const older: Layer[] = [];
  let isFlat = true;
  for (const state of restored.states.values()) {
    const restamping = restampingOf(state.name);
    for (const keyGroup of restored.keyGroupsOf(state.name)) {
      const chain = restored.chainOf(state.name, keyGroup) as RestoredChain;
      if (chain.length > 1) isFlat = false;
      placeChain(chain, keyGroup, restamping, main, older);
    }
    // A state without any entry left is still there, with the schema it was last written under.
    const newest = state.schemas.at(-1);
    if (
      newest !== undefined &&
      !main.schemas.has(state.name) &&
      !older.some(({ schemas }) => schemas.has(state.name))
    ) {
      main.schemas.set(state.name, restamping?.schemaOf(newest) ?? newest);
    }
  }
  return { older, main, isFlat };
}

function placeChain(
  chain: RestoredChain,
  keyGroup: number,
  restamping: TtlRestamping | undefined,
  main: Layer,
  older: Layer[],
): void {
  const links = chain.map(({ schema, blocks }) => {
    const carried: CarriedBlocks = { stateName: schema.name, blocks };
    if (restamping === undefined || restamping.agreesWith(schema)) return { schema, carried };
    return { schema: restamping.schemaOf(schema), carried: { ...carried, restamping } };
  });
  const [only] = links;
  if (links.length === 1 && only !== undefined && main.takes(only.schema)) {
    main.add(only.schema, keyGroup, only.carried);
    return;
  }
  let lowest = 0;
  for (const { schema, carried } of links) {
    let index = lowest;
    while (index < older.length && !(older[index] as Layer).takes(schema)) index++;
    if (index === older.length) older.push(new Layer());
    (older[index] as Layer).add(schema, keyGroup, carried);
    lowest = index + 1;
  }
}
