// Queues over key groups on elements that a test keeps: HQ1 to HQ3 and KQ1 to KQ3.

import { describe, expect, it } from 'vitest';
import { KeyGroupRange } from '../../src/key-group/key-group-range.js';
import { HeapPriorityQueueSet, type QueueElements } from '../../src/support/heap-priority-queue-set.js';
import { KeyGroupPartitionedPriorityQueue } from '../../src/support/key-group-partitioned-priority-queue.js';

interface Element {
  readonly id: string;
  readonly priority: number;
}

/** Elements in an array: the slot of one is its index. */
class ArrayElements implements QueueElements<Element> {
  constructor(readonly kept: (Element | undefined)[] = []) {}

  insert(element: Element): number {
    return this.find(element) >= 0 ? -1 : this.kept.push(element) - 1;
  }

  find({ id }: Element): number {
    return this.kept.findIndex((one) => one?.id === id);
  }

  remove(slot: number): void {
    this.kept[slot] = undefined;
  }

  elementAt(slot: number): Element {
    return this.kept[slot] as Element;
  }

  slots(): number[] {
    return this.kept.flatMap((one, slot) => (one === undefined ? [] : [slot]));
  }

  rankAt(slot: number): number {
    return this.elementAt(slot).priority;
  }

  compareTo(slot: number, other: QueueElements<Element>, otherSlot: number): number {
    return this.elementAt(slot).id < other.elementAt(otherSlot).id ? -1 : 1;
  }
}

const e = (id: string, priority: number): Element => ({ id, priority });

/** The key group is the digit that an id begins with. */
function partitioned(filled: Record<number, Element[]> = {}): {
  readonly queue: KeyGroupPartitionedPriorityQueue<Element>;
  readonly made: number[];
} {
  const made: number[] = [];
  const queue = new KeyGroupPartitionedPriorityQueue<Element>({
    keyGroupRange: KeyGroupRange.of(3, 6),
    keyGroupOf: ({ id }) => {
      const keyGroup = Number(id[0]);
      if (keyGroup < 3 || keyGroup > 6) throw new RangeError(`no key group ${keyGroup} here`);
      return keyGroup;
    },
    createQueue: (keyGroup) => {
      made.push(keyGroup);
      return new HeapPriorityQueueSet(new ArrayElements(filled[keyGroup]));
    },
    filledKeyGroups: Object.keys(filled).map(Number),
  });
  return { queue, made };
}

describe('a queue over key groups', () => {
  it('has the first of all key groups first, and says when that is another one', () => {
    const { queue } = partitioned();
    expect(queue.add(e('4a', 5))).toBe(true);
    expect(queue.add(e('5a', 7))).toBe(false);
    expect(queue.add(e('5b', 3))).toBe(true);
    expect(queue.add(e('6a', 3))).toBe(false);
    expect(queue.add(e('3a', 3))).toBe(true);
    expect(queue.add(e('3a', 3))).toBe(false);
    expect(queue.size).toBe(5);
    expect(queue.remove(e('5b', 3))).toBe(false);
    expect(queue.remove(e('3a', 3))).toBe(true);
    expect(queue.remove(e('3a', 3))).toBe(false);
    expect(queue.remove(e('3z', 3))).toBe(false);
    expect([queue.poll(), queue.poll(), queue.poll(), queue.poll()].map((one) => one?.id)).toEqual([
      '6a',
      '4a',
      '5a',
      undefined,
    ]);
    expect(queue.isEmpty()).toBe(true);
  });

  it('takes over what key groups have already, and makes others when they are needed', () => {
    const { queue, made } = partitioned({ 4: [e('4b', 2), e('4a', 1)], 6: [] });
    expect(made).toEqual([4, 6]);
    expect([queue.size, queue.peek()?.id]).toEqual([2, '4a']);
    expect(queue.remove(e('5a', 1))).toBe(false);
    expect(made).toEqual([4, 6]);
    expect(queue.add(e('5a', 0))).toBe(true);
    expect(made).toEqual([4, 6, 5]);
    expect([...queue].map(({ id }) => id).sort()).toEqual(['4a', '4b', '5a']);
    expect([...queue.getSubsetForKeyGroup(4)].map(({ id }) => id).sort()).toEqual(['4a', '4b']);
    expect([...queue.getSubsetForKeyGroup(3)]).toEqual([]);
  });

  it('refuses key groups of others and changes nothing then', () => {
    const { queue } = partitioned();
    queue.add(e('4a', 1));
    expect(() => queue.add(e('7a', 1))).toThrow('no key group 7');
    expect(() => queue.addAll([e('4b', 1), e('2a', 1)])).toThrow('no key group 2');
    for (const keyGroup of [2, 7]) expect(() => queue.getSubsetForKeyGroup(keyGroup)).toThrow(RangeError);
    expect(queue.size).toBe(2);
  });

  it('a walk over all fails when any key group changes, one over a key group when that does', () => {
    const { queue } = partitioned({ 4: [e('4a', 1), e('4b', 2)], 5: [e('5a', 3)] });
    const walk = (elements: Iterable<Element>, change: () => void): void => {
      for (const _ of elements) change();
    };
    const code = 'concurrent-modification';
    expect(() => walk(queue, () => queue.remove(e('5a', 3)))).toThrow(expect.objectContaining({ code }));
    queue.add(e('5a', 3));
    expect(() => walk(queue.getSubsetForKeyGroup(4), () => queue.remove(e('4b', 2)))).toThrow(
      expect.objectContaining({ code }),
    );
    walk(queue.getSubsetForKeyGroup(4), () => queue.add(e('5c', 1)));
    expect(queue.size).toBe(3);
  });
});
