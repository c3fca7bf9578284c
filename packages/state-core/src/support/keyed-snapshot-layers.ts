// Which segments a snapshot needs for what was restored and never touched, and what goes into which.
//
// Owns: the division into layers. Leaves the folding of chains to fold-raw-chain.ts, the writing to
// keyed-snapshot-writer.ts.
//
//   SL1. Within one layer a state has one schema, and a state and key group are carried once: the order inside a segment
//        never has to decide which of two records is newer.
//   SL2. What is carried is a full image: chains are folded. One whose links have one schema is folded when it is written,
//        so that only positions are held; one of several schemas now, because what is left of it decides the layers.
//   SL3. The parts of a list go into ascending layers; everything else has one part that says what it is. So reading the
//        layers in order gives the state, and there is one layer per schema alive.
//   SL4. The last layer is the main segment. It alone takes the entries that live in the backend, under today's schemas,
//        and what is carried under these: the usual snapshot is one segment.
//   SL5. Links whose entries lack the time stamps of today, or have some too many, count under the schema with them.
//   SL6. Where schemas are rewritten, a state that the program knows has one part, under its schema of today, whatever its
//        links have. What the program does not know is carried as it is and named.

import type { RawBlock } from '../snapshot-format/segment-contract.js';
import type { StateSchema } from '../snapshot-format/segment-header.js';
import type { SnapshotContext } from '../state-backend/snapshot-context.js';
import { foldRawChainInSlices } from './fold-raw-chain.js';
import type { EntriesRegistration } from './keyed-state-registry.js';
import { type RestoredChain, type RestoredChains, schemasEqual } from './restored-keyed-state.js';
import type { SchemaRewriting } from './schema-rewriting.js';
import type { TtlRestamping } from './ttl-restamping.js';

/** What is carried along of a state in a key group: folded, and with the time stamps of today. */
export interface CarriedChain {
  readonly stateName: string;
  /** Links of one schema, unless they are {@link rewritten}. */
  readonly chain: RestoredChain;
  /** The records of a block as the schema of the layer has them; absent where they are so already. */
  readonly rewritten?: (block: RawBlock, schema: StateSchema) => RawBlock;
}

/** How stored entries of a state get the stamps of today; `undefined` for a state that the program does not know. */
export type RestampingOf = (stateName: string) => TtlRestamping | undefined;

/** How stored entries of a state get its schema of today; `undefined` for a state that the program does not know. */
export type RewritingOf = (stateName: string) => SchemaRewriting | undefined;

/** One segment to be written. */
export interface SnapshotLayer {
  /** Schemas by state name; ids are given when the segment is opened. */
  readonly schemas: ReadonlyMap<string, StateSchema>;
  /** What is carried, by key group. */
  readonly carried: ReadonlyMap<number, readonly CarriedChain[]>;
}

/** The segments of a snapshot, oldest first. */
export interface SnapshotLayers {
  readonly older: readonly SnapshotLayer[];
  readonly main: SnapshotLayer;
  /** States whose entries may be under another schema than today's although that was asked for, ascending (SL6). */
  readonly notRewritten: readonly string[];
}

/** What {@link planSnapshotLayers} plans from: all of it as of the freeze. */
export interface SnapshotPlanParameters {
  readonly registrations: readonly EntriesRegistration[];
  readonly restored: RestoredChains;
  /** Default: all entries have the stamps of today. */
  readonly restampingOf?: RestampingOf;
  /** Where schemas are rewritten. Default: everything is carried under its own. */
  readonly rewritingOf?: RewritingOf | undefined;
  /** The key groups that are written as images; nothing is carried of others. Default: all. */
  readonly isImage?: (keyGroup: number) => boolean;
  readonly context: Pick<SnapshotContext, 'shouldYield' | 'yieldNow'>;
}

class Layer implements SnapshotLayer {
  readonly schemas: Map<string, StateSchema> = new Map();
  readonly carried: Map<number, CarriedChain[]> = new Map();

  takes(schema: StateSchema): boolean {
    const own = this.schemas.get(schema.name);
    return own === undefined || schemasEqual(own, schema);
  }

  add({ schema, carried }: Part, keyGroup: number): void {
    if (!this.schemas.has(schema.name)) this.schemas.set(schema.name, schema);
    const inGroup = this.carried.get(keyGroup);
    if (inGroup === undefined) this.carried.set(keyGroup, [carried]);
    else inGroup.push(carried);
  }
}

