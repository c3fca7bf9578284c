// What an input may cost: memory and steps, counted and not timed.
//
//   HG1. An allocation is counted by what was asked for, before it is made: `new Uint8Array(n)` with a forged n shows also
//        where the memory would never have been touched.
//   HG2. Steps are calls of a ByteReader: no loop over forged counts can go on for long without them.

import { getHeapStatistics } from 'node:v8';
import { ByteReader } from '@tidemark/state-core/spi';
import type { FuzzGuard, FuzzTarget } from '@tidemark/state-testkit';

const MIB = 1024 * 1024;

/** Targets that open a whole state: what they cost follows from more than their input. */
const WHOLE_STATES: ReadonlySet<string> = new Set(['whole restore', 'local store']);

type Constructor = new (...given: unknown[]) => object;

const WIDTHS: Readonly<Record<string, number>> = {
  Array: 8,
  ArrayBuffer: 1,
  Uint8Array: 1,
  Uint32Array: 4,
  Int32Array: 4,
  Float64Array: 8,
};

/** Counts while it is installed. */
export class CostGuard implements FuzzGuard {
  private requested = 0;
  private steps = 0;
  private heapBefore = 0;
  private readonly undo: (() => void)[] = [];

  install(): void {
    for (const [name, width] of Object.entries(WIDTHS)) this.countAllocations(name, width);
    for (const name of Object.getOwnPropertyNames(ByteReader.prototype)) this.countCalls(name);
  }

  uninstall(): void {
    for (const undo of this.undo.splice(0)) undo();
  }

  before(): void {
    this.requested = 0;
    this.steps = 0;
    const { used_heap_size, external_memory } = getHeapStatistics();
    this.heapBefore = used_heap_size + external_memory;
  }

  after(target: FuzzTarget, input: Uint8Array): void {
    const isWhole = WHOLE_STATES.has(target.name);
    const requestedMax = isWhole ? 32 * MIB : 2 * MIB + 64 * input.length;
    if (this.requested > requestedMax) throw new Error(`${this.requested} bytes were asked for`);
    const stepsMax = isWhole ? 500_000 : 20_000 + 64 * input.length;
    if (this.steps > stepsMax) throw new Error(`${this.steps} steps were taken`);
    const { used_heap_size, external_memory } = getHeapStatistics();
    const grownBytes = used_heap_size + external_memory - this.heapBefore;
    if (grownBytes > 96 * MIB) throw new Error(`the heap grew by ${grownBytes} bytes`);
  }

  private countAllocations(name: string, width: number): void {
    const scope = globalThis as unknown as Record<string, Constructor>;
    const original = scope[name] as Constructor;
    const note = (size: unknown): void => {
      if (typeof size === 'number') this.requested += size * width;
    };
    const counting: Constructor = new Proxy(original, {
      construct(target, given, newTarget) {
        if (given.length === 1) note(given[0]);
        return Reflect.construct(target, given, newTarget === counting ? target : newTarget);
      },
    });
    scope[name] = counting;
    this.undo.push(() => {
      scope[name] = original;
    });
  }

  private countCalls(name: string): void {
    const prototype = ByteReader.prototype as unknown as Record<string, unknown>;
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
    const method: unknown = descriptor?.value;
    if (descriptor === undefined || typeof method !== 'function' || name === 'constructor') return;
    const guard = this;
    Object.defineProperty(prototype, name, {
      ...descriptor,
      value(this: unknown, ...given: unknown[]) {
        guard.steps++;
        return method.apply(this, given);
      },
    });
    this.undo.push(() => Object.defineProperty(prototype, name, descriptor));
  }
}
