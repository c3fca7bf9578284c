// Which key keyed state belongs to at the moment: the key, what it is known by and the key group it lives in.
//
// Owns: choosing and leaving a key, the range check, the listeners, and the errors of access without a key or after
// close. Leaves the states themselves to the backend.
//
//   CK1. `keyGroup` is -1 exactly when no key is chosen; a closed context chooses none ever again.
//   CK2. The key group is computed once per choice, never per access.
//   CK3. Listeners hear of a key after it was found to belong here and before it counts.

import { StateError } from '../error/state-error.js';
import { computeKeyGroupForKeyHash } from '../key-group/key-group-assignment.js';
import type { KeyGroupRange } from '../key-group/key-group-range.js';
import type { KeyIdentity, KeySerializer } from '../serialization/type-serializer.js';
import type { KeyContext, KeySelectionListener } from '../state-backend/keyed-state-backend.js';

/** What a {@link CurrentKey} is made for. */
export interface CurrentKeyParameters<K> {
  readonly keySerializer: KeySerializer<K>;
  readonly numberOfKeyGroups: number;
  readonly keyGroupRange: KeyGroupRange;
  /** Names the operator and subtask in messages. */
  readonly operatorIdentifier: string;
}

/**
 * The key context of a keyed backend. The public fields are read on every state access and written here only.
 *
 * @typeParam K - Key.
 */
export class CurrentKey<K> implements KeyContext<K> {
  /** The key, `undefined` when none is chosen. */
  key: K | undefined = undefined;
  /** What the key is known by in a `Map`. Meaningless when no key is chosen. */
  identity: KeyIdentity = 0;
  /** The key group of the key; -1 when none is chosen (CK1). */
  keyGroup = -1;
  /** Counts the choices: a state may keep what it found for a key as long as this stands. */
  selection = 0;

  private readonly serializer: KeySerializer<K>;
  private readonly numberOfKeyGroups: number;
  private readonly range: KeyGroupRange;
  private readonly operatorIdentifier: string;
  private listeners: readonly KeySelectionListener<K>[] = [];
  private closed = false;

  constructor(parameters: CurrentKeyParameters<K>) {
    this.serializer = parameters.keySerializer;
    this.numberOfKeyGroups = parameters.numberOfKeyGroups;
    this.range = parameters.keyGroupRange;
    this.operatorIdentifier = parameters.operatorIdentifier;
  }

  /** @throws TypeError for null or undefined. StateError `key-group-out-of-range`, `backend-closed`. */
  setCurrentKey(key: K): void {
    if (key === undefined || key === null) throw new TypeError('a key must not be null or undefined');
    this.choose(key, computeKeyGroupForKeyHash(this.serializer.hash(key), this.numberOfKeyGroups));
  }

  /** As {@link setCurrentKey} for a key whose key group is known, which saves the hash. */
  setCurrentKeyAndKeyGroup(key: K, keyGroup: number): void {
    if (key === undefined || key === null) throw new TypeError('a key must not be null or undefined');
    this.choose(key, keyGroup);
  }

  getCurrentKey(): K | undefined {
    return this.key === undefined ? undefined : this.serializer.copy(this.key);
  }

  clearCurrentKey(): void {
    this.key = undefined;
    this.keyGroup = -1;
    this.selection++;
  }

  /** The key group of any key, which is not chosen by it. @throws TypeError for null or undefined. StateError `key-group-out-of-range`. */
  keyGroupOf(key: K): number {
    if (key === undefined || key === null) throw new TypeError('a key must not be null or undefined');
    // Most timers are those of the key that is being worked on.
    if (key === this.key && this.serializer.isImmutableType) return this.keyGroup;
    const keyGroup = computeKeyGroupForKeyHash(this.serializer.hash(key), this.numberOfKeyGroups);
    if (!this.range.contains(keyGroup)) throw this.outOfRange(keyGroup);
    return keyGroup;
  }

  /** @throws StateError `no-current-key`, `backend-closed`. */
  getCurrentKeyGroup(): number {
    if (this.keyGroup < 0) throw this.unavailable();
    return this.keyGroup;
  }

  registerKeySelectionListener(listener: KeySelectionListener<K>): void {
    this.listeners = [...this.listeners, listener];
  }

  /** Whether the listener was there. */
  deregisterKeySelectionListener(listener: KeySelectionListener<K>): boolean {
    const remaining = this.listeners.filter((registered) => registered !== listener);
    const wasThere = remaining.length < this.listeners.length;
    this.listeners = remaining;
    return wasThere;
  }

  /** Ends all access. */
  close(): void {
    this.closed = true;
    this.listeners = [];
    this.clearCurrentKey();
  }

  /** Whether {@link close} was called. */
  get isClosed(): boolean {
    return this.closed;
  }

  /** @throws StateError `backend-closed` after {@link close}. */
  checkOpen(): void {
    if (this.closed) throw this.backendClosed();
  }

  /** The error of an access while {@link keyGroup} is -1: `no-current-key` or `backend-closed`. */
  unavailable(): StateError {
    if (this.closed) return this.backendClosed();
    return new StateError(
      'no-current-key',
      `keyed state of ${this.operatorIdentifier} was used while no key is chosen; call backend.setCurrentKey(key) first, or with openState use it inside state.withKey(key, (states) => ...)`,
      { details: { operatorIdentifier: this.operatorIdentifier } },
    );
  }

  private choose(key: K, keyGroup: number): void {
    if (!this.range.contains(keyGroup)) throw this.outOfRange(keyGroup);
    if (this.closed) throw this.backendClosed();
    const identity = this.serializer.identity(key);
    if (this.listeners.length > 0) for (const listener of this.listeners) listener(key);
    // The program may go on to change its object; identity and key must stay one.
    this.key = this.serializer.isImmutableType ? key : this.serializer.copy(key);
    this.identity = identity;
    this.keyGroup = keyGroup;
    this.selection++;
  }

  private outOfRange(keyGroup: number): StateError {
    const range = this.range.toString();
    return new StateError(
      'key-group-out-of-range',
      `the key belongs to key group ${keyGroup}, ${this.operatorIdentifier} has ${range} of ${this.numberOfKeyGroups}; send each key to the subtask that owns its key group, with the same key serializer (${this.serializer.typeName}) and the same max parallelism on both sides`,
      { details: { keyGroup, keyGroupRange: range, numberOfKeyGroups: this.numberOfKeyGroups } },
    );
  }

  private backendClosed(): StateError {
    return new StateError(
      'backend-closed',
      `the keyed state of ${this.operatorIdentifier} was used after close(); stop the processing before the state is closed`,
      { details: { operatorIdentifier: this.operatorIdentifier } },
    );
  }
}
