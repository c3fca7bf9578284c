// What every case about a keyed store works with: stores that are opened, short words for bytes.
//
//   KH1. Every store that was opened is closed at the end of the case.

import { Configuration, type ConfigurationSource, silentLogger } from '@tidemark/state-core';
import type { KeyedStore, KeyedStoreParameters, OpenKeyedStore } from '@tidemark/state-core/spi';

/** A keyed store under test. */
export interface KeyedStoreUnderTest {
  /** Opens a store, as the backend does. */
  readonly open: OpenKeyedStore;
  /** What the store reads of the configuration. Default: nothing. */
  readonly config?: ConfigurationSource;
  /**
   * Makes the next put fail, as a store does that is full, and nothing after it. Without it the cases that require
   * `failingPuts` are skipped.
   */
  failNextPut?(store: KeyedStore): void;
  /** Removes everything that the stores of the case have left. */
  close?(): void | Promise<void>;
}

/** The place of the entries of a case that needs one only. */
export const GROUP = 3;
export const STATE = 7;

/** The context of a case about a keyed store. */
export class KeyedStoreHarness {
  readonly underTest: KeyedStoreUnderTest;
  private readonly opened: KeyedStore[] = [];
  private attempts = 0;

  constructor(underTest: KeyedStoreUnderTest) {
    this.underTest = underTest;
  }

  /** A store of 128 key groups. Each is of a later attempt than the one before, unless another is given. */
  async open(parameters: Partial<KeyedStoreParameters> = {}): Promise<KeyedStore> {
    const store = await this.underTest.open({
      jobId: 'conformance',
      operatorIdentifier: 'operator_0',
      attempt: this.attempts++,
      keyGroupRange: { first: 0, last: 127 },
      config: Configuration.from(this.underTest.config ?? {}),
      logger: silentLogger,
      signal: new AbortController().signal,
      ...parameters,
    });
    this.opened.push(store);
    return store;
  }

  /** Closes what the case opened (KH1). */
  async close(): Promise<void> {
    try {
      for (const store of this.opened) await store.close();
    } finally {
      await this.underTest.close?.();
    }
  }
}

/** Bytes from numbers, `bytesOf(1, 255)`, or from the characters of a text of Latin letters. */
export function bytesOf(...content: readonly [string] | readonly number[]): Uint8Array {
  const [first] = content;
  if (typeof first === 'string') return Uint8Array.from(first, (character) => character.charCodeAt(0));
  return Uint8Array.from(content as readonly number[]);
}

/** Bytes as text, for messages and comparisons. */
export function hexOf(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return 'nothing';
  if (bytes.length > 64) return `${hexOf(bytes.subarray(0, 64))}... (${bytes.length} bytes)`;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** What is scanned, and how many entries at a time. */
export interface ScanOptions {
  readonly keyGroup?: number;
  readonly stateId?: number;
  readonly prefix?: Uint8Array;
  readonly limit?: number;
}

/** Everything of a state in a key group, in the order of the scan, in chunks. */
export function scanAll(
  store: KeyedStore,
  { keyGroup = GROUP, stateId = STATE, prefix = new Uint8Array(0), limit = 100 }: ScanOptions = {},
): [path: string, value: string][] {
  const found: [string, string][] = [];
  for (let after: Uint8Array | undefined; ; ) {
    const chunk = store.scan(keyGroup, stateId, prefix, after, limit);
    for (const { path, value } of chunk) found.push([hexOf(path), hexOf(value)]);
    // A store that gives the same entries for ever must not hang the case.
    if (chunk.length < limit || found.length > 1_000_000) return found;
    after = (chunk[chunk.length - 1] as { path: Uint8Array }).path;
  }
}
