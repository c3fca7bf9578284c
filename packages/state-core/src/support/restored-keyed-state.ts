// The keyed state that a subtask was restored from, as it was stored: verified blocks per state and key group.
//
// Owns: fetching every block of the subtask's key groups before the first record, the checks that concern all states
// (max parallelism, key serializer), and giving blocks up once they were decoded. Leaves what the values of a
// state mean to restored-compatibility.ts and decoding to restored-group-decoder.ts.
//
//   RS1. After `load` nothing is read from storage any more: a damaged snapshot is found before the first record.
//   RS2. A chain is what one state has in one key group, oldest link first; a link is what one segment says of it.
//   RS3. A chain that nobody takes stays as it is, and every snapshot carries along what it says.
//   RS4. Only the key groups of the subtask are read, and only from where each one's chain starts; a segment that holds none
//        of them is not opened.
//   RS5. What was frozen stays as it was, whatever is taken afterwards. Freezing takes constant time: the first chain that
//        is taken after it pays with a copy of the maps that it changes.
//   RS6. A state that is discarded is verified with the rest and given up before anybody sees it; timers cannot be.

import type { StateHandleReader } from '../checkpoint-storage/checkpoint-stream.js';
import { isStateError, StateError } from '../error/state-error.js';
import type { KeyedStateHandle, SegmentReference } from '../handle/keyed-state-handle.js';
import { KeyGroupRange } from '../key-group/key-group-range.js';
import { describeSnapshot, snapshotsEqual } from '../serialization/serializer-snapshot.js';
import type { KeySerializer } from '../serialization/type-serializer.js';
import type { RawBlock } from '../snapshot-format/segment-contract.js';
import type { SegmentHeader, SegmentStateKind, StateSchema } from '../snapshot-format/segment-header.js';
import { openSegmentReader } from '../snapshot-format/segment-reader.js';
import type { SnapshotCompression } from '../snapshot-format/snapshot-compression.js';
import { storedTimeOf } from './ttl-restamping.js';

/** What one segment says of one state in one key group. */
export interface RestoredLink {
  /** The schema that the blocks were written under. */
  readonly schema: StateSchema;
  readonly blocks: readonly RawBlock[];
  /** The segment that the blocks were read from. */
  readonly segmentUid?: string;
  /** Whether the blocks are known to be of a full image: PUT and SPLICE from the first element on, nothing else. */
  readonly isImage?: boolean;
  /** Whether event time was known when the blocks were written: then no stamp stands for none. */
  readonly isTimed?: boolean;
}

/** What one state has in one key group, oldest link first; never empty. */
export type RestoredChain = readonly RestoredLink[];

/** A state that a snapshot holds. */
export interface RestoredState {
  readonly name: string;
  readonly kind: SegmentStateKind;
  /** The schemas under which parts of it were written, oldest first, no two the same. */
  readonly schemas: readonly StateSchema[];
}

/** What was restored and nobody had taken yet at one moment. */
export interface RestoredChains {
  /** The states of the snapshot by name, those that were decoded meanwhile included. */
  readonly states: ReadonlyMap<string, RestoredState>;
  /** High-water marks of event time in milliseconds by key group. */
  readonly ttlClocks: ReadonlyMap<number, number>;
  /** What a state has in a key group and nobody took yet. */
  chainOf(stateName: string, keyGroup: number): RestoredChain | undefined;
  /** The key groups in which a state has a chain that nobody took yet, ascending. */
  keyGroupsOf(stateName: string): number[];
}

/** What {@link RestoredKeyedState.load} needs. */
export interface RestoreParameters<K> {
  readonly stateHandles: readonly KeyedStateHandle[];
  readonly keySerializer: KeySerializer<K>;
  readonly numberOfKeyGroups: number;
  readonly keyGroupRange: KeyGroupRange;
  readonly stateReader: StateHandleReader;
  readonly signal: AbortSignal;
  readonly operatorIdentifier: string;
  /** States that are let go of, by name. Default: none. */
  readonly discardedStates?: readonly string[];
  /** Decompressors by name, for snapshots that were written with compression. */
  readonly compressions?: readonly SnapshotCompression[];
  /**
   * Puts the payload of a verified block elsewhere, such as on local disk, and gives what reads it back: whenever it is
   * asked for, until {@link RestoredKeyedState.clear}. Default: payloads stay in memory.
   */
  readonly keepPayload?: (payload: Uint8Array) => () => Uint8Array;
}

