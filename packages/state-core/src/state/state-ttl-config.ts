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
  /** Life time in milliseconds, above 0. */
  readonly ttlMs: number;
  /** Default `OnCreateAndWrite`. */
  readonly updateType?: Exclude<TtlUpdateType, 'Disabled'>;
  /** Default `NeverReturnExpired`. */
  readonly stateVisibility?: TtlStateVisibility;
  /** Default `ProcessingTime`. */
  readonly timeCharacteristic?: TtlTimeCharacteristic;
  /** Leave expired entries out of full snapshots; what is in memory stays. Default false. */
  readonly cleanupFullSnapshot?: boolean;
  /**
   * Entries looked at for expiry before every access, or whenever a key is chosen as well. Default none: cleanup in the
   * background needs no share of the accesses.
   */
  readonly cleanupIncrementally?: { readonly entries: number; readonly forEveryRecord?: boolean };
  /** Remove expired entries that nobody reads, a little at a time while the program is idle. Default true. */
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
