// Writes the keyed state of one subtask as an increment: of each key group what changed since the base, everything, or
// nothing, and a handle that names the segments of the base besides.
//
// Owns: what is written of which key group, and the handle. Leaves the chain to snapshot-chain.ts, which bases there are to
// snapshot-bases.ts, segments to keyed-snapshot-writer.ts, and to the backend what changed.
//
//   IW1. What is written of a key group is decided in one go, before anything of it is written, from what was frozen.
//   IW2. A key group that cannot tell what changed since the base is written as an image. So is one of which more changed
//        than there is, one whose chain is due (CH2), one whose restored entries lack the time stamps of today, and every
//        one where schemas are rewritten.
//   IW3. Raw key groups that no image is written of cost nothing: the segments that they came from are named.
//   IW4. Where nothing changed no segment is written.

import { randomHexId } from '../ambient/random.js';
import type { CheckpointedStateScope } from '../checkpoint-storage/checkpoint-stream.js';
import type { IncrementalKeyedStateHandle } from '../handle/keyed-state-handle.js';
import type { SegmentRecordWriter } from '../snapshot-format/segment-contract.js';
import type { StateSchema } from '../snapshot-format/segment-header.js';
import type { SnapshotContext } from '../state-backend/snapshot-context.js';
import { planSnapshotLayers, type SnapshotLayers } from './keyed-snapshot-layers.js';
import {
  digestsOf,
  type FinishedLayer,
  type KeyedEntriesWriter,
  type KeyedSnapshotParameters,
  keptAsWere,
  ttlClocksOf,
  wantedRewritingOf,
  writeLayer,
} from './keyed-snapshot-writer.js';
import type { EntriesRegistration } from './keyed-state-registry.js';
import type { RestoredChains } from './restored-keyed-state.js';
import type { FrozenIncrement, SnapshotBase } from './snapshot-bases.js';
import { type KeyGroupMode, SnapshotChain } from './snapshot-chain.js';
import { storedTimeOf } from './ttl-restamping.js';

/** How much of a state in a key group changed. */
export interface FrozenChanges {
  /** Entries that were set or removed. */
  readonly changedEntries: number;
  /** Of {@link changedEntries} those that a few bytes tell, however large they are: stamps, the ends of lists. Default 0. */
  readonly slightChanges?: number;
  /** Entries that there are. */
  readonly entries: number;
}

/** Writes the entries that a backend holds, and those of them that changed. */
export interface KeyedChangesWriter extends KeyedEntriesWriter {
  /**
   * What changed of a state in a key group in the epochs after `baseEpoch` up to the freeze. Called once for each, before
   * {@link writeChanges}, which must find the same: the backend keeps what it needs for it.
   *
   * @returns `unknown` when the changes are not remembered any more.
   */
  changesSince(registration: EntriesRegistration, keyGroup: number, baseEpoch: number): FrozenChanges | 'unknown';
  /** Told once what will be written of each key group, before anything is: what is not needed for it may go. */
  modesDecided?(modeOf: (keyGroup: number) => KeyGroupMode, keyGroups: Iterable<number>): void;
  /** As {@link KeyedEntriesWriter.writeEntries}, of what changed. An address other than a list appears once. */
  writeChanges(
    registration: EntriesRegistration,
    keyGroup: number,
    baseEpoch: number,
    writer: SegmentRecordWriter,
    context: SnapshotContext,
  ): Promise<void>;
}

/** What {@link writeIncrementalSnapshot} writes. */
export interface IncrementalSnapshotParameters<K>
  extends Omit<KeyedSnapshotParameters<K>, 'entries' | 'scope' | 'baseCheckpointId'> {
  readonly entries: KeyedChangesWriter;
  readonly increment: FrozenIncrement;
}

/** What {@link writeIncrementalSnapshot} wrote. */
export interface WrittenSnapshot {
  /** `undefined` when there was no state at all. */
  readonly handle: IncrementalKeyedStateHandle | undefined;
  /** What the next checkpoint may build on. */
  readonly chain: SnapshotChain;
  /** As in `SnapshotResult`. */
  readonly notRewritten?: readonly string[];
}