interface LoadedLink {
  readonly schema: StateSchema;
  readonly segmentUid: string;
  readonly isImage: boolean;
  readonly isTimed: boolean;
  readonly blocks: RawBlock[];
}

interface LoadedState {
  readonly name: string;
  readonly kind: SegmentStateKind;
  readonly schemas: StateSchema[];
  readonly chains: Map<number, LoadedLink[]>;
  /** The number of freezes when this was made: later freezes share it (RS5). */
  readonly freezes: number;
}

/** The restored keyed state of one subtask, raw. */
export class RestoredKeyedState implements RestoredChains {
  private loaded: Map<string, LoadedState> = new Map();
  private freezes = 0;
  /** As `freezes` of a state, for the map of the states. */
  private loadedFreezes = 0;
  private readonly clocks: Map<number, number> = new Map();
  private rawBytes = 0;
  private readonly discardedStates: RestoredState[] = [];

  private constructor() {}

  /** What there is when nothing is restored. */
  static empty(): RestoredKeyedState {
    return new RestoredKeyedState();
  }

  /**
   * Fetches and verifies everything that the handles hold for the key groups of the subtask.
   *
   * @throws StateError `max-parallelism-mismatch`, `key-serializer-incompatible`, `checkpoint-aborted` when the signal
   * fires, codes of kind `corrupt`, `compression-unknown`, `storage-*`; nothing is left open then.
   */
  static async load<K>(parameters: RestoreParameters<K>): Promise<RestoredKeyedState> {
    const restored = new RestoredKeyedState();
    for (const handle of parameters.stateHandles) checkMaxParallelism(handle, parameters);
    for (const handle of parameters.stateHandles) await restored.loadHandle(handle, parameters);
    for (const stateName of parameters.discardedStates ?? []) restored.discard(stateName);
    return restored;
  }

  /** The states of the snapshot by name, those that were decoded meanwhile included. */
  get states(): ReadonlyMap<string, RestoredState> {
    return this.loaded;
  }

  /** The states of the snapshot that were let go of (RS6). */
  get discarded(): readonly RestoredState[] {
    return this.discardedStates;
  }

  /** High-water marks of event time in milliseconds by key group. */
  get ttlClocks(): ReadonlyMap<number, number> {
    return this.clocks;
  }

  /** Bytes of the blocks that nobody took yet. */
  get sizeBytes(): number {
    return this.rawBytes;
  }

  /** What a state has in a key group and nobody took yet. */
  chainOf(stateName: string, keyGroup: number): RestoredChain | undefined {
    return this.loaded.get(stateName)?.chains.get(keyGroup);
  }

  /** The key groups in which a state has a chain that nobody took yet, ascending. */
  keyGroupsOf(stateName: string): number[] {
    return keyGroupsIn(this.loaded, stateName);
  }

  /** What is raw now, to be written later (RS5). */
  freeze(): RestoredChains {
    this.freezes++;
    const { loaded, clocks } = this;
    return {
      states: loaded,
      ttlClocks: clocks,
      chainOf: (stateName, keyGroup) => loaded.get(stateName)?.chains.get(keyGroup),
      keyGroupsOf: (stateName) => keyGroupsIn(loaded, stateName),
    };
  }

  /** Gives up the chain of a state in a key group: it was decoded and lives elsewhere from now on. */
  drop(stateName: string, keyGroup: number): void {
    const chain = this.loaded.get(stateName)?.chains.get(keyGroup);
    if (chain === undefined) return;
    this.changeable(stateName).chains.delete(keyGroup);
    for (const link of chain) for (const block of link.blocks) this.rawBytes -= payloadBytesOf(block);
  }

  /** Gives up everything. */
  clear(): void {
    this.loaded = new Map();
    this.rawBytes = 0;
  }

  private discard(stateName: string): void {
    const state = this.loaded.get(stateName);
    if (state === undefined || state.kind === 'priority-queue') return;
    for (const keyGroup of this.keyGroupsOf(stateName)) this.drop(stateName, keyGroup);
    this.loaded.delete(stateName);
    this.discardedStates.push(state);
  }

  /** A state whose chains no frozen view shares. */
  private changeable(stateName: string): LoadedState {
    const { freezes } = this;
    if (this.loadedFreezes !== freezes) {
      this.loaded = new Map(this.loaded);
      this.loadedFreezes = freezes;
    }
    const state = this.loaded.get(stateName) as LoadedState;
    if (state.freezes === freezes) return state;
    const own = { ...state, chains: new Map(state.chains), freezes };
    this.loaded.set(stateName, own);
    return own;
  }

