// A binary heap of small numbers, such as the slots of a table, out of which any of them can be taken.
//
//   position    0      1      2      3   ...  size
//   slots       7      2      9      4             heap: none is after its two children
//   ranks       10     25     10     25            of the slot at that position
//   places      by slot: position + 1; 0 for a slot that is not in the heap
//
//   IH1. A rank is a number that orders as the elements do, as far as it can; among equal ranks `compare` decides. So most
//        steps compare two numbers that lie side by side, and touch no element.
//   IH2. Adding, removing and moving take O(log n) steps, filling an empty heap O(n).
//   IH3. An empty heap holds no memory worth mentioning, however large it has been.

const CAPACITY_MIN = 16;
/** An empty heap of no more keeps its arrays: it fills again soon. */
const KEPT_CAPACITY_MAX = 1024;

/** A heap of slots, lowest first. */
export class IndexedHeap {
  size = 0;

  private slots: Int32Array = new Int32Array(CAPACITY_MIN);
  private ranks: Float64Array = new Float64Array(CAPACITY_MIN);
  private places: Int32Array = new Int32Array(CAPACITY_MIN);
  private readonly compare: (a: number, b: number) => number;

  /** @param compare - Negative, zero or positive as slot `a` is before, beside or after slot `b` of the same rank (IH1). */
  constructor(compare: (a: number, b: number) => number) {
    this.compare = compare;
  }

  /** The first slot; -1 when the heap is empty. */
  get first(): number {
    return this.size === 0 ? -1 : (this.slots[0] as number);
  }

  /** The rank of the first slot, which there must be. */
  get firstRank(): number {
    return this.ranks[0] as number;
  }

  /** The slot at a position of the heap, below {@link size}. */
  slotAt(position: number): number {
    return this.slots[position] as number;
  }

  has(slot: number): boolean {
    return slot < this.places.length && this.places[slot] !== 0;
  }

  /** Adds a slot that is not there. Whether it is the first now. */
  add(slot: number, rank: number): boolean {
    this.makeRoom(slot);
    const position = this.size++;
    return this.siftUp(position, slot, rank) === 0;
  }

  /** Adds slots to an empty heap (IH2). */
  fill(slots: Iterable<number>, rankOf: (slot: number) => number): void {
    for (const slot of slots) {
      this.makeRoom(slot);
      this.set(this.size++, slot, rankOf(slot));
    }
    for (let position = (this.size >> 1) - 1; position >= 0; position--) {
      this.siftDown(position, this.slots[position] as number, this.ranks[position] as number);
    }
  }

  /** Removes a slot that is there. Whether it was the first. */
  remove(slot: number): boolean {
    const position = (this.places[slot] as number) - 1;
    this.places[slot] = 0;
    const last = --this.size;
    if (position !== last) this.settle(position, this.slots[last] as number, this.ranks[last] as number);
    if (last === 0 && this.slots.length + this.places.length > KEPT_CAPACITY_MAX) this.letGo();
    return position === 0;
  }

  /** Moves a slot that is there to where its rank and `compare` want it now. */
  update(slot: number, rank: number): void {
    this.settle((this.places[slot] as number) - 1, slot, rank);
  }

  private settle(position: number, slot: number, rank: number): void {
    if (this.siftUp(position, slot, rank) === position) this.siftDown(position, slot, rank);
  }

  /** Puts a slot at a position or above. Returns where it is. */
  private siftUp(from: number, slot: number, rank: number): number {
    const { slots, ranks, places } = this;
    let position = from;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const parentRank = ranks[parent] as number;
      const parentSlot = slots[parent] as number;
      if (rank > parentRank || (rank === parentRank && this.compare(slot, parentSlot) >= 0)) break;
      slots[position] = parentSlot;
      ranks[position] = parentRank;
      places[parentSlot] = position + 1;
      position = parent;
    }
    slots[position] = slot;
    ranks[position] = rank;
    places[slot] = position + 1;
    return position;
  }

  /** Puts a slot at a position or below. */
  private siftDown(from: number, slot: number, rank: number): void {
    const { slots, ranks, places, size } = this;
    const firstLeaf = size >> 1;
    let position = from;
    while (position < firstLeaf) {
      let child = 2 * position + 1;
      let childRank = ranks[child] as number;
      let childSlot = slots[child] as number;
      const right = child + 1;
      if (right < size) {
        const rightRank = ranks[right] as number;
        const rightSlot = slots[right] as number;
        if (rightRank < childRank || (rightRank === childRank && this.compare(rightSlot, childSlot) < 0)) {
          child = right;
          childRank = rightRank;
          childSlot = rightSlot;
        }
      }
      if (rank < childRank || (rank === childRank && this.compare(slot, childSlot) <= 0)) break;
      slots[position] = childSlot;
      ranks[position] = childRank;
      places[childSlot] = position + 1;
      position = child;
    }
    this.set(position, slot, rank);
  }

  private set(position: number, slot: number, rank: number): void {
    this.slots[position] = slot;
    this.ranks[position] = rank;
    this.places[slot] = position + 1;
  }

  private makeRoom(slot: number): void {
    const { slots, ranks, places } = this;
    if (this.size === slots.length) {
      this.slots = new Int32Array(slots.length * 2);
      this.slots.set(slots);
      this.ranks = new Float64Array(ranks.length * 2);
      this.ranks.set(ranks);
    }
    if (slot < places.length) return;
    this.places = new Int32Array(Math.max(slot + 1, places.length * 2));
    this.places.set(places);
  }

  private letGo(): void {
    this.slots = new Int32Array(CAPACITY_MIN);
    this.ranks = new Float64Array(CAPACITY_MIN);
    this.places = new Int32Array(CAPACITY_MIN);
  }
}