type Modes = ReadonlyMap<number, KeyGroupMode>;

// What later checkpoints use goes only when none of them names it any more.
const SCOPE: CheckpointedStateScope = 'shared';

/**
 * Writes a checkpoint that later ones may build on: full images without a base, what changed with one.
 *
 * @throws StateError as `writeKeyedSnapshot`.
 */
export async function writeIncrementalSnapshot<K>(
  parameters: IncrementalSnapshotParameters<K>,
): Promise<WrittenSnapshot> {
  const { registrations, restored, increment, keyGroupRange } = parameters;
  const before = increment.base?.chain ?? SnapshotChain.empty(keyGroupRange);
  if (registrations.length === 0 && restored.states.size === 0) return { handle: undefined, chain: before };
  const modes = await decideModes(parameters);
  parameters.entries.modesDecided?.((keyGroup) => modes.get(keyGroup) as KeyGroupMode, keyGroupRange);
  const { context } = parameters.run;
  const layers = await planSnapshotLayers({
    ...parameters,
    rewritingOf: wantedRewritingOf(parameters),
    isImage: (keyGroup) => modes.get(keyGroup) === 'image',
    context,
  });
  if (context.shouldYield()) await context.yieldNow();
  const isNothingNew = [...modes.values()].every((mode) => mode === 'unchanged');
  const written =
    isNothingNew && before.knows(layers.main.schemas.values()) ? [] : await writeLayers(layers, modes, parameters);
  const chain = before.continuedBy({
    segments: written.map(({ segment }) => segment.reference),
    modeOf: (keyGroup) => modes.get(keyGroup) as KeyGroupMode,
    bytesOf: (keyGroup) => written.reduce((sum, layer) => sum + (layer.bytesByKeyGroup.get(keyGroup) ?? 0), 0),
    schemas: schemasOf(layers),
  });
  return { handle: handleOf(chain, written, parameters), chain, ...keptAsWere(layers, parameters) };
}

async function decideModes<K>(parameters: IncrementalSnapshotParameters<K>): Promise<Modes> {
  const { increment, keyGroupRange, run, restored, restampingOf } = parameters;
  const { base } = increment;
  const modes = new Map<number, KeyGroupMode>();
  // Also of states that the program declares and has not used: nobody else would ever stamp them.
  const isStale = [...restored.states.values()].some(({ name, schemas }) => {
    const restamping = restampingOf?.(name);
    return schemas.some((schema) => restamping?.agreesWith(schema) === false);
  });
  const mayLackTime = [...restored.states.values()].some(({ schemas }) =>
    schemas.some((schema) => storedTimeOf(schema) === 'event'),
  );
  for (const keyGroup of keyGroupRange) {
    const needsImage =
      base === undefined ||
      run.context.rewriteSchemas === true ||
      !base.chain.has(keyGroup) ||
      (base.chain.reachesRestored(keyGroup) && (isStale || (mayLackTime && lacksTime(keyGroup, parameters))));
    modes.set(keyGroup, needsImage ? 'image' : modeByChanges(keyGroup, base, parameters));
    if (run.context.shouldYield()) await run.context.yieldNow();
  }
  // An idle task writes nothing for the sake of its chains.
  if (base === undefined || [...modes.values()].every((mode) => mode === 'unchanged')) return modes;
  for (const keyGroup of base.chain.due((one) => modes.get(one) !== 'unchanged')) modes.set(keyGroup, 'image');
  return modes;
}

/** Whether raw entries were written before event time was known, which it is now (TR4 of ttl-restamping.ts). */
function lacksTime<K>(keyGroup: number, { restored, restampingOf }: IncrementalSnapshotParameters<K>): boolean {
  for (const { name } of restored.states.values()) {
    const restamping = restampingOf?.(name);
    for (const { schema, isTimed } of restored.chainOf(name, keyGroup) ?? [])
      if (isTimed !== true && restamping?.knowsTimeOf(schema, keyGroup)) return true;
  }
  return false;
}