  private async loadHandle<K>(handle: KeyedStateHandle, parameters: RestoreParameters<K>): Promise<void> {
    for (const [index, reference] of handle.segments.entries()) {
      const ranges = rangesFrom(handle, index, mayHold(reference, parameters.keyGroupRange));
      if (ranges.length > 0) await this.loadSegment(reference, ranges, parameters);
    }
    const { first, last } = handle.keyGroupRange;
    const own = parameters.keyGroupRange.getIntersection(KeyGroupRange.of(first, last));
    this.resumeClocks(handle.ttlClocks, own);
  }

  private async loadSegment<K>(
    reference: SegmentReference,
    ranges: readonly KeyGroupRange[],
    parameters: RestoreParameters<K>,
  ): Promise<void> {
    checkWanted(parameters);
    const { stateReader, signal, compressions } = parameters;
    const input = await stateReader.openInput(reference.stream, signal);
    const reader = await openSegmentReader(input, reference, compressions === undefined ? {} : { compressions });
    try {
      const { header } = reader;
      checkHeader(header, parameters);
      const schemas = new Map(header.states.map((schema) => [schema.id, this.addSchema(schema)]));
      for (const range of ranges) {
        this.resumeClocks(header.ttlClocks, range);
        for await (const block of reader.readBlocks(range)) {
          const { keepPayload } = parameters;
          const kept = keepPayload === undefined ? block : new KeptBlock(block, keepPayload(block.payload));
          this.addBlock(schemaOf(schemas, block, header), header, kept);
          checkWanted(parameters);
        }
      }
    } finally {
      await reader.close();
    }
  }

  /** Returns the one object that stands for the schema from now on, whichever segment it was read from. */
  private addSchema(schema: StateSchema): StateSchema {
    const state = this.loaded.get(schema.name);
    if (state === undefined) {
      this.loaded.set(schema.name, {
        name: schema.name,
        kind: schema.kind,
        schemas: [schema],
        chains: new Map(),
        freezes: 0,
      });
      return schema;
    }
    if (state.kind !== schema.kind) {
      throw new StateError(
        'snapshot-invalid',
        `the snapshot holds state '${schema.name}' both as ${state.kind} and as ${schema.kind} state; restore another snapshot`,
        { details: { stateName: schema.name, kinds: [state.kind, schema.kind] } },
      );
    }
    const known = state.schemas.find((other) => schemasEqual(other, schema));
    if (known === undefined) state.schemas.push(schema);
    return known ?? schema;
  }

  private addBlock(schema: StateSchema, { uid, baseCheckpointId, ttlClocks }: SegmentHeader, block: RawBlock): void {
    const chains = (this.loaded.get(schema.name) as LoadedState).chains;
    const chain = chains.get(block.keyGroup) ?? [];
    chains.set(block.keyGroup, chain);
    const link = chain.at(-1);
    if (link?.segmentUid === uid) {
      link.blocks.push(block);
    } else {
      const isTimed = ttlClocks?.some(([keyGroup]) => keyGroup === block.keyGroup) ?? false;
      chain.push({ schema, segmentUid: uid, isImage: baseCheckpointId === undefined, isTimed, blocks: [block] });
    }
    this.rawBytes += payloadBytesOf(block);
  }

  private resumeClocks(marks: SegmentHeader['ttlClocks'], range: KeyGroupRange): void {
    for (const [keyGroup, timestampMs] of marks ?? []) {
      const known = this.clocks.get(keyGroup);
      if (range.contains(keyGroup) && (known === undefined || known < timestampMs))
        this.clocks.set(keyGroup, timestampMs);
    }
  }
}

/** A block whose payload is somewhere else. */
class KeptBlock implements RawBlock {
  readonly keyGroup: number;
  readonly stateId: number;
  readonly entryCount: number;
  private readonly lengthBytes: number;
  private readonly read: () => Uint8Array;

  constructor({ keyGroup, stateId, entryCount, payload }: RawBlock, read: () => Uint8Array) {
    this.keyGroup = keyGroup;
    this.stateId = stateId;
    this.entryCount = entryCount;
    this.lengthBytes = payload.length;
    this.read = read;
  }

  get payload(): Uint8Array {
    return this.read();
  }

  get payloadBytes(): number {
    return this.lengthBytes;
  }
}

/** Length of the payload of a block, wherever it is. */
export function payloadBytesOf(block: RawBlock): number {
  return block.payloadBytes ?? block.payload.length;
}

