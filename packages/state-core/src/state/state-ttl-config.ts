// How long state lives: the shape of the setting. Expiry itself is applied by the backends' time-to-live layer.
//
//   T1. Expired when timestamp + ttl <= now. Settings are not stored; the stamps of the entries are.

/** When the stamp of an entry is renewed. */
export type TtlUpdateType = 'Disabled' | 'OnCreateAndWrite' | 'OnReadAndWrite';

/** Whether an expired entry that is still there may be returned once. */
export type TtlStateVisibility = 'ReturnExpiredIfNotCleanedUp' | 'NeverReturnExpired';

/** Whose time counts. */
export type TtlTimeCharacteristic = 'ProcessingTime' | 'EventTime';

/** What {@link StateTtlConfig.of} takes. */
export interface StateTtlOptions {
  /**
   * Life time in milliseconds, above 0.
   *
   * Implementers (guide: Time to live)
   * - MUST hold an entry for absent when its stamp plus this is at or before the time, not earlier, and without
   *   overflow. [TTL-04, TTL-20, TTL-21]
   * - MUST let keys, namespaces, list elements and map entries expire one by one. [TTL-06, TTL-07, TTL-23, TTL-26]
   * - MUST hold the time still while one record is handled. [TTL-22]
   * - MUST merge what has not expired. [TTL-05]
   * - MUST count the time between a snapshot and its restore. [TTL-34]
   * - MUST take another life time at once, also for what is there. [TTL-39]
   * - MUST stamp entries at the restore that switches it on, and drop stamps when it is switched off; the values
   *   migrate as ever. [TTL-12..TTL-16, TTL-35, TTL-37, TTL-38]
   * - MUST switch on without decoding values, and write the stamps in the next increment. [TTL-36, TTL-49]
   * - MUST refuse to be switched on, off or to another clock while the state is in use. [TTL-40]
   */
  readonly ttlMs: number;
  /**
   * Default `OnCreateAndWrite`.
   *
   * Implementers (guide: Time to live)
   * - MUST renew stamps at writes, and at reads where it says so, walks included. [TTL-01, TTL-02, TTL-25, TTL-27]
   * - MUST leave a snapshot the stamps and the accumulators of its freeze. [TTL-31, TTL-32]
   */
  readonly updateType?: Exclude<TtlUpdateType, 'Disabled'>;
  /**
   * Default `NeverReturnExpired`.
   *
   * Implementers (guide: Time to live)
   * - MUST give an expired entry once where that is allowed, and never otherwise. [TTL-03, TTL-24, TTL-28, TTL-29]
   * - MUST disturb no walk over keys by reading expired entries. [TTL-30]
   */
  readonly stateVisibility?: TtlStateVisibility;
  /**
   * Default `ProcessingTime`.
   *
   * Implementers (guide: Time to live)
   * - MUST stamp anew when the clock is another one: nothing lives for ever, and nothing goes at once. [TTL-45]
   */
  readonly timeCharacteristic?: TtlTimeCharacteristic;
  /**
   * Leave expired entries out of full snapshots; what is in memory stays. Default false.
   *
   * Implementers (guide: Time to live)
   * - MUST leave expired entries out of snapshots, and everything that has not expired in. [TTL-08, TTL-09, TTL-33]
   */
  readonly cleanupFullSnapshot?: boolean;
  /**
   * Entries looked at for expiry before every access, or whenever a key is chosen as well. Default none: cleanup in the
   * background needs no share of the accesses.
   *
   * Implementers (guide: Time to live)
   * - MUST remove all expired entries in the course of accesses, and leave a running snapshot what it saw. [TTL-10,
   *   TTL-11]
   */
  readonly cleanupIncrementally?: { readonly entries: number; readonly forEveryRecord?: boolean };
  /**
   * Remove expired entries that nobody reads, a little at a time while the program is idle. Default true.
   *
   * Implementers (guide: Time to live)
   * - MUST remove expired entries while idle, a round at a time and none too early, beside a snapshot too. [TTL-46,
   *   TTL-48]
   * - MUST remove nothing where it is switched off, and nothing after close. [TTL-47]
   */
  readonly cleanupInBackground?: boolean;
}

/** Time to live of a state. Immutable. */
export class StateTtlConfig {
  /** No expiry. */
  static readonly DISABLED: StateTtlConfig = new StateTtlConfig({ ttlMs: Number.MAX_SAFE_INTEGER }, 'Disabled');

  readonly ttlMs: number;
  readonly updateType: TtlUpdateType;
  readonly stateVisibility: TtlStateVisibility;
  readonly timeCharacteristic: TtlTimeCharacteristic;
  readonly cleanupFullSnapshot: boolean;
  readonly cleanupIncrementally: { readonly entries: number; readonly forEveryRecord: boolean } | undefined;
  readonly cleanupInBackground: boolean;

  private constructor(options: StateTtlOptions, updateType: TtlUpdateType) {
    if (!(options.ttlMs > 0))
      throw new RangeError(`the time to live must be positive, in milliseconds: ttlMs=${options.ttlMs}`);
    const incremental = options.cleanupIncrementally;
    if (incremental !== undefined && !(Number.isInteger(incremental.entries) && incremental.entries > 0)) {
      throw new RangeError(`incremental cleanup looks at one entry at least: entries=${incremental.entries}`);
    }
    this.ttlMs = options.ttlMs;
    this.updateType = updateType;
    this.stateVisibility = options.stateVisibility ?? 'NeverReturnExpired';
    this.timeCharacteristic = options.timeCharacteristic ?? 'ProcessingTime';
    this.cleanupFullSnapshot = options.cleanupFullSnapshot ?? false;
    this.cleanupInBackground = options.cleanupInBackground ?? true;
    this.cleanupIncrementally = incremental && {
      entries: incremental.entries,
      forEveryRecord: incremental.forEveryRecord ?? false,
    };
  }

  /** @throws RangeError unless `ttlMs` is above 0. */
  static of(options: StateTtlOptions): StateTtlConfig {
    return new StateTtlConfig(options, options.updateType ?? 'OnCreateAndWrite');
  }

  get isEnabled(): boolean {
    return this.updateType !== 'Disabled';
  }
}