function modeByChanges<K>(
  keyGroup: number,
  base: SnapshotBase,
  { registrations, entries, restored }: IncrementalSnapshotParameters<K>,
): KeyGroupMode {
  let changed = 0;
  let slight = 0;
  let isKnown = true;
  let there = rawEntriesOf(restored, keyGroup);
  // All are asked, also when one cannot tell: each may have something to note of this checkpoint.
  for (const registration of registrations) {
    const changes = entries.changesSince(registration, keyGroup, base.epoch);
    if (changes === 'unknown') {
      isKnown = false;
      continue;
    }
    changed += changes.changedEntries;
    slight += changes.slightChanges ?? 0;
    there += changes.entries;
  }
  if (!isKnown) return 'image';
  if (changed === 0) return 'unchanged';
  return changed - slight >= there ? 'image' : 'delta';
}

function rawEntriesOf(restored: RestoredChains, keyGroup: number): number {
  let count = 0;
  for (const { name } of restored.states.values()) {
    for (const { blocks } of restored.chainOf(name, keyGroup) ?? []) {
      for (const { entryCount } of blocks) count += entryCount;
    }
  }
  return count;
}

async function writeLayers<K>(
  { older, main }: SnapshotLayers,
  modes: Modes,
  parameters: IncrementalSnapshotParameters<K>,
): Promise<FinishedLayer[]> {
  const { registrations, increment, entries } = parameters;
  const { base } = increment;
  const layerParameters: KeyedSnapshotParameters<K> = {
    ...parameters,
    scope: SCOPE,
    ...(isBuiltOnBase(modes) && base !== undefined ? { baseCheckpointId: base.checkpointId } : {}),
    entries: base === undefined ? entries : new ModalEntriesWriter(entries, base.epoch, modes),
  };
  const finished: FinishedLayer[] = [];
  for (const layer of older) finished.push(await writeLayer(layer, [], layerParameters));
  finished.push(await writeLayer(main, registrations, layerParameters));
  return finished;
}

function isBuiltOnBase(modes: Modes): boolean {
  return [...modes.values()].some((mode) => mode !== 'image');
}

/** Writes of each key group what its mode says. */
class ModalEntriesWriter implements KeyedEntriesWriter {
  constructor(
    private readonly entries: KeyedChangesWriter,
    private readonly baseEpoch: number,
    private readonly modes: Modes,
  ) {}

  hasEntries(registration: EntriesRegistration, keyGroup: number): boolean {
    const mode = this.modes.get(keyGroup);
    return mode === 'delta' || (mode === 'image' && this.entries.hasEntries(registration, keyGroup));
  }

  writeEntries(
    registration: EntriesRegistration,
    keyGroup: number,
    writer: SegmentRecordWriter,
    context: SnapshotContext,
  ): Promise<void> {
    return this.modes.get(keyGroup) === 'image'
      ? this.entries.writeEntries(registration, keyGroup, writer, context)
      : this.entries.writeChanges(registration, keyGroup, this.baseEpoch, writer, context);
  }
}

function* schemasOf({ older, main }: SnapshotLayers): Iterable<StateSchema> {
  for (const layer of [...older, main]) yield* layer.schemas.values();
}

function handleOf<K>(
  chain: SnapshotChain,
  written: readonly FinishedLayer[],
  parameters: IncrementalSnapshotParameters<K>,
): IncrementalKeyedStateHandle {
  const { keyGroupRange, numberOfKeyGroups, random, increment } = parameters;
  const ttlClocks = ttlClocksOf(parameters);
  const isFull = chain.segments.length === written.length;
  return {
    kind: 'incremental',
    handleId: randomHexId(random),
    checkpointId: increment.checkpointId,
    ...(isFull || increment.base === undefined ? {} : { baseCheckpointId: increment.base.checkpointId }),
    keyGroupRange: { first: keyGroupRange.first, last: keyGroupRange.last },
    maxParallelism: numberOfKeyGroups,
    segments: chain.segments,
    chainStarts: chain.chainStarts,
    checkpointedSizeBytes: written.reduce((sum, { segment }) => sum + segment.reference.lengthBytes, 0),
    ...(isFull ? { digests: digestsOf(written, keyGroupRange) } : {}),
    ...(ttlClocks.length === 0 ? {} : { ttlClocks }),
  };
}
