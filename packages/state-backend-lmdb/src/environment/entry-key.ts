// The key of an entry, written straight into the buffer that lmdb reads keys from.
//
//    0            2            4
//    +------------+------------+---------------------------+
//    | key group  | state      | path                      |   big-endian: the order of LMDB, unsigned bytes, is the
//    | u16        | u16        | 0 to 1,974 bytes          |   order of key group, state, path
//    +------------+------------+---------------------------+
//
//   EK1. The prefix is set before every call; the key that lmdb hands on is the path alone. END stands for the end of a
//        range, which may lie in the next state.
//   EK2. Keys longer than PATH_BYTES_MAX are never handed on: LMDB's own limit is not reached.

/** LMDB takes keys of 1,978 bytes where nothing else is said, whatever the size of a page. */
export const PATH_BYTES_MAX: number = 1974;

/** Key group and state. */
export const PREFIX_BYTES: number = 4;
// Below this a loop is faster than a call of `set`.
const LOOP_BYTES_MAX: number = 32;
const COPY_LOOP_BYTES_MAX: number = 96;

/** Handed to lmdb as the end of a range. */
export const END: Uint8Array = new Uint8Array(0);

const NO_PATH: Uint8Array = new Uint8Array(0);

/** Writes and reads keys of one open file. */
export class EntryKey {
  /** Key group times 65,536 plus state. */
  prefix = 0;
  /** The key that was noted last, where lmdb puts keys, and where in there the path begins and ends. */
  lastKey: Uint8Array = NO_PATH;
  lastStart = 0;
  lastEnd = 0;
  private endPrefix = 0;
  private endPath: Uint8Array = NO_PATH;
  private endLength = 0;

  readonly writeKey: (path: Uint8Array, target: Uint8Array, start: number) => number;
  readonly readKey: (source: Uint8Array, start: number, end: number) => Uint8Array;
  /** As {@link readKey}, without a copy. */
  readonly noteKey: (source: Uint8Array, start: number, end: number) => void;

  constructor() {
    // Closures, because lmdb calls them without a receiver.
    this.writeKey = (path, target, start) =>
      path === END
        ? writeEndKey(this.endPrefix, this.endPath, this.endLength, target, start)
        : writeEntryKey(this.prefix, path, path.length, target, start);
    this.readKey = (source, start, end) => copyOf(source, start + PREFIX_BYTES, end);
    this.noteKey = (source, start, end) => {
      this.lastKey = source;
      this.lastStart = start + PREFIX_BYTES;
      this.lastEnd = end;
    };
  }

  /** A range over the paths of a state that begin with `path`, which stays as it is as long as the range is read. */
  setRange(prefix: number, path: Uint8Array): void {
    // The first path after all of those: the last byte that can be more is one more.
    let { length } = path;
    while (length > 0 && path[length - 1] === 0xff) length--;
    this.prefix = prefix;
    this.endPrefix = length === 0 ? prefix + 1 : prefix;
    this.endPath = path;
    this.endLength = length;
  }
}

function writeEndKey(prefix: number, path: Uint8Array, length: number, target: Uint8Array, start: number): number {
  const end = writeEntryKey(prefix, path, length, target, start);
  if (length > 0) target[end - 1] = (target[end - 1] as number) + 1;
  return end;
}

function writeEntryKey(prefix: number, path: Uint8Array, length: number, target: Uint8Array, start: number): number {
  target[start] = prefix >>> 24;
  target[start + 1] = prefix >>> 16;
  target[start + 2] = prefix >>> 8;
  target[start + 3] = prefix;
  const at = start + PREFIX_BYTES;
  if (length > LOOP_BYTES_MAX) target.set(length === path.length ? path : path.subarray(0, length), at);
  else for (let index = 0; index < length; index++) target[at + index] = path[index] as number;
  return at + length;
}

/** The prefix of a state in a key group. */
export function prefixOf(keyGroup: number, stateId: number): number {
  return keyGroup * 0x10000 + stateId;
}

/** The key group and state of a whole key. */
export function prefixOfKey(key: Uint8Array): number {
  return (key[0] as number) * 0x1000000 + (((key[1] as number) << 16) | ((key[2] as number) << 8) | (key[3] as number));
}

/** A plain array of its own, also from a `Buffer`. */
export function copyOf(source: Uint8Array, start: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - start);
  if (copy.length > COPY_LOOP_BYTES_MAX) {
    copy.set(source.subarray(start, end));
    return copy;
  }
  for (let index = start; index < end; index++) copy[index - start] = source[index] as number;
  return copy;
}
