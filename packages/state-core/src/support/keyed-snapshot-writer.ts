// Writes a full image of the keyed state of one subtask: what the backend holds under today's schemas, and what was
// restored and never touched, unchanged.
//
// Owns: opening and closing segments, headers, the walk over key groups and states, the handle. Leaves to the backend
// how the entries it holds are walked, and to keyed-snapshot-layers.ts what goes into which segment.
//
//   SW1. The usual snapshot is one segment. Restored key groups that were written under another schema are in segments
//        before it, one for each schema that is alive. Every segment is a full image (G7 of segment-contract.ts).
//   SW2. Whatever ends the writing early, every stream is closed and leaves nothing behind.
//   SW3. Nothing is registered and nothing was restored: there is no handle. Registered states without entries are a
//        snapshot.

import { type RandomSource, randomHexId } from '../ambient/random.js';
import type { CheckpointedStateScope, CheckpointStateOutputStream } from '../checkpoint-storage/checkpoint-stream.js';
import { StateError } from '../error/state-error.js';
import type { KeyedStateHandle, StateDigests } from '../handle/keyed-state-handle.js';
import type { KeyGroupRange } from '../key-group/key-group-range.js';
import { KEY_HASH } from '../key-group/key-hash.js';
import type { KeySerializer } from '../serialization/type-serializer.js';
import { addDigest, DIGEST_BYTES } from '../snapshot-format/entry-digest.js';
import type { FinishedSegment, RecordCodec, SegmentRecordWriter } from '../snapshot-format/segment-contract.js';
import type { SegmentHeader, StateSchema } from '../snapshot-format/segment-header.js';
import { openSegmentWriter } from '../snapshot-format/segment-writer.js';
import type { SnapshotCompression } from '../snapshot-format/snapshot-compression.js';
import type { SnapshotContext, SnapshotResult } from '../state-backend/snapshot-context.js';
import type { SnapshotRun } from './async-snapshot-callable.js';
import { foldRawChainInSlices } from './fold-raw-chain.js';
import {
  type CarriedChain,
  planSnapshotLayers,
  type RestampingOf,
  type RewritingOf,
  type SnapshotLayer,
  type SnapshotLayers,
} from './keyed-snapshot-layers.js';
import type { EntriesRegistration } from './keyed-state-registry.js';
import type { RestoredChains } from './restored-keyed-state.js';
import type { FrozenTtlTime } from './ttl-clock.js';

/** Writes the entries that a backend holds. */
export interface KeyedEntriesWriter {
  /**
   * Writes what the snapshot sees of a state in a key group, sorted within each block; the state has been started.
   *
   * Must ask `context.shouldYield()` every few entries and end blocks when the writer asks for it.
   */
  writeEntries(
    registration: EntriesRegistration,
    keyGroup: number,
    writer: SegmentRecordWriter,
    context: SnapshotContext,
  ): Promise<void>;
  /** Whether there may be entries. */
  hasEntries(registration: EntriesRegistration, keyGroup: number): boolean;
}

/** What {@link writeKeyedSnapshot} writes. */
export interface KeyedSnapshotParameters<K> {
  readonly run: SnapshotRun;
  readonly keySerializer: KeySerializer<K>;
  readonly numberOfKeyGroups: number;
  readonly keyGroupRange: KeyGroupRange;
  /** The states that were registered at the freeze. */
  readonly registrations: readonly EntriesRegistration[];
  /** What was raw at the freeze: it is carried along. */
  readonly restored: RestoredChains;
  readonly entries: KeyedEntriesWriter;
  /** How stored entries get the time stamps of today. Default: they have them. */
  readonly restampingOf?: RestampingOf;
  /** How stored entries get their schema of today, for snapshots that ask for it; without it such a one is refused. */
  readonly rewritingOf?: RewritingOf;
  /** The clocks of the freeze, from which expiry resumes. Default: those that were restored. */
  readonly ttlTime?: FrozenTtlTime;
  readonly random: RandomSource;
  /** Name of the backend, for messages. */
  readonly backendName: string;
  readonly compression?: SnapshotCompression;
  /** Whether later checkpoints may use the segments. Default `exclusive`: they belong to this snapshot alone. */
  readonly scope?: CheckpointedStateScope;
  /** The checkpoint that the segments build on; left out for a full image. */
  readonly baseCheckpointId?: number;
}

interface OpenedLayer {
  readonly layer: SnapshotLayer;
  readonly schemas: readonly StateSchema[];
  readonly writer: SegmentRecordWriter;
  readonly stream: CheckpointStateOutputStream;
}