function keyGroupsIn(states: ReadonlyMap<string, LoadedState>, stateName: string): number[] {
  return [...(states.get(stateName)?.chains.keys() ?? [])].sort((a, b) => a - b);
}

/** Whether blocks written under one schema may stand beside blocks written under the other. Ids do not matter. */
export function schemasEqual(a: StateSchema, b: StateSchema): boolean {
  if (a.name !== b.name || a.kind !== b.kind || storedTimeOf(a) !== storedTimeOf(b)) return false;
  if (!snapshotsEqual(a.namespace, b.namespace) || !snapshotsEqual(a.value, b.value)) return false;
  if (a.mapKey === undefined || b.mapKey === undefined) return a.mapKey === b.mapKey;
  return snapshotsEqual(a.mapKey, b.mapKey);
}

/** The key groups within `own` whose chain includes the segment at `index` of the handle (RS4). */
function rangesFrom(handle: KeyedStateHandle, index: number, own: KeyGroupRange): KeyGroupRange[] {
  const { first, last } = handle.keyGroupRange;
  const wanted = own.getIntersection(KeyGroupRange.of(first, last));
  return handle.chainStarts
    .filter(({ segment }) => segment <= index)
    .map((start) => wanted.getIntersection(KeyGroupRange.of(start.first, start.last)))
    .filter((range) => range.numberOfKeyGroups > 0);
}

/** The key groups of a range that may be in a segment: one without any need not be opened. */
function mayHold({ keyGroupRange }: SegmentReference, range: KeyGroupRange): KeyGroupRange {
  return keyGroupRange === undefined
    ? range
    : range.getIntersection(KeyGroupRange.of(keyGroupRange.first, keyGroupRange.last));
}

function schemaOf(schemas: ReadonlyMap<number, StateSchema>, block: RawBlock, header: SegmentHeader): StateSchema {
  const schema = schemas.get(block.stateId);
  if (schema !== undefined) return schema;
  throw new StateError(
    'snapshot-invalid',
    `segment ${header.uid} has a block of state ${block.stateId}, which its header does not name; restore another snapshot`,
    { details: { segmentUid: header.uid, stateId: block.stateId } },
  );
}

function checkWanted<K>({ signal, operatorIdentifier }: RestoreParameters<K>): void {
  if (!signal.aborted) return;
  if (isStateError(signal.reason)) throw signal.reason;
  throw new StateError('checkpoint-aborted', `the restore of ${operatorIdentifier} was given up`, {
    details: { operatorIdentifier },
    cause: signal.reason,
  });
}

function checkMaxParallelism<K>(handle: KeyedStateHandle, parameters: RestoreParameters<K>): void {
  const { numberOfKeyGroups, operatorIdentifier } = parameters;
  if (handle.maxParallelism === numberOfKeyGroups) return;
  throw new StateError(
    'max-parallelism-mismatch',
    `the state of ${operatorIdentifier} was written with max parallelism ${handle.maxParallelism}, the program has ${numberOfKeyGroups}; it is fixed for the life of the state:\n  maxParallelism: ${handle.maxParallelism}`,
    { details: { operatorIdentifier, restored: handle.maxParallelism, current: numberOfKeyGroups } },
  );
}

function checkHeader<K>(header: SegmentHeader, parameters: RestoreParameters<K>): void {
  const { keySerializer, numberOfKeyGroups, operatorIdentifier } = parameters;
  if (header.maxParallelism !== numberOfKeyGroups) {
    throw new StateError(
      'snapshot-invalid',
      `segment ${header.uid} has max parallelism ${header.maxParallelism}, its handle says ${numberOfKeyGroups}; restore another snapshot`,
      { details: { segmentUid: header.uid, inSegment: header.maxParallelism, inHandle: numberOfKeyGroups } },
    );
  }
  const answer = keySerializer.resolveCompatibility(header.key);
  if (answer.outcome === 'compatible-as-is') return;
  const previous = describeSnapshot(header.key);
  const current = describeSnapshot(keySerializer.snapshot());
  const reason = answer.outcome === 'incompatible' ? answer.reason : 'key serializers never migrate';
  throw new StateError(
    'key-serializer-incompatible',
    `the keys of ${operatorIdentifier} cannot be read: the bytes of a key decide where it lives, so their type cannot change\n  stored:  ${previous}\n  program: ${current}\n  ${reason}\nGo back to the stored type, or rewrite the state under a new operator uid.`,
    { details: { operatorIdentifier, previous, current, reason } },
  );
}
