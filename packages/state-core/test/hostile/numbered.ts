// Inputs that say by their first byte what the others are.

/** Bytes with a number in front. */
export function numbered(number: number, bytes: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + bytes.length);
  input[0] = number;
  input.set(bytes, 1);
  return input;
}