/**
 * Writes a full image.
 *
 * @throws StateError `checkpoint-aborted`, `snapshot-released`, `state-size-limit-exceeded`, `value-not-serializable`,
 * `value-too-large`, `storage-*`, and where schemas are rewritten `restore-failed`, `value-invalid`, `capability-missing`;
 * nothing is left in the storage then.
 */
export async function writeKeyedSnapshot<K>(
  parameters: KeyedSnapshotParameters<K>,
): Promise<SnapshotResult<KeyedStateHandle>> {
  const { registrations, restored } = parameters;
  if (registrations.length === 0 && restored.states.size === 0) return { jobManagerOwned: undefined };
  const { context } = parameters.run;
  const layers = await planSnapshotLayers({ ...parameters, rewritingOf: wantedRewritingOf(parameters), context });
  const finished: FinishedLayer[] = [];
  for (const layer of [...layers.older, layers.main]) {
    const isMain = layer === layers.main;
    finished.push(await writeLayer(layer, isMain ? registrations : [], parameters));
  }
  return { jobManagerOwned: handleOf(finished, parameters), ...keptAsWere(layers, parameters) };
}

/** How entries get their schema of today, where the snapshot asks for it. @throws StateError `capability-missing`. */
export function wantedRewritingOf({
  run,
  rewritingOf,
  backendName,
}: Pick<KeyedSnapshotParameters<never>, 'run' | 'rewritingOf' | 'backendName'>): RewritingOf | undefined {
  if (run.context.rewriteSchemas !== true) return undefined;
  if (rewritingOf !== undefined) return rewritingOf;
  throw new StateError(
    'capability-missing',
    `the state backend '${backendName}' cannot rewrite schemas: take the snapshot without 'rewriteSchemas', or with a backend that can:\n  state.backend.type: hashmap`,
    { details: { backendName } },
  );
}

/** What a snapshot that rewrites schemas says about the states that it could not rewrite. */
export function keptAsWere(
  { notRewritten }: SnapshotLayers,
  { run }: Pick<KeyedSnapshotParameters<never>, 'run'>,
): { readonly notRewritten?: readonly string[] } {
  return run.context.rewriteSchemas === true ? { notRewritten } : {};
}

/** A segment that was written to its end. */
export interface FinishedLayer {
  readonly segment: FinishedSegment;
  readonly schemas: readonly StateSchema[];
  /** Bytes of the blocks by key group. */
  readonly bytesByKeyGroup: ReadonlyMap<number, number>;
}

/** Writes one segment. @param registrations - The states whose live entries it takes. @throws as {@link writeKeyedSnapshot}. */
export async function writeLayer<K>(
  layer: SnapshotLayer,
  registrations: readonly EntriesRegistration[],
  parameters: KeyedSnapshotParameters<K>,
): Promise<FinishedLayer> {
  const { run } = parameters;
  const opened = await openLayer(layer, parameters);
  const bytesByKeyGroup = new Map<number, number>();
  const { context } = run;
  try {
    if (context.shouldYield()) await context.yieldNow();
    for (const keyGroup of parameters.keyGroupRange) {
      const startBytes = opened.writer.lengthBytes;
      await writeKeyGroup(keyGroup, opened, registrations, parameters);
      bytesByKeyGroup.set(keyGroup, opened.writer.lengthBytes - startBytes);
      if (context.shouldYield()) await context.yieldNow();
    }
    const segment = await opened.writer.finish();
    return { segment, schemas: opened.schemas, bytesByKeyGroup };
  } catch (error) {
    await opened.writer.abort();
    throw error;
  } finally {
    run.closeables.unregisterCloseable(opened.stream);
  }
}

async function openLayer<K>(layer: SnapshotLayer, parameters: KeyedSnapshotParameters<K>): Promise<OpenedLayer> {
  const { run, scope = 'exclusive' } = parameters;
  const { context } = run;
  const schemas = [...layer.schemas.values()].map((schema, id) => ({ ...schema, id }));
  const stateNames = schemas.map(({ name }) => name);
  const header = headerOf(schemas, parameters);
  if (context.shouldYield()) await context.yieldNow();
  const stream = await context.streams.createCheckpointStateOutputStream(
    scope,
    { stateNames, sort: 'keyed' },
    context.signal,
  );
  const writer = await openSegmentWriter({
    stream,
    header,
    scope,
    ...(parameters.compression === undefined ? {} : { compression: parameters.compression }),
  });
  // Closing the stream below the writer ends a write that hangs; the writer then fails and cleans up.
  run.closeables.registerCloseable(stream);
  return { layer, schemas, writer, stream };
}

