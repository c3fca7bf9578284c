// What the changes of a table come to: the newest of each address.
//
//   DM1. A value that was set and removed is removed, one that was removed and set is set. What was cleared stays cleared, and
//        what came afterwards is set.
//   DM2. What continues a list is joined from the last clearing on. A splice that begins before the end of what is gathered
//        cuts it: what came after was taken back.
//   DM3. What goes at the front of a list goes from what the base has of it first, then from what was added.
//   DM4. Whoever has a map key has an owner: key and namespace. Clearing it ends everything below it.
//   DM5. However much changed, no step takes longer than a fraction of a millisecond.

import { ByteReader } from '../bytes/byte-reader.js';
import { latin1OfBytes } from '../serialization/key-bytes.js';
import { type ChangeExtent, ChangeOp } from './change-runs.js';
import type { PathParts } from './path-parts.js';
import { checked } from './scratch-checksum.js';
import { sortInSteps } from './sort-in-steps.js';
import { firstOf, invalidList, type StoredElements, withoutFirst } from './stored-lists.js';

/** One entry that changed. */
export interface ChangedEntry {
  readonly path: Uint8Array;
  /** What is stored; `'removed'` where nothing is, `'held'` where the base has it. */
  readonly value: Uint8Array | 'removed' | 'held';
  /** A newer time stamp than that in the value; always there with `'held'`. */
  readonly stampMs: number | undefined;
}

/** Elements that continue a list from an element on. */
export interface ChangedElements extends StoredElements {
  readonly from: number;
}

/** A list that changed. */
export interface ChangedList {
  readonly path: Uint8Array;
  isCleared: boolean;
  /** Elements of the base that went at its front. */
  trimmed: number;
  elements: ChangedElements[];
  /** Changed in a way that is not noted: it is written as it is. */
  isWhole: boolean;
}

/** What changed in one table, each ascending by path. */
export interface MergedChanges {
  /** Owners of maps that were cleared. */
  readonly cleared: readonly Uint8Array[];
  readonly entries: readonly ChangedEntry[];
  readonly lists: readonly ChangedList[];
}

interface Owner {
  readonly path: Uint8Array;
  isCleared: boolean;
  entries: Map<string, ChangedEntry>;
}

/** Some 30 us, ten times that at first. */
const RECORDS_PER_STEP = 32;
const LOOKS_PER_STEP = 256;

/**
 * Merges the changes of one table, yielding between two steps.
 *
 * @param parts - Divides paths, for maps; `undefined` where nothing has a map key.
 * @throws StateError of kind `corrupt`, and of the scratch space.
 */
export function* mergeChanges(
  extents: readonly ChangeExtent[],
  parts: PathParts | undefined,
  isStamped: boolean,
): Generator<void, MergedChanges, void> {
  const owners = new Map<string, Owner>();
  const lists = new Map<string, ChangedList>();
  const ownerOf = (path: Uint8Array, end: number): Owner => {
    const ownerPath = path.subarray(0, end);
    // Without map keys all entries have one owner that is never cleared.
    const text = parts === undefined ? '' : latin1OfBytes(ownerPath);
    let owner = owners.get(text);
    if (owner === undefined) {
      owner = { path: ownerPath, isCleared: false, entries: new Map() };
      owners.set(text, owner);
    }
    return owner;
  };
  const ownerOfEntry = (path: Uint8Array): Owner => {
    parts?.divide(path);
    return ownerOf(path, parts?.namespaceEnd ?? 0);
  };
  const listOf = (path: Uint8Array): ChangedList => {
    const text = latin1OfBytes(path);
    let list = lists.get(text);
    if (list === undefined) {
      list = { path, isCleared: false, trimmed: 0, elements: [], isWhole: false };
      lists.set(text, list);
    }
    return list;
  };
  let records = 0;
  for (const { scratch, position, lengthBytes, checksum } of extents) {
    yield;
    const input = new ByteReader(checked(scratch.read(position, lengthBytes), checksum, 'what changed since the base'));
    while (input.remaining > 0) {
      if (++records % RECORDS_PER_STEP === 0) yield;
      const op = input.readUint8();
      const path = input.readLengthPrefixedView();
      if (op === ChangeOp.PUT) {
        const value = input.readLengthPrefixedView();
        ownerOfEntry(path).entries.set(latin1OfBytes(path), { path, value, stampMs: undefined });
      } else if (op === ChangeOp.DELETE) {
        ownerOfEntry(path).entries.set(latin1OfBytes(path), { path, value: 'removed', stampMs: undefined });
      } else if (op === ChangeOp.TOUCH) {
        const { entries } = ownerOfEntry(path);
        const text = latin1OfBytes(path);
        entries.set(text, { path, value: entries.get(text)?.value ?? 'held', stampMs: input.readSafeInteger() });
      } else if (op === ChangeOp.CLEAR && parts !== undefined) {
        const owner = ownerOf(path, path.length);
        owner.isCleared = true;
        owner.entries = new Map();
      } else if (op === ChangeOp.CLEAR) {
        const list = listOf(path);
        list.isCleared = true;
        list.trimmed = 0;
        list.elements = [];
      } else if (op === ChangeOp.SPLICE) {
        splice(listOf(path), input, isStamped);
      } else if (op === ChangeOp.TRIM) {
        trim(listOf(path), input.readVarint(), isStamped);
      } else if (op === ChangeOp.CHANGED) {
        listOf(path).isWhole = true;
      } else {
        throw invalidList(`a change of the unknown sort ${op}`);
      }
    }
  }
  return {
    cleared: (yield* sortedByPath(owners, ({ isCleared }) => isCleared)).map(({ path }) => path),
    entries: yield* entriesOf(owners),
    lists: yield* sortedByPath(
      lists,
      (list) => list.isCleared || list.isWhole || list.trimmed > 0 || list.elements.length > 0,
    ),
  };
}