/** What is carried of one state in one key group under one schema. */
interface Part {
  readonly schema: StateSchema;
  readonly carried: CarriedChain;
}

/**
 * Plans the segments of a snapshot from the registered states and what is still raw.
 *
 * @throws StateError of kind `corrupt` for a damaged chain; `checkpoint-aborted`.
 */
export async function planSnapshotLayers(parameters: SnapshotPlanParameters): Promise<SnapshotLayers> {
  const { registrations, restored, restampingOf, rewritingOf, isImage, context } = parameters;
  const main = new Layer();
  for (const { name, schema } of registrations) main.schemas.set(name, schema);
  const older: Layer[] = [];
  const notRewritten: string[] = [];
  for (const state of restored.states.values()) {
    const restamping = restampingOf?.(state.name);
    const rewriting = rewritingOf?.(state.name);
    // Queues hold addresses and no values.
    if (rewritingOf !== undefined && rewriting === undefined && state.kind !== 'priority-queue')
      notRewritten.push(state.name);
    for (const keyGroup of restored.keyGroupsOf(state.name)) {
      if (isImage?.(keyGroup) === false) continue;
      const chain = restored.chainOf(state.name, keyGroup) as RestoredChain;
      const parts =
        rewriting === undefined
          ? await partsOf(chain, keyGroup, restamping, context)
          : rewrittenPartsOf(chain, rewriting, main.schemas.get(state.name));
      place(parts, keyGroup, main, older);
      if (context.shouldYield()) await context.yieldNow();
    }
    // A state without any entry left is still there, with the schema it was last written under.
    const newest = state.schemas.at(-1);
    if (
      newest !== undefined &&
      !main.schemas.has(state.name) &&
      !older.some(({ schemas }) => schemas.has(state.name))
    ) {
      main.schemas.set(state.name, (rewriting ?? restamping)?.schemaOf(newest) ?? newest);
    }
  }
  return { older, main, notRewritten: notRewritten.sort() };
}

async function partsOf(
  chain: RestoredChain,
  keyGroup: number,
  restamping: TtlRestamping | undefined,
  context: SnapshotPlanParameters['context'],
): Promise<readonly Part[]> {
  const [first] = chain;
  const hasOneSchema = chain.every(({ schema }) => schema === first?.schema);
  const chains = hasOneSchema ? [chain] : (await foldRawChainInSlices(chain, context)).map((link) => [link]);
  return chains.flatMap((links): Part[] => {
    const schema = links[0]?.schema;
    if (schema === undefined) return [];
    const carried: CarriedChain = { stateName: schema.name, chain: links };
    if (restamping === undefined) return [{ schema, carried }];
    if (!restamping.agreesWith(schema)) {
      const rewritten = (block: RawBlock): RawBlock => restamping.block(block);
      return [{ schema: restamping.schemaOf(schema), carried: { ...carried, rewritten } }];
    }
    if (!restamping.knowsTimeOf(schema, keyGroup) || links.every(({ isTimed }) => isTimed))
      return [{ schema, carried }];
    return [{ schema, carried: { ...carried, rewritten: (block) => restamping.timedBlock(block) } }];
  });
}

function rewrittenPartsOf(
  chain: RestoredChain,
  rewriting: SchemaRewriting,
  registered: StateSchema | undefined,
): readonly Part[] {
  const newest = chain.at(-1)?.schema;
  if (newest === undefined) return [];
  const carried: CarriedChain = {
    stateName: newest.name,
    chain,
    rewritten: (block, schema) => rewriting.block(block, schema),
  };
  return [{ schema: registered ?? rewriting.schemaOf(newest), carried }];
}

function place(parts: readonly Part[], keyGroup: number, main: Layer, older: Layer[]): void {
  const ofMain = parts.findLast(({ schema }) => main.takes(schema));
  // What stands behind a part of a list in the list must stand behind it in the layers.
  const goesToMain = ofMain?.schema.kind === 'list' && ofMain !== parts.at(-1) ? undefined : ofMain;
  let lowest = 0;
  for (const part of parts) {
    if (part === goesToMain) continue;
    let index = lowest;
    while (index < older.length && !(older[index] as Layer).takes(part.schema)) index++;
    if (index === older.length) older.push(new Layer());
    (older[index] as Layer).add(part, keyGroup);
    if (part.schema.kind === 'list') lowest = index + 1;
  }
  if (goesToMain !== undefined) main.add(goesToMain, keyGroup);
}
