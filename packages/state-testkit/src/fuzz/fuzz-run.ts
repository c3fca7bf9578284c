// Many damaged inputs, one after another: each must end in a value or in the error that says so.
//
//   FZ1. The seed of an input is all that is needed to make it again: target, damage and outcome follow from it.
//   FZ2. An input that ends in anything but a value or an accepted StateError, or breaks a guard, ends the run with the
//        seed and the bytes.
//   FZ3. No outcome depends on time. What must be bounded is counted by guards.

import { isStateError } from '@tidemark/state-core';
import { SeededRandom } from '../fault/seeded-random.js';

/** Something that reads bytes it has no reason to trust. */
export interface FuzzTarget {
  readonly name: string;
  /** Inputs of this target among all, relative to the others. Default 1. */
  readonly weight?: number;
  /** Makes an input: a valid one, damaged. */
  damage(random: SeededRandom): Uint8Array;
  /**
   * Reads the input in every way in which it can be read. Says in a word what came of it, or throws a StateError; throws
   * any other error when a value came out that must not.
   */
  read(input: Uint8Array): string | Promise<string>;
  /** Codes that may come besides those of kind `corrupt`. */
  readonly accepted?: readonly string[];
}

/** Watches one input after another. */
export interface FuzzGuard {
  before(target: FuzzTarget, input: Uint8Array): void;
  /** @throws when something is not as it must be after an input. */
  after(target: FuzzTarget, input: Uint8Array): void;
}

/** How many inputs, and which. */
export interface FuzzRun {
  readonly targets: readonly FuzzTarget[];
  readonly runs: number;
  readonly firstSeed: number;
  /** Default: that prototypes stay as they are. */
  readonly guards?: readonly FuzzGuard[];
  /** Told now and then which seed comes next, so that an input that never ends can be found. */
  progress?(seed: number): void;
}

/** What came of all inputs: how often each word or code, by target. */
export type FuzzOutcomes = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** An input that did what no input may do. */
export class FuzzFailure extends Error {
  override readonly name: string = 'FuzzFailure';
  readonly target: string;
  readonly seed: number;
  readonly input: Uint8Array;

  constructor(target: string, seed: number, input: Uint8Array, cause: unknown) {
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(`target '${target}', seed ${seed}, ${input.length} bytes: ${why}\n${hexOf(input)}`, { cause });
    this.target = target;
    this.seed = seed;
    this.input = input;
  }
}

const INHERITED: Readonly<Record<string, object>> = {
  objects: Object.prototype,
  arrays: Array.prototype,
  functions: Function.prototype,
};
const OWN_KEYS: ReadonlyMap<string, number> = new Map(
  Object.entries(INHERITED).map(([what, prototype]) => [what, Reflect.ownKeys(prototype).length]),
);

/** The guard against inputs that change what every object inherits. */
export const prototypeGuard: FuzzGuard = {
  before() {},
  after() {
    for (const [what, prototype] of Object.entries(INHERITED)) {
      if (Reflect.ownKeys(prototype).length !== OWN_KEYS.get(what)) {
        throw new Error(`the prototype of ${what} was changed`);
      }
    }
    if (Object.getPrototypeOf(Object.prototype) !== null) throw new Error('the prototype of objects has a prototype');
  },
};

/** After so many inputs progress is told. */
const PROGRESS_STRIDE = 512;

/** Runs all inputs. @throws FuzzFailure for the first that does what it may not. */
export async function runFuzz(run: FuzzRun): Promise<FuzzOutcomes> {
  const { targets, runs, firstSeed, guards = [prototypeGuard] } = run;
  const outcomes = new Map<string, Map<string, number>>(targets.map(({ name }) => [name, new Map()]));
  const random = new SeededRandom(0);
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    if ((seed - firstSeed) % PROGRESS_STRIDE === 0) run.progress?.(seed);
    // Neighbouring seeds must not draw neighbouring numbers.
    random.restart(Math.imul(seed, 0x9e3779b1) ^ (seed >>> 15));
    const target = targetOf(targets, random);
    const input = target.damage(random);
    for (const guard of guards) guard.before(target, input);
    let outcome: string;
    try {
      outcome = await outcomeOf(target, input);
      for (const guard of guards) guard.after(target, input);
    } catch (error) {
      throw new FuzzFailure(target.name, seed, input, error);
    }
    const counts = outcomes.get(target.name) as Map<string, number>;
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return outcomes;
}

/** The outcomes as lines: a target, how many inputs, and what came of them. */
export function describeFuzz(outcomes: FuzzOutcomes): string {
  const lines: string[] = [];
  for (const [target, counts] of outcomes) {
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const parts = [...counts].sort(([, a], [, b]) => b - a).map(([outcome, count]) => `${outcome} ${count}`);
    lines.push(`${target}: ${total} inputs: ${parts.join(', ')}`);
  }
  return lines.join('\n');
}

async function outcomeOf(target: FuzzTarget, input: Uint8Array): Promise<string> {
  try {
    const read = target.read(input);
    return typeof read === 'string' ? read : await read;
  } catch (error) {
    if (!isStateError(error)) throw error;
    if (error.kind !== 'corrupt' && !(target.accepted ?? []).includes(error.code)) throw error;
    if (error.message.length === 0) throw new Error(`an error without a message: ${error.code}`);
    return error.code;
  }
}

function targetOf(targets: readonly FuzzTarget[], random: SeededRandom): FuzzTarget {
  const total = targets.reduce((sum, { weight = 1 }) => sum + weight, 0);
  let drawn = random.next() * total;
  for (const target of targets) {
    drawn -= target.weight ?? 1;
    if (drawn < 0) return target;
  }
  return targets.at(-1) as FuzzTarget;
}

/** Bytes as hexadecimal digits; long inputs are cut in the message, the whole is in the error. */
function hexOf(bytes: Uint8Array): string {
  const shown = [...bytes.subarray(0, 4096)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return bytes.length > 4096 ? `${shown}... (${bytes.length} bytes)` : shown;
}