function splice(list: ChangedList, input: ByteReader, isStamped: boolean): void {
  const from = input.readVarint();
  const count = input.readVarint();
  const tag = input.readUint8();
  const bytes = input.readLengthPrefixedView();
  const { elements } = list;
  // DM2.
  for (let last = elements.at(-1); last !== undefined && last.from + last.count > from; last = elements.at(-1)) {
    elements.pop();
    if (last.from < from) elements.push(firstOf(last, from - last.from, isStamped));
  }
  if (count > 0) elements.push({ from, count, tag, bytes, start: 0, end: bytes.length });
}

/** Takes elements away at the front: those of the base first, where it has any left. */
function trim(list: ChangedList, count: number, isStamped: boolean): void {
  const [first] = list.elements;
  const inBase = list.isCleared ? 0 : (first?.from ?? Number.POSITIVE_INFINITY);
  if (count < inBase) {
    list.trimmed += count;
  } else {
    list.isCleared = true;
    list.trimmed = 0;
  }
  let rest = Math.max(0, count - inBase);
  const kept: ChangedElements[] = [];
  for (const part of list.elements) {
    if (rest >= part.count) {
      rest -= part.count;
      continue;
    }
    kept.push({ ...withoutFirst(part, rest, isStamped), from: part.from + rest - count });
    rest = 0;
  }
  list.elements = kept;
}

function* entriesOf(owners: ReadonlyMap<string, Owner>): Generator<void, readonly ChangedEntry[], void> {
  const wanted: Addressed<ChangedEntry>[] = [];
  let looked = 0;
  for (const { isCleared, entries } of owners.values()) {
    for (const [text, one] of entries) {
      if (!isCleared || one.value !== 'removed') wanted.push({ text, one });
      if (++looked % LOOKS_PER_STEP === 0) yield;
    }
  }
  return yield* ascending(wanted);
}

function* sortedByPath<T>(
  all: ReadonlyMap<string, T>,
  isWanted: (one: T) => boolean,
): Generator<void, readonly T[], void> {
  const wanted: Addressed<T>[] = [];
  let looked = 0;
  for (const [text, one] of all) {
    if (isWanted(one)) wanted.push({ text, one });
    if (++looked % LOOKS_PER_STEP === 0) yield;
  }
  return yield* ascending(wanted);
}

interface Addressed<T> {
  readonly text: string;
  readonly one: T;
}

function* ascending<T>(all: readonly Addressed<T>[]): Generator<void, readonly T[], void> {
  return (yield* sortInSteps(all, byText)).map(({ one }) => one);
}

function byText({ text: a }: Addressed<unknown>, { text: b }: Addressed<unknown>): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