function headerOf<K>(states: readonly StateSchema[], parameters: KeyedSnapshotParameters<K>): SegmentHeader {
  const { run, keyGroupRange, numberOfKeyGroups, keySerializer, random, backendName, compression } = parameters;
  const ttlClocks = ttlClocksOf(parameters);
  return {
    uid: randomHexId(random),
    checkpointId: run.context.checkpointId,
    ...(parameters.baseCheckpointId === undefined ? {} : { baseCheckpointId: parameters.baseCheckpointId }),
    keyGroupRange: { first: keyGroupRange.first, last: keyGroupRange.last },
    maxParallelism: numberOfKeyGroups,
    keyHash: KEY_HASH,
    key: keySerializer.snapshot(),
    states,
    sorted: false,
    ...(compression === undefined ? {} : { compression: compression.name }),
    ...(ttlClocks.length === 0 ? {} : { ttlClocks }),
    writer: backendName,
    timestampMs: run.context.timestampMs,
  };
}

/** The marks of event time for handle and headers. */
export function ttlClocksOf({
  ttlTime,
  restored,
}: Pick<KeyedSnapshotParameters<never>, 'ttlTime' | 'restored'>): FrozenTtlTime['marks'] {
  return ttlTime?.marks ?? [...restored.ttlClocks].sort(([a], [b]) => a - b);
}

async function writeKeyGroup<K>(
  keyGroup: number,
  { layer, schemas, writer }: OpenedLayer,
  registrations: readonly EntriesRegistration[],
  { run, entries, keySerializer }: KeyedSnapshotParameters<K>,
): Promise<void> {
  const { context } = run;
  const carried = new Map(layer.carried.get(keyGroup)?.map((link) => [link.stateName, link]));
  const live = new Map(registrations.map((registration) => [registration.name, registration]));
  for (const { id, name } of schemas) {
    const link = carried.get(name);
    const registration = live.get(name);
    if (link !== undefined) {
      writer.startState(keyGroup, id);
      await writeCarried(link, writer, context);
    } else if (registration !== undefined && entries.hasEntries(registration, keyGroup)) {
      writer.startState(keyGroup, id, codecOf(registration, keySerializer as KeySerializer<unknown>));
      await entries.writeEntries(registration, keyGroup, writer, context);
    }
  }
}

async function writeCarried(
  { chain, rewritten }: CarriedChain,
  writer: SegmentRecordWriter,
  context: SnapshotContext,
): Promise<void> {
  for (const { blocks, schema } of await foldRawChainInSlices(chain, context)) {
    for (const block of blocks) {
      writer.rawBlock(rewritten?.(block, schema) ?? block);
      if (writer.blockIsFull) await writer.endBlock();
      if (context.shouldYield()) await context.yieldNow();
    }
  }
}

function codecOf(registration: EntriesRegistration, key: KeySerializer<unknown>): RecordCodec {
  const { namespaceSerializer, mapKeySerializer, valueSerializer } = registration;
  return {
    key,
    namespace: namespaceSerializer,
    ...(mapKeySerializer === undefined ? {} : { mapKey: mapKeySerializer }),
    value: valueSerializer,
  };
}

function handleOf<K>(finished: readonly FinishedLayer[], parameters: KeyedSnapshotParameters<K>): KeyedStateHandle {
  const { keyGroupRange, numberOfKeyGroups, random } = parameters;
  const range = { first: keyGroupRange.first, last: keyGroupRange.last };
  const ttlClocks = ttlClocksOf(parameters);
  return {
    kind: 'key-groups',
    handleId: randomHexId(random),
    keyGroupRange: range,
    maxParallelism: numberOfKeyGroups,
    segments: finished.map(({ segment }) => segment.reference),
    chainStarts: [{ ...range, segment: 0 }],
    digests: digestsOf(finished, keyGroupRange),
    ...(ttlClocks.length === 0 ? {} : { ttlClocks }),
  };
}

/** The digests of a full image, by state: those of its layers, which hold different entries, summed up. */
export function digestsOf(finished: readonly FinishedLayer[], range: KeyGroupRange): StateDigests[] {
  const byName = new Map<string, Uint8Array>();
  for (const { segment, schemas } of finished) {
    for (const { id, name } of schemas) {
      const digests = byName.get(name) ?? new Uint8Array(range.numberOfKeyGroups * DIGEST_BYTES);
      byName.set(name, digests);
      for (const [keyGroup, digest] of segment.digests.get(id) ?? []) {
        addDigest(digests, (keyGroup - range.first) * DIGEST_BYTES, digest);
      }
    }
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([stateName, digests]) => ({ stateName, digests }));
}
