// The hashes that place keys. Their values are part of the stored format (`keyHash: java-murmur-v1`): a change would
// send every key of every snapshot to another key group.
//
// Java's hashes are used for the types that have one on both sides (int32, safeInteger, int64, float64, string,
// boolean), so that a key lands where Flink puts it; everything else is hashed by its canonical bytes.

/** The name of these hashes in snapshots. */
export const KEY_HASH: 'java-murmur-v1' = 'java-murmur-v1';

/** Flink's `MathUtils.murmurHash`: never negative. */
export function murmurHash(code: number): number {
  let hash = Math.imul(code, 0xcc9e2d51);
  hash = (hash << 15) | (hash >>> 17);
  hash = Math.imul(hash, 0x1b873593);
  hash = (hash << 13) | (hash >>> 19);
  hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  hash = bitMix(hash ^ 4);
  if (hash >= 0) return hash;
  return hash === -2147483648 ? 0 : -hash;
}

/** Flink's `MathUtils.bitMix`: the finalizer of MurmurHash3, a signed 32-bit number. */
export function bitMix(code: number): number {
  let hash = code;
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return hash;
}

/** `String.hashCode()`: over UTF-16 code units. */
export function javaStringHash(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  return hash;
}

/** `Long.hashCode()` of an integer of at most 53 bits and a sign. */
export function javaSafeIntegerHash(value: number): number {
  const low = value | 0;
  // Of an integer of 32 bits the high half is its sign.
  if (low === value) return low ^ (low >> 31);
  const high = Math.floor(value / 4294967296);
  return (high ^ (value - high * 4294967296)) | 0;
}

/** `Long.hashCode()` of a 64-bit integer. */
export function javaInt64Hash(value: bigint): number {
  return Number(BigInt.asIntN(32, value ^ (value >> 32n)));
}

const float64Scratch: DataView<ArrayBuffer> = new DataView(new ArrayBuffer(8));

/** `Double.hashCode()`. Tells 0 from -0; keys are made canonical before they are hashed. */
export function javaFloat64Hash(value: number): number {
  float64Scratch.setFloat64(0, Number.isNaN(value) ? Number.NaN : value);
  return float64Scratch.getInt32(0) ^ float64Scratch.getInt32(4);
}

/** `Boolean.hashCode()`. */
export function javaBooleanHash(value: boolean): number {
  return value ? 1231 : 1237;
}

/** MurmurHash3 (x86, 32 bit, seed 0) of bytes, signed: the hash of every key type without a Java hash here. */
export function murmur3Bytes(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  let hash = 0;
  const length = end - start;
  const blocksEnd = start + (length & ~3);
  for (let at = start; at < blocksEnd; at += 4) {
    const block =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    hash ^= scramble(block);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let at = end - 1; at >= blocksEnd; at--) tail = (tail << 8) | (bytes[at] as number);
  if ((length & 3) !== 0) hash ^= scramble(tail);
  return bitMix(hash ^ length);
}

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}
