// A list of operator state: elements that are dealt out anew when the parallelism changes.
//
//   L1. What goes in and out is the caller's own: mutable elements are copied, unless the program reuses objects.
//   L2. A call that fails changes nothing.
//   L3. A frozen array is never changed again: the state goes on with another one. Stored elements change for nobody
//       (L1), so freezing copies nothing, unless the program reuses objects.

import type { TypeSerializer } from '../serialization/type-serializer.js';
import type { ListState } from '../state/state.js';

/** What the states of a backend share. */
export interface OperatorStateAccess {
  /** @throws StateError `backend-closed`. */
  checkOpen(): void;
  /** Whether elements are handed over without copies (`state.object-reuse`). */
  readonly objectReuse: boolean;
}

/** {@link ListState} on the heap. */
export class PartitionableListState<T> implements ListState<T> {
  readonly name: string;
  readonly serializer: TypeSerializer<T>;
  private readonly access: OperatorStateAccess;
  private readonly copies: boolean;
  private elements: T[];
  private isFrozen = false;

  /** @param elements - Belongs to the state from now on. */
  constructor(name: string, serializer: TypeSerializer<T>, access: OperatorStateAccess, elements: T[]) {
    this.name = name;
    this.serializer = serializer;
    this.access = access;
    this.copies = !serializer.isImmutableType && !access.objectReuse;
    this.elements = elements;
  }

  /** The elements in order, as an array of the caller's own. @throws StateError `backend-closed`. */
  get(): readonly T[] {
    this.access.checkOpen();
    return this.copies ? this.deepCopy() : [...this.elements];
  }

  /** @throws TypeError for `undefined`. StateError `backend-closed`. */
  add(value: T): void {
    this.access.checkOpen();
    const own = this.own(value);
    this.thaw();
    this.elements.push(own);
  }

  /** @throws TypeError for `undefined`, also among the values. StateError `backend-closed`. */
  addAll(values: Iterable<T>): void {
    this.access.checkOpen();
    const own = this.ownAll(values);
    this.thaw();
    // Not push(...): a call takes only so many arguments.
    for (const value of own) this.elements.push(value);
  }

  /** @throws TypeError for `undefined`, also among the values. StateError `backend-closed`. */
  update(values: Iterable<T>): void {
    this.access.checkOpen();
    this.replace(this.ownAll(values));
  }

  clear(): void {
    this.access.checkOpen();
    this.replace([]);
  }

  /** The elements as they are now, to be written later (L3). */
  freeze(): readonly T[] {
    if (!this.serializer.isImmutableType && this.access.objectReuse) return this.deepCopy();
    this.isFrozen = true;
    return this.elements;
  }

  private thaw(): void {
    if (this.isFrozen) this.replace([...this.elements]);
  }

  private replace(elements: T[]): void {
    this.elements = elements;
    this.isFrozen = false;
  }

  private deepCopy(): T[] {
    return this.elements.map((element) => this.serializer.copy(element));
  }

  private ownAll(values: Iterable<T>): T[] {
    if (values === undefined || values === null)
      throw new TypeError(`the values for the list state '${this.name}' are missing`);
    return Array.from(values, (value) => this.own(value));
  }

  private own(value: T): T {
    if (value === undefined) throw new TypeError(`undefined cannot be an element of the list state '${this.name}'`);
    return this.copies ? this.serializer.copy(value) : value;
  }
}
