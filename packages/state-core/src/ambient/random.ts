// Randomness as a value that is handed in.

/** Draws random bits. Injected, so that a run can be repeated from a seed. */
export interface RandomSource {
  /** Fills `target` with random bytes. */
  fill(target: Uint8Array): void;
}

/** Randomness of the process, fit for unique names. */
export const systemRandom: RandomSource = {
  fill(target) {
    crypto.getRandomValues(target as Uint8Array<ArrayBuffer>);
  },
};

/** A fresh 128-bit id, 32 lower-case hex digits. */
export function randomHexId(random: RandomSource): string {
  const bytes = new Uint8Array(16);
  random.fill(bytes);
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
