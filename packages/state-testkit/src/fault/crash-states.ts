// What a disk may look like after a power loss: every place at which the power may fail, and what it may have lost there.
//
//   CS1. Every prefix of the log is a crash; after each, all changes may have arrived (the process alone died), and none
//        of those that were not durable.
//   CS2. Where all combinations of what is kept, lost, torn and zeroed are few enough, all of them occur. Otherwise each
//        change is lost alone, kept alone and torn alone, and seeded samples of the combinations follow.
//   CS3. A disk that looks the same after the same promises is given once.

import type { ChangeFate, DiskStep, RecordedDisk } from './recorded-disk.js';
import type { SeededRandom } from './seeded-random.js';

/** A disk after a crash. */
export interface CrashState {
  /** How many steps were done before the power failed. */
  readonly steps: number;
  /** What became of the changes that were not durable; those that are not listed were kept. */
  readonly fates: ReadonlyMap<number, ChangeFate>;
}

/** How many crashes are looked at. */
export interface CrashStateLimits {
  /** Combinations at one place of the log, at the most. */
  readonly combinationsMax: number;
  readonly random: SeededRandom;
  /** Tells which promises hold after so many steps; equal texts, equal promises. Default: none ever. */
  promisesAt?(steps: number): string;
}

const OF_NAMES: readonly ChangeFate[] = ['kept', 'lost'];
const OF_WRITES: readonly ChangeFate[] = ['kept', 'lost', 'torn', 'zeroed'];

/** Every crash of CS1 and CS2, and its disk. */
export function* crashStates(
  disk: RecordedDisk,
  limits: CrashStateLimits,
): Generator<CrashState & { readonly disk: RecordedDisk }> {
  const seen = new Set<string>();
  for (let steps = 0; steps <= disk.log.length; steps++) {
    const promises = limits.promisesAt?.(steps) ?? '';
    for (const fates of combinationsAt(disk, steps, limits)) {
      const after = disk.after(steps, fates);
      const looks = `${promises}\n${after.describe()}`;
      if (seen.has(looks)) continue;
      seen.add(looks);
      yield { steps, fates, disk: after };
    }
  }
}

/** A crash in words: where the power failed, and what was not kept. */
export function describeCrash(disk: RecordedDisk, { steps, fates }: CrashState): string {
  const last = disk.log[steps - 1];
  const where = last === undefined ? 'before the first step' : `after step ${steps - 1} (${last.what})`;
  const notKept = [...fates].filter(([, fate]) => fate !== 'kept');
  if (notKept.length === 0) return `${where}, with everything kept`;
  return `${where}, with ${notKept.map(([index, fate]) => `${fate}: ${(disk.log[index] as DiskStep).what}`).join('; ')}`;
}

function* combinationsAt(
  disk: RecordedDisk,
  steps: number,
  { combinationsMax, random }: CrashStateLimits,
): Generator<ReadonlyMap<number, ChangeFate>> {
  const pending = disk.pendingAt(steps);
  const choices = pending.map((index) => (disk.log[index]?.kind === 'write' ? OF_WRITES : OF_NAMES));
  const all = choices.reduce((product, fates) => product * fates.length, 1);
  const chosen = (fateOf: (place: number) => ChangeFate): ReadonlyMap<number, ChangeFate> =>
    new Map(pending.map((index, place) => [index, fateOf(place)]));
  if (all <= combinationsMax) {
    for (let number = 0; number < all; number++) {
      let rest = number;
      yield chosen((place) => {
        const fates = choices[place] as readonly ChangeFate[];
        const fate = fates[rest % fates.length] as ChangeFate;
        rest = Math.floor(rest / fates.length);
        return fate;
      });
    }
    return;
  }
  let given = 2;
  yield chosen(() => 'kept');
  yield chosen(() => 'lost');
  for (let alone = 0; alone < pending.length; alone++) {
    for (const fate of (choices[alone] as readonly ChangeFate[]).slice(1)) {
      yield chosen((place) => (place === alone ? fate : 'kept'));
    }
    yield chosen((place) => (place === alone ? 'kept' : 'lost'));
    given += (choices[alone] as readonly ChangeFate[]).length;
  }
  for (; given < combinationsMax; given++)
    yield chosen((place) => random.pick(choices[place] as readonly ChangeFate[]));
}
